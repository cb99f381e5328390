// Workspaces without git: each is a branch of the memory store and the files that a builder has changed in it. Kinds are only remembered.
import { type Refusal, refuse } from "../../../src/core/refusals.js";
import { hostTarget } from "../../../src/core/swap.js";
import type { Workspace, WorkspaceRequest, Workspaces } from "../../../src/ports/ports.js";
import type { MemoryGit } from "./repository.js";

export interface MemoryWorkspaces extends Workspaces {
	/** As a builder edits, without committing; while it is frozen, only a privileged one can. */
	edit(name: string, files: Readonly<Record<string, string | null>>): void;
	/** Commits what was edited; resolves with the hash. */
	commit(name: string): string;
	/** What was left in it for its builder; null: nothing. */
	outcomeOf(name: string): string | null;
	/** Names of those that were wound down with uncommitted work in them. */
	readonly setAside: readonly string[];
}

interface Kept extends WorkspaceRequest {
	edits: Record<string, string | null>;
	frozen: string | null;
	outcome: string | null;
}

export function createMemoryWorkspaces(git: MemoryGit): MemoryWorkspaces {
	const all = new Map<string, Kept>();
	const setAside: string[] = [];
	const branchOf = (name: string) => `dev/${name}`;
	const unknown = (name: string) => refuse("workspace_unknown", { name });
	const frozenRefusal = (name: string) => refuse("workspace_frozen", { name, id: "its swap" });
	const forget = (name: string) => {
		all.delete(name);
		git.branches.delete(branchOf(name));
	};
	const asWorkspace = ({ name, target, kind, from, frozen, owner = null }: Kept): Workspace => ({
		name,
		target,
		kind,
		owner,
		path: `/memory/workspaces/${name}`,
		branch: branchOf(name),
		start: from,
		head: frozen ?? (git.branches.get(branchOf(name)) as string),
		frozen: frozen !== null,
	});
	const dirty = ({ name, edits }: Kept): Refusal | null => {
		const paths = Object.keys(edits);
		return paths.length === 0 ? null : refuse("workspace_dirty", { name, paths: paths.join(", ") });
	};
	const create = (request: WorkspaceRequest): Workspace | Refusal => {
		const { name, from, target } = request;
		if (!/^[\w-]{1,40}$/.test(name)) return refuse("workspace_name", { name: JSON.stringify(name) });
		if (all.has(name)) return refuse("workspace_exists", { name });
		const older = [...all.values()].filter((one) => target !== hostTarget && one.target === target);
		const frozen = older.find((one) => one.frozen !== null);
		if (frozen !== undefined) return frozenRefusal(frozen.name);
		if (!git.commits.has(from)) return refuse("revision_unknown", { revision: JSON.stringify(from) });
		for (const one of older) {
			if (dirty(one) !== null) setAside.push(one.name);
			forget(one.name);
		}
		git.branches.set(branchOf(name), from);
		const made = { ...request, edits: {}, frozen: null, outcome: null };
		all.set(name, made);
		return asWorkspace(made);
	};
	return {
		setAside,
		create: async (request) => create(request),
		list: async () => [...all.values()].map(asWorkspace),
		head: async (name) => {
			const found = all.get(name);
			if (found === undefined) return unknown(name);
			return found.frozen ?? dirty(found) ?? asWorkspace(found).head;
		},
		freeze: async (name, frozen) => {
			const found = all.get(name);
			if (found !== undefined) found.frozen = frozen ? asWorkspace(found).head : null;
		},
		leave: async (name, outcome) => {
			const found = all.get(name);
			if (found === undefined) return;
			if (outcome !== null && found.frozen !== null) throw new Error(`The workspace ${name} is frozen.`);
			found.outcome = outcome;
		},
		outcomeOf: (name) => all.get(name)?.outcome ?? null,
		remove: async (name) => {
			const found = all.get(name);
			if (found === undefined) return unknown(name);
			const refusal = found.frozen === null ? dirty(found) : frozenRefusal(name);
			if (refusal === null) forget(name);
			return refusal;
		},
		sweep: async () => {},
		edit: (name, files) => void Object.assign(all.get(name)?.edits ?? {}, files),
		commit: (name) => {
			const found = all.get(name);
			const commit = git.commit(found?.edits ?? {}, [git.branches.get(branchOf(name)) as string]);
			git.branches.set(branchOf(name), commit);
			if (found !== undefined) found.edits = {};
			return commit;
		},
	};
}
