// The ways to code: repositories, workspaces, private copies, releases, and what says which version is live. Part of the page in ports.ts.
import type { Refusal } from "../core/refusals.js";
import type { Read, Sides } from "../core/rules/readable.js";
import type { ChangedFile, CheckResult, ReleaseRef } from "../core/swap.js";

/** The operator's repository and the supervisor's own bare one. Only the latter is read after `intake`. */
export interface Repository {
	/** Refuses an unborn, detached, mid-merge, mid-rebase or mid-cherry-pick repository. */
	head(): Promise<{ readonly branch: string; readonly commit: string } | Refusal>;
	/** A full commit hash of the operator's repository. */
	resolve(revision: string): Promise<string | Refusal>;
	/** Fetches the commit into the own repository and checks every object and path of it. Submodules are said of the branch where it has them. */
	intake(commit: string): Promise<Refusal | null>;
	/** Whether a commit that was taken in has files that no release can hold as they are used: refuses `filters_unsupported`. For baselines and whoever configures. */
	unreleasable(commit: string): Promise<Refusal | null>;
	/** Merges in the own repository and keeps the result under `refs/deadman/swaps/<id>`. */
	merge(request: MergeRequest): Promise<Merged | Refusal>;
	treeOf(commit: string): Promise<string>;
	/** Unified diff with `a/` and `b/`, renames detected, no external programs. What is no text, or too large, is named with its sizes and hashes. */
	diff(from: string, to: string): Promise<string>;
	/** The same diff for keeping: its beginning, and size and hash of all of it. */
	digest(request: { readonly from: string; readonly to: string; readonly maxBytes: number }): Promise<Digest>;
	/** The merged tree with these folders put back to what `head` has there: what lands on the host. One commit on top of `head`; null where nothing is left. */
	restrict(request: RestrictRequest): Promise<Merged | null>;
	/** One commit on the branch with the reviewed content of these paths; refused when the template moved since `base`. */
	promote(request: PromoteRequest): Promise<Applied | Refusal>;
	/**
	 * Moves the operator's branch by compare-and-set, and its checkout with it: local edits are kept under a ref, then merged. Where one of them clashes, or
	 * git is in the middle of something, nothing moves and the commit has a ref. Goes on where an earlier try ended, whichever part that had done.
	 */
	advanceBranch(request: AdvanceRequest): Promise<Advance>;
	/** Confirmed commits that wait for the operator to merge them. Those that the branch has by now are forgotten, and so are those whose ref was deleted. */
	unsettled(): Promise<readonly Unsettled[]>;
	/** How many commits the branch has that this one lacks; null where that cannot be said. Mostly asks no git. */
	ahead(live: string): Promise<number | null>;
	/** What older versions left of following, in the operator's git folder: removes what is surely ours, and says what a checkout still lacks. */
	tidyCheckout(): Promise<TidiedCheckout>;
}

export interface MergeRequest {
	readonly swapId: string;
	readonly live: string;
	readonly proposed: string;
	readonly branchHead: string;
	readonly branch: string;
	readonly message: string;
	/** Paths that releases share and git must not track. */
	readonly shared: readonly string[];
}

/** `parent`: where the branch stood before; null where it held the content already. */
export interface Applied {
	readonly commit: string;
	readonly parent: string | null;
	readonly advance: Advance;
}

/** One changed file: what it was and becomes, and how it can be read. */
export interface DiffPart {
	readonly sides: Sides;
	readonly read: Read;
}

/** `whole`: nothing was cut off. `parts`: all of it by file; left out where everything is text. */
export interface Digest {
	readonly parts?: readonly DiffPart[];
	readonly text: string;
	readonly bytes: number;
	readonly sha256: string;
	readonly whole: boolean;
}

export interface RestrictRequest {
	readonly swapId: string;
	/** The live commit of the host, without anybody's private copies. */
	readonly head: string;
	/** The merged and reviewed tree. */
	readonly tree: string;
	/** Folders that belong to an agent: template paths and its own. */
	readonly folders: readonly string[];
	readonly message: string;
}

