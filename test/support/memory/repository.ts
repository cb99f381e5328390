// A repository without git: trees are maps, commits remember their parents, one map of branches. Merges file by file; knows no renames.
import { createHash } from "node:crypto";
import { type Refusal, refuse } from "../../../src/core/refusals.js";
import type { ChangedFile } from "../../../src/core/swap.js";
import type {
	Advance,
	Behind,
	Held,
	Merged,
	MergeRequest,
	PromoteRequest,
	Repository,
	RestrictRequest,
	Unsettled,
} from "../../../src/ports/ports.js";

export type MemoryTree = ReadonlyMap<string, string>;

export interface MemoryCommit {
	readonly tree: string;
	readonly parents: readonly string[];
}

/** The store that the three twins share. It outlives a supervisor, like a disk. */
export interface MemoryGit {
	readonly trees: Map<string, MemoryTree>;
	readonly commits: Map<string, MemoryCommit>;
	readonly branches: Map<string, string>;
	/** Commits of promotions, by swap. */
	readonly promoted: Map<string, string>;
	/** Set by a test: what the operator is in the middle of. */
	operation: string | null;
	/** Set by a test: the operator's checkout of the branch has changes that clash. */
	dirty: boolean;
	/** Set by a test: what an older version left behind. */
	behind: Behind | null;
	/** Set by a test: what no release can hold of any commit. */
	unreleasable: Refusal | null;
	/** By swap. */
	readonly confirmed: Map<string, Unsettled>;
	/** A commit on top of `parents`; a null removes a file. Moves no branch. */
	commit(files: Readonly<Record<string, string | null>>, parents?: readonly string[]): string;
	treeOf(commit: string): string;
	filesOf(treeish: string): MemoryTree;
}

export function createMemoryGit(): MemoryGit {
	const trees = new Map<string, MemoryTree>();
	const commits = new Map<string, MemoryCommit>();
	const treeOf = (commit: string) => commits.get(commit)?.tree ?? commit;
	const filesOf = (treeish: string) => trees.get(treeOf(treeish)) ?? new Map<string, string>();
	return {
		trees,
		commits,
		branches: new Map(),
		promoted: new Map(),
		operation: null,
		dirty: false,
		behind: null,
		unreleasable: null,
		confirmed: new Map(),
		treeOf,
		filesOf,
		commit(files, parents = []) {
			const tree = new Map(parents[0] === undefined ? [] : filesOf(parents[0]));
			for (const [path, content] of Object.entries(files)) {
				if (content === null) tree.delete(path);
				else tree.set(path, content);
			}
			return addCommit({ trees, commits }, addTree({ trees }, tree), parents, String(commits.size));
		},
	};
}

/** The same files give the same tree. */
export function addTree({ trees }: Pick<MemoryGit, "trees">, tree: MemoryTree): string {
	const id = hash(["tree", ...[...tree].sort(([a], [b]) => (a < b ? -1 : 1))]);
	trees.set(id, new Map(tree));
	return id;
}

type Commits = Pick<MemoryGit, "trees" | "commits">;

/** The same request gives the same commit. */
export function addCommit({ commits }: Commits, tree: string, parents: readonly string[], salt: string): string {
	const id = hash(["commit", tree, parents, salt]);
	commits.set(id, { tree, parents });
	return id;
}

function hash(value: unknown): string {
	return createHash("sha1").update(JSON.stringify(value)).digest("hex");
}

