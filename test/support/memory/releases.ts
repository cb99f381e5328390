// Releases without a disk: each is a copy of its tree. Build and checks do what a test scripts; what is stored outlives a supervisor.
import type { Refusal } from "../../../src/core/refusals.js";
import type { Live, Progress, ReleaseRef, Releases } from "../../../src/ports/ports.js";
import type { MemoryGit } from "./repository.js";

interface MemoryRelease {
	readonly ref: ReleaseRef;
	readonly files: Map<string, string>;
	readonly done: string[];
	/** Counts seals; null: not sealed. */
	sealed: number | null;
}

export interface MemoryReleases extends Releases {
	readonly stored: Map<string, MemoryRelease>;
	/** Set by a test: called by install, build and check; a rejection is a failed command. */
	script: (step: "install" | "build" | "check", release: ReleaseRef, progress: Progress) => Promise<void>;
	/** Edits a file of a release, as somebody with access to its folder would. */
	tamper(id: string, path: string, content: string): void;
	/** Set by a test: `live.json` is torn. */
	tornLive: boolean;
	/** Set by a test: what is wrong with the shared paths. */
	unshared: Refusal | null;
	/** Set by a test: what is said of every tree's dependencies. */
	advised: readonly string[];
}

export function createMemoryReleases(git: MemoryGit): MemoryReleases {
	const stored = new Map<string, MemoryRelease>();
	let current: string | null = null;
	let live: string | null = null;
	let seals = 0;
	const need = (id: string): MemoryRelease => {
		const found = stored.get(id);
		if (found === undefined) throw new Error(`There is no release ${id}.`);
		return found;
	};
	const step = (name: "install" | "build" | "check") => async (release: ReleaseRef, progress: Progress) => {
		await memory.script(name, release, progress);
		need(release.id).done.push(name);
	};
	const memory: MemoryReleases = {
		stored,
		script: async () => {},
		tornLive: false,
		unshared: null,
		advised: [],
		tamper: (id, path, content) => void need(id).files.set(path, content),
		checkout: async (release) => {
			if (git.treeOf(release.commit) !== release.tree || !git.commits.has(release.commit)) {
				throw new Error(`Commit ${release.commit} does not have the tree ${release.tree}.`);
			}
			if ((stored.get(release.id)?.sealed ?? null) !== null) return;
			stored.set(release.id, { ref: release, files: new Map(git.filesOf(release.tree)), done: [], sealed: null });
		},
		sharing: async () => memory.unshared,
		advice: async () => memory.advised,
		install: step("install"),
		build: step("build"),
		check: async (release, progress) => {
			await step("check")(release, progress);
			return [];
		},
		seal: async (release) => {
			const changed = differing(git, need(release.id));
			if (changed.length > 0) throw new Error(`Tracked files were changed: ${changed.join(", ")}.`);
			seals += 1;
			need(release.id).sealed = seals;
		},
		sealed: async (id) => {
			const found = stored.get(id);
			return found === undefined || found.sealed === null ? null : found.ref;
		},
		verify: async (id) => differing(git, need(id)),
		mend: async (id) => {
			const edited = differing(git, need(id));
			const whole = git.filesOf(need(id).ref.tree);
			for (const path of edited) need(id).files.set(path, whole.get(path) ?? "");
			return edited;
		},
		current: async () => current,
		flip: async (id) => {
			need(id);
			current = id;
		},
		head: async () => null,
		folder: (id) => `/memory/releases/${id}`,
		readLive: async () => (live === null || memory.tornLive ? null : (JSON.parse(live) as Live)),
		writeLive: async (next) => {
			live = JSON.stringify(next);
			memory.tornLive = false;
		},
		prune: async ({ pinned, retain, dry }) => {
			const others = [...stored.keys()].filter((id) => !pinned.includes(id) && id !== current);
			const sealed = others.filter((id) => need(id).sealed !== null);
			sealed.sort((a, b) => (need(b).sealed ?? 0) - (need(a).sealed ?? 0));
			const kept = new Set(sealed.slice(0, retain));
			const goes = others.filter((id) => !kept.has(id));
			if (dry !== true) for (const id of goes) stored.delete(id);
			return goes;
		},
	};
	return memory;
}

function differing(git: MemoryGit, { ref, files }: MemoryRelease): string[] {
	const tree = git.filesOf(ref.tree);
	return [...tree].filter(([path, content]) => files.get(path) !== content).map(([path]) => path);
}