export interface PromoteRequest {
	readonly swapId: string;
	readonly branch: string;
	/** The commit on which the template was reviewed. */
	readonly base: string;
	/** The reviewed tree, in which the paths have their new content. */
	readonly tree: string;
	readonly paths: readonly string[];
	readonly message: string;
}

export interface Merged {
	readonly tree: string;
	readonly commit: string;
	readonly files: readonly ChangedFile[];
}

export interface AdvanceRequest {
	readonly swapId: string;
	readonly branch: string;
	/** Where the branch stood when the change was proposed. */
	readonly expected: string;
	readonly to: string;
}

export type Advance = Moved | Held;

/** The branch has the commit. */
export interface Moved {
	readonly moved: true;
	/** `merged`: it followed with local edits in it. `elsewhere`: nobody has the branch checked out. `left`: another had moved the branch, and edits stand in the way. */
	readonly checkout: "followed" | "merged" | "elsewhere" | "left";
	/** The ref under which local edits are kept, in the form of a stash; null where there were none. */
	readonly kept: string | null;
	/** Edited meanwhile, or not writable: they still lack the confirmed change. */
	readonly left: readonly string[];
	/** Where the branch had moved on: the commit that merges the confirmed one into it. */
	readonly merge?: string;
}

/** The branch and its checkout are as they were. */
export interface Held {
	readonly moved: false;
	readonly why: "branch_moved" | "clash" | "busy";
	/** Where the branch stands; empty where there is none. */
	readonly head: string;
	/** Of `busy`: a clause that says with what; of `branch_moved`: why it could not be merged, if not for `paths`. */
	readonly reason: string | null;
	/** Of `clash`, and of a branch that moved: what both changed. */
	readonly paths: readonly string[];
	/** Keeps the commit in the operator's repository. */
	readonly ref: string;
	/** What brings it to the branch. */
	readonly command: string;
}

export interface Unsettled {
	readonly swapId: string;
	readonly branch: string;
	readonly commit: string;
	readonly ref: string;
	readonly command: string;
}

export interface TidiedCheckout {
	/** Files and folders that were removed. */
	readonly removed: readonly string[];
	/** The branch is at a confirmed commit, and the checkout has these files as they were before it; null: it has not. */
	readonly behind: Behind | null;
}

export interface Behind {
	readonly commit: string;
	readonly paths: readonly string[];
	/** They hold edits as well: no command takes the change in. */
	readonly edited: readonly string[];
	/** What brings the others up to date, and takes back what the next commit would undo. */
	readonly command: string;
}

/** Where builders edit: worktrees that hang off the operator's repository, or clones for builders behind a mount. One live per target but the host. */
export interface Workspaces {
	create(request: WorkspaceRequest): Promise<Workspace | Refusal>;
	list(): Promise<readonly Workspace[]>;
	/** The committed head, or a refusal when it has uncommitted changes. */
	head(name: string): Promise<string | Refusal>;
	/** Leaves what became of its change in the folder, as `.deadman-outcome.json`, which git passes by; null takes it away. Absent is fine; rejects while it is frozen. */
	leave(name: string, outcome: string | null): Promise<void>;
	/** Frozen from submission to verdict, so that nobody edits what is being decided; thawed for another try. Absent is fine. */
	freeze(name: string, frozen: boolean): Promise<void>;
	remove(name: string): Promise<Refusal | null>;
	/** Removes folders, registrations and `dev/*` branches that no workspace owns any more. */
	sweep(): Promise<void>;
}

export interface WorkspaceRequest {
	readonly name: string;
	/** A commit of the operator's repository or of our own. */
	readonly from: string;
	/** The agent it is for, or `host`. */
	readonly target: string;
	readonly kind: "worktree" | "clone";
	/** `actorName` of the builder that it was made for; null: nobody's in particular. */
	readonly owner?: string | null;
}

export interface Workspace extends Omit<WorkspaceRequest, "from"> {
	readonly path: string;
	readonly branch: string;
	/** What it was made from. */
	readonly start: string;
	readonly head: string;
	readonly frozen: boolean;
}