export function createMemoryRepository(git: MemoryGit, options: { readonly branch: string }): Repository {
	const { branch } = options;
	return {
		head: async () => {
			if (git.operation !== null) return refuse("git_busy", { operation: git.operation, abort: "--abort" });
			const commit = git.branches.get(branch);
			if (commit !== undefined) return { branch, commit };
			return git.branches.size === 0 ? refuse("git_unborn") : refuse("branch_unknown", { branch });
		},
		resolve: async (revision) => {
			const commit = git.branches.get(revision.replace(/^refs\/heads\//, "")) ?? revision;
			return git.commits.has(commit) ? commit : refuse("revision_unknown", { revision: JSON.stringify(revision) });
		},
		intake: async (commit) =>
			git.commits.has(commit) ? badPath(git, commit) : refuse("revision_unknown", { revision: commit }),
		unreleasable: async () => git.unreleasable,
		merge: async (request) => merge(git, request),
		treeOf: async (commit) => {
			if (git.commits.has(commit) || git.trees.has(commit)) return git.treeOf(commit);
			throw new Error(`There is no object ${commit}.`);
		},
		diff: async (from, to) => diff(git.filesOf(from), git.filesOf(to)),
		digest: async ({ from, to, maxBytes }) => {
			const whole = Buffer.from(diff(git.filesOf(from), git.filesOf(to)));
			const sha256 = createHash("sha256").update(whole).digest("hex");
			const text = whole.subarray(0, maxBytes).toString();
			return { text, bytes: whole.length, sha256, whole: whole.length <= maxBytes };
		},
		restrict: async (request) => restrict(git, request),
		promote: async (request) => promote(git, request),
		advanceBranch: async ({ branch: name, ...request }) => advance(git, { name, ...request }),
		unsettled: async () => unsettled(git),
		ahead: async (live) => {
			const head = git.branches.get(branch);
			if (head === undefined || !git.commits.has(live)) return null;
			const known = ancestors(git, live);
			return ancestors(git, head).filter((one) => !known.includes(one)).length;
		},
		tidyCheckout: async () => ({ removed: [], behind: git.behind }),
	};
}

interface Move {
	readonly swapId: string;
	readonly name: string;
	readonly expected: string;
	readonly to: string;
}

function advance(git: MemoryGit, { swapId, name, expected, to }: Move): Advance {
	const head = git.branches.get(name) ?? "";
	const has = ancestors(git, head).includes(to);
	const isMoved = !has && (head !== expected || !ancestors(git, to).includes(head));
	const merged = isMoved && ancestors(git, head).includes(expected) ? mergedFiles(git, head, to) : null;
	if (isMoved && (merged === null || Array.isArray(merged))) {
		return { ...hold(git, { swapId, name, to, why: "branch_moved" }), paths: merged ?? [] };
	}
	if (!has && git.operation !== null) return hold(git, { swapId, name, to, why: "busy" });
	if (!has && git.dirty) return hold(git, { swapId, name, to, why: "clash" });
	const moved = { moved: true, checkout: "followed", kept: null, left: [] } as const;
	git.confirmed.delete(swapId);
	if (merged !== null) {
		const merge = addCommit(git, addTree(git, merged as MemoryTree), [head, to], `merge ${swapId}`);
		git.branches.set(name, merge);
		return { ...moved, merge };
	}
	if (!has) git.branches.set(name, to);
	return moved;
}

interface Holding {
	readonly swapId: string;
	readonly name: string;
	readonly to: string;
	readonly why: Held["why"];
}

function hold(git: MemoryGit, { swapId, name, to: commit, why }: Holding): Held {
	const ref = `refs/deadman/confirmed/${swapId}`;
	const command = `git merge ${ref}`;
	git.confirmed.set(swapId, { swapId, branch: name, commit, ref, command });
	const reason = why === "busy" ? `the repository is in the middle of a ${git.operation}` : null;
	const paths = why === "clash" ? ["app.txt"] : [];
	return { moved: false, why, head: git.branches.get(name) ?? "", reason, paths, ref, command };
}

function unsettled(git: MemoryGit): Unsettled[] {
	for (const { swapId, branch, commit } of [...git.confirmed.values()]) {
		if (ancestors(git, git.branches.get(branch) ?? "").includes(commit)) git.confirmed.delete(swapId);
	}
	return [...git.confirmed.values()];
}

export function isBelow(path: string, folders: readonly string[]): boolean {
	return folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
}

function restrict(git: MemoryGit, { head, tree, folders, message }: RestrictRequest): Merged | null {
	const [live, merged] = [git.filesOf(head), git.filesOf(tree)];
	const files = new Map([...merged].filter(([path]) => !isBelow(path, folders)));
	for (const [path, content] of live) if (isBelow(path, folders)) files.set(path, content);
	const restricted = addTree(git, files);
	if (restricted === git.treeOf(head)) return null;
	return { tree: restricted, commit: addCommit(git, restricted, [head], message), files: changes(live, files) };
}

function promote(git: MemoryGit, { swapId, branch, base, tree, paths, message }: PromoteRequest) {
	const head = git.branches.get(branch);
	if (head === undefined) return refuse("branch_unknown", { branch });
	const before = git.promoted.get(swapId);
	if (before !== undefined && ancestors(git, head).includes(before)) {
		return {
			commit: before,
			parent: git.commits.get(before)?.parents[0] ?? null,
			advance: { moved: true, checkout: before === head ? "followed" : "elsewhere", kept: null, left: [] } as const,
		};
	}
	const [reviewed, now] = [git.filesOf(tree), new Map(git.filesOf(head))];
	const moved = paths.filter((path) => git.filesOf(base).get(path) !== now.get(path));
	if (moved.length > 0) {
		return refuse("template_moved", { id: swapId, paths: moved.map((path) => JSON.stringify(path)).join(", ") });
	}
	for (const path of paths) {
		const content = reviewed.get(path);
		if (content === undefined) now.delete(path);
		else now.set(path, content);
	}
	const commit = addCommit(git, addTree(git, now), [head], message);
	git.promoted.set(swapId, commit);
	return { commit, parent: head, advance: advance(git, { swapId, name: branch, expected: head, to: commit }) };
}

function badPath(git: MemoryGit, treeish: string): Refusal | null {
	for (const path of git.filesOf(treeish).keys()) {
		if (path.includes("\\")) {
			return refuse("path_refused", { path: JSON.stringify(path), reason: "its name holds a backslash" });
		}
	}
	return null;
}

function merge(git: MemoryGit, request: MergeRequest): Merged | Refusal {
	const { live, proposed } = request;
	const merged = mergedFiles(git, live, proposed);
	if (merged === null) return refuse("merge_conflict", { paths: "the two have no commit in common", base: live });
	if (!Array.isArray(merged)) return conclude(git, request, merged as MemoryTree);
	return refuse("merge_conflict", { paths: merged.map((path) => JSON.stringify(path)).join(", "), base: live });
}

/** The paths that clash; null where the two have no commit in common. */
function mergedFiles(git: MemoryGit, mine: string, other: string): MemoryTree | string[] | null {
	const base = ancestors(git, other).find((commit) => ancestors(git, mine).includes(commit));
	if (base === undefined) return null;
	const [old, ours, theirs] = [git.filesOf(base), git.filesOf(mine), git.filesOf(other)];
	const paths = [...new Set([...ours.keys(), ...theirs.keys(), ...old.keys()])].sort();
	const conflicts = paths.filter((path) => isConflict([old, ours, theirs].map((tree) => tree.get(path))));
	if (conflicts.length > 0) return conflicts;
	const merged = new Map<string, string>();
	for (const path of paths) {
		const content = theirs.get(path) === old.get(path) ? ours.get(path) : theirs.get(path);
		if (content !== undefined) merged.set(path, content);
	}
	return merged;
}

function isConflict([old, ours, theirs]: readonly (string | undefined)[]): boolean {
	return ours !== theirs && ours !== old && theirs !== old;
}

function conclude(git: MemoryGit, request: MergeRequest, merged: MemoryTree): Merged | Refusal {
	const tree = addTree(git, merged);
	if (tree === git.treeOf(request.live)) return refuse("no_change");
	for (const shared of request.shared) {
		if ([...merged.keys()].some((path) => path === shared || path.startsWith(`${shared}/`))) {
			return refuse("shared_path_tracked", { path: JSON.stringify(shared) });
		}
	}
	const refusal = badPath(git, tree);
	if (refusal !== null) return refusal;
	const parents = [...new Set([request.live, request.proposed])];
	const commit = addCommit(git, tree, parents, request.message);
	return { tree, commit, files: changes(git.filesOf(request.live), merged) };
}

/** Breadth first: the commit itself, then its parents, and so on. */
function ancestors(git: MemoryGit, commit: string): readonly string[] {
	const found = [commit];
	for (let index = 0; index < found.length; index += 1) {
		const parents = git.commits.get(found[index] as string)?.parents ?? [];
		found.push(...parents.filter((parent) => !found.includes(parent)));
	}
	return found;
}

function changes(from: MemoryTree, to: MemoryTree): ChangedFile[] {
	const paths = [...new Set([...from.keys(), ...to.keys()])].sort();
	return paths.flatMap((path) => {
		if (from.get(path) === to.get(path)) return [];
		const change = !from.has(path) ? "added" : !to.has(path) ? "deleted" : "modified";
		return [{ path, change, from: null, summary: null } as const];
	});
}

function diff(from: MemoryTree, to: MemoryTree): string {
	const texts = changes(from, to).map(({ path }) => {
		const [old, now] = [from.get(path), to.get(path)];
		const sign = (mark: string, text: string | undefined) => (text ?? "").split("\n").map((line) => `${mark}${line}`);
		return [`diff --git a/${path} b/${path}`, ...sign("-", old), ...sign("+", now)].join("\n");
	});
	return texts.join("\n");
}
