// Private copies without a disk: the live release of the agent's in-memory releases holds the content at the template paths.

import { refuse } from "../../../src/core/refusals.js";
import type { Mapping } from "../../../src/core/rules/classify.js";
import type { PrivateCopies } from "../../../src/ports/ports.js";
import type { MemoryReleases } from "./releases.js";
import { addCommit, addTree, isBelow, type MemoryGit, type MemoryTree } from "./repository.js";

export interface MemoryPrivateOptions {
	readonly name: string;
	readonly places: readonly Mapping[];
	readonly releases: MemoryReleases;
}

export interface MemoryPrivateCopies extends PrivateCopies {
	/** Writes into the live version as the agent's program would; by path in the repository's tree. */
	live(files: Readonly<Record<string, string | null>>): Promise<void>;
}

export function createMemoryPrivateCopies(git: MemoryGit, options: MemoryPrivateOptions): MemoryPrivateCopies {
	const { name, places, releases } = options;
	const templates = places.map(({ template }) => template);
	const liveFiles = async (): Promise<Map<string, string>> => {
		const found = releases.stored.get((await releases.current()) ?? "");
		if (found === undefined) throw new Error(`The private folders of ${name} were not taken over yet.`);
		return found.files;
	};
	return {
		adopt: async (head) => {
			const tracked = places.find(({ template, folder }) =>
				holds(git.filesOf(head), template === folder ? "" : folder),
			);
			if (tracked !== undefined) {
				return refuse("private_tracked", { path: JSON.stringify(tracked.folder), target: name });
			}
			if ((await releases.current()) !== null) return null;
			const base = { id: "base-1", commit: head, tree: git.treeOf(head) };
			await releases.checkout(base);
			await releases.seal(base);
			await releases.flip(base.id);
			return null;
		},
		overlay: async ({ head, earlier }) => {
			const files = new Map([...git.filesOf(head)].filter(([path]) => !isBelow(path, templates)));
			for (const [path, content] of await liveFiles()) {
				if (isBelow(path, templates) && !/(^|\/)\.env/.test(path)) files.set(path, content);
			}
			const tree = addTree(git, files);
			const known = earlier !== null && git.commits.has(earlier) ? earlier : null;
			const behind = known !== null && isAncestor(git, head, known);
			if (behind && git.treeOf(known) === tree) return known;
			const parents = known === null ? [head] : behind ? [known] : [known, head];
			return addCommit(git, tree, parents, `Private copies of ${name}`);
		},
		live: async (changes) => {
			const files = await liveFiles();
			for (const [path, content] of Object.entries(changes)) {
				if (content === null) files.delete(path);
				else files.set(path, content);
			}
		},
	};
}

function holds(files: MemoryTree, folder: string): boolean {
	return folder !== "" && [...files.keys()].some((path) => isBelow(path, [folder]));
}

function isAncestor(git: MemoryGit, ancestor: string, commit: string): boolean {
	if (ancestor === commit) return true;
	return (git.commits.get(commit)?.parents ?? []).some((parent) => isAncestor(git, ancestor, parent));
}