/** One agent's private copies of templated folders, and its own folder. Their content becomes commits only in our own repository. */
export interface PrivateCopies {
	/** Takes over what lies there, makes what does not from the template at `head`. Refuses what git tracks. Repeatable. */
	adopt(head: string): Promise<Refusal | null>;
	/** `head` with the private content at the templated paths; a child of `earlier` where one is given. The same content gives the same commit. */
	overlay(request: { readonly head: string; readonly earlier: string | null }): Promise<string | Refusal>;
}

/** What a target runs from, and the one switch that says which is live: immutable worktrees, an agent's private folders, or the operator's own checkout. */
export interface Releases {
	/** Checks out, verifies file by file, links shared paths. Clears our own half-made leftovers first. */
	checkout(release: ReleaseRef): Promise<void>;
	/**
	 * Whether every shared path is known to be a file or a folder: refuses `shared_kind_unknown` or `shared_kind_wrong`. For proposals and whoever
	 * configures; a start refuses only where nothing is live.
	 */
	sharing(): Promise<Refusal | null>;
	/** What an approver should know of a tree's dependencies before it is built, such as that nothing installs them: sentences of ours. */
	advice(tree: string): Promise<readonly string[]>;
	/** Installs dependencies, or takes a copy of what was installed for the same lock file before. */
	install(release: ReleaseRef, progress: Progress, signal?: AbortSignal): Promise<void>;
	build(release: ReleaseRef, progress: Progress, signal?: AbortSignal): Promise<void>;
	check(release: ReleaseRef, progress: Progress, signal?: AbortSignal): Promise<readonly CheckResult[]>;
	/** Makes everything durable and marks the release whole. */
	seal(release: ReleaseRef): Promise<void>;
	/** What a whole release was made of; null when it is not whole. */
	sealed(id: string): Promise<ReleaseRef | null>;
	/**
	 * Paths that the approver saw and that differ now in content, mode or link target; empty when none do. Immutable releases look at every tracked path:
	 * they read its bytes, or, by the seal, only those of files that look otherwise than when it was sealed (inode, size, times, ctime).
	 */
	verify(id: string, by?: "content" | "seal"): Promise<readonly string[]>;
	/**
	 * Before a release is gone back to: tracked files that were changed since it was sealed are put right from objects. Resolves with their paths; rejects
	 * with the code `release_damaged`, naming files, where that cannot be. Empty where the flip itself looks at every file.
	 */
	mend(id: string): Promise<readonly string[]>;
	/** The release that `current` points to, or null. */
	current(): Promise<string | null>;
	/** Atomically points `current` to the release, durable before it resolves. */
	flip(id: string): Promise<void>;
	/** The real folder of a release: where its program runs. */
	folder(id: string): string;
	/** Null where there is none, or what stands there is nothing whole. Rejects where it could not be read now: that says nothing about a trial. */
	readLive(): Promise<Live | null>;
	/** With a trial, room is kept for what going back writes and switches: without one it works on a full disk too. */
	writeLive(live: Live): Promise<void>;
	/** The commit that proposals start from now, where a flip moved the operator's branch; null: that of the live release. */
	head(): Promise<string | null>;
	/** Removes every release but the newest `retain` and the pinned ones, half-made ones too. Answers with their ids; `dry`: only that. */
	prune(request: {
		readonly pinned: readonly string[];
		readonly retain: number;
		readonly dry?: boolean;
	}): Promise<readonly string[]>;
}

export type Progress = (line: string) => void;

/** `live.json`: what a rollback needs even when the journal cannot be read. `trial` is set from arming to the verdict. */
export interface Live {
	readonly schemaVersion: 1;
	readonly release: ReleaseRef;
	/** The release has answered its readiness probe at least once. */
	readonly proven: boolean;
	readonly trial: Trial | null;
	/** What proposals start from, where that is not the release's commit: behind a promotion to the template or a revert. */
	readonly head?: string | undefined;
}

export interface Trial {
	readonly swapId: string;
	readonly previous: ReleaseRef;
	readonly candidate: ReleaseRef;
	/** The operator's configuration as it was when the swap began, as JSON: a later one decides nothing about this trial. */
	readonly configuration?: unknown;
	/** Wall clock, in milliseconds: by then it is decided, whoever extends it. Left out by 0.1. */
	readonly dueMs?: number | undefined;
}
