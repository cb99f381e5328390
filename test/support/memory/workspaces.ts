// Workspaces without git: each is a branch of the memory store and the files that a builder has changed in it.
import { type Refusal, refuse } from "../../../src/core/refusals.js";
import type { Workspace, Workspaces } from "../../../src/ports.js";
import type { MemoryGit } from "./repository.js";

export interface MemoryWorkspaces extends Workspaces {
	/** As a builder edits, without committing. */
	edit(name: string, files: Readonly<Record<string, string | null>>): void;
	/** Commits what was edited; resolves with the hash. */
	commit(name: string): string;
}

export function createMemoryWorkspaces(git: MemoryGit): MemoryWorkspaces {
	const edits = new Map<string, Record<string, string | null>>();
	const branchOf = (name: string) => `dev/${name}`;
	const workspace = (name: string): Workspace | Refusal => {
		const head = git.branches.get(branchOf(name));
		if (head === undefined || !edits.has(name)) return refuse("workspace_unknown", { name });
		return { name, path: `/memory/workspaces/${name}`, branch: branchOf(name), head };
	};
	const dirty = (name: string): Refusal | null => {
		const paths = Object.keys(edits.get(name) ?? {});
		return paths.length === 0 ? null : refuse("workspace_dirty", { name, paths: paths.join(", ") });
	};
	return {
		create: async (name, from) => {
			if (!/^[\w-]{1,40}$/.test(name)) return refuse("workspace_name", { name: JSON.stringify(name) });
			if (edits.has(name)) return refuse("workspace_exists", { name });
			if (!git.commits.has(from)) return refuse("revision_unknown", { revision: JSON.stringify(from) });
			git.branches.set(branchOf(name), from);
			edits.set(name, {});
			return workspace(name);
		},
		list: async () => [...edits.keys()].map(workspace).filter((one): one is Workspace => "head" in one),
		head: async (name) => {
			const found = workspace(name);
			return "head" in found ? (dirty(name) ?? found.head) : found;
		},
		remove: async (name) => {
			const found = workspace(name);
			if (!("head" in found)) return found;
			const refusal = dirty(name);
			if (refusal !== null) return refusal;
			edits.delete(name);
			git.branches.delete(branchOf(name));
			return null;
		},
		edit: (name, files) => void Object.assign(edits.get(name) ?? {}, files),
		commit: (name) => {
			const commit = git.commit(edits.get(name) ?? {}, [git.branches.get(branchOf(name)) as string]);
			git.branches.set(branchOf(name), commit);
			edits.set(name, {});
			return commit;
		},
	};
}
