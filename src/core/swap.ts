// The swap: one attempt to replace the live version. Owns the state's shape and the words in it; holds no rules.
import type { Actor } from "./actor.js";
import type { AskedPlace, Conversation, Destination } from "./asked.js";
import type { Blocked } from "./blocked.js";
import type { Cause } from "./cause.js";
import type { Deadman } from "./deadman.js";

export { type Actor, actorName, type Surface } from "./actor.js";
export { type Cause, causeOf } from "./cause.js";

/** Stored names: never renamed, only added. An unknown stored status means: undo. */
export type Status =
	| "drafting"
	| "pending_approval"
	| "staging"
	| "cutting_over"
	| "awaiting_confirmation"
	| "promoting"
	| "rolling_back"
	| "stranded"
	| "finalized"
	| "rolled_back"
	| "rejected";

export type StepName = "stage" | "cutOver" | "probation" | "promote" | "rollBack" | "template" | "tidy";

/** Has the user been told by the new version? */
export type Handshake = "none" | "pending_restart" | "message1_sent" | "confirmed" | "rolled_back";

/** `group`: lands in one agent's private copy; `host`: in what everybody runs on; `combined`: in both. */
export type Classification = "group" | "host" | "combined";

/** The name of the part that everybody runs on. */
export const hostTarget = "host";

export interface ChangedFile {
	readonly path: string;
	readonly change: "added" | "modified" | "deleted" | "renamed" | "retyped" | "mode";
	/** The old path of a rename. */
	readonly from: string | null;
	/** The builder's sentence: untrusted text. */
	readonly summary: string | null;
	/** What a reader would pass over. */
	readonly marks?: readonly Mark[];
	/** Left out: every changed byte stands in the review as text. */
	readonly unshown?: Unshown;
}

/** What a file is, or holds, that a reader would pass over. Stored names: only added. */
export type Mark =
	| "executable"
	| "not_executable"
	| "link"
	| "moved"
	| "lock_file"
	| "generated"
	| "long_lines"
	| "hidden_characters"
	| "odd_spaces"
	| "mixed_scripts"
	| "windows_lines";

/** One side of a changed file; `hash` is git's, so that anybody can compare it with a file: `git hash-object`. */
export interface Content {
	readonly bytes: number;
	readonly hash: string;
}

/** Why a changed file cannot be read as it is in the review, and what it is, so that it can be compared elsewhere. */
export interface Unshown {
	/** `hidden_characters`: it stands there, with codes in the place of what cannot be seen. `secret`: something in it was taken out. */
	readonly why: "binary" | "too_large" | "cut" | "secret" | "hidden_characters";
	/** Null: it was not there. */
	readonly before: Content | null;
	/** Null: it is deleted. */
	readonly after: Content | null;
}

/** One database as it was at cut-over. `sha256` is over the snapshot file, `fingerprint` over what a hook has left. */
export interface SnapshotRecord {
	readonly database: string;
	readonly file: string | null;
	readonly bytes: number;
	readonly sha256: string | null;
	/** `chunks`: it is over the hashes of the file's chunks. Left out: over the file at once, as before 0.4. */
	readonly hashed?: "chunks";
	readonly fingerprint: string | null;
	readonly policy: DataPolicy;
	/** Left out: a database. `files`: a folder of the program's files, which `database` names. */
	readonly kind?: "files";
}

export interface TargetSnapshot extends SnapshotRecord {
	readonly target?: string;
}

export type DataPolicy = "restore" | "keep" | "replay";

/** What the window wrote into one table, or one folder of files, counted against the snapshot. */
export interface TableCounts {
	readonly database: string;
	readonly table: string;
	/** Left out: rows. `files`: files below the folder that `database` names. */
	readonly kind?: "files";
	readonly inserted: number;
	readonly updated: number;
	readonly deleted: number;
	/** Rows put back by a replay so far; null when none was tried. */
	readonly replayed: number | null;
	/** Why rows could not be counted or put back, if so. */
	readonly note: string | null;
}

/** Proof that a version serves: what was asked, what answered, and why the answer is tied to the release. */
export interface Evidence {
	readonly release: string;
	readonly probe: string;
	readonly tiedBy: "token" | "header" | "port" | "process" | "command";
	readonly uptimeMs: number;
	readonly coldStartMs: number;
}

export interface Outcome {
	readonly verdict: "finalized" | "rolled_back" | "rejected";
	readonly by: string;
	readonly sentence: string;
	readonly evidence: Evidence | null;
}

/** One commit as it is checked out, built and run. */
export interface ReleaseRef {
	readonly id: string;
	readonly commit: string;
	readonly tree: string;
}

/** What a swap does to one target: the exact release to go back to, and what the candidate is made of. */
export interface TargetChange {
	readonly target: string;
	readonly previous: ReleaseRef;
	readonly commit: string;
	readonly tree: string;
}

/** Why a path deserves a second look: which kind of rule it met, and the rule as it is configured. */
export interface Flag {
	readonly kind: "migration" | "supervisor" | "reach";
	readonly path: string;
	readonly rule: string;
}

/** What the approver was given to read. `sha256` is over the whole diff, so that what was seen can be proved. */
export interface Shown {
	readonly tree: string;
	readonly sha256: string;
	readonly bytes: number;
	readonly files: number;
	/** False: something of the change cannot be read in the diff, and approval needs the typed phrase. */
	readonly whole: boolean;
}

/** A command that judged the staged release. */
export interface CheckResult {
	readonly command: string;
	readonly durationMs: number;
}

/** "Apply to template / Keep local", offered once a swap that touched templated paths was confirmed. */
export interface Promotion {
	readonly state: "offered" | "approved" | "applied" | "kept" | "refused";
	readonly paths: readonly string[];
	readonly by: string | null;
	readonly sentence: string | null;
}

/** What the builder asked for, computed once from objects in the supervisor's own repository. */
export interface Proposal {
	readonly summary: string;
	readonly classification: Classification;
	readonly files: readonly ChangedFile[];
	/** The builder's commit. */
	readonly proposed: string;
	/** What the proposal was merged onto and is reviewed against (S1: `pre_swap_sha`): the live commit, with the agent's private copies overlaid. */
	readonly base: string;
	/** Where the operator's branch stood; confirm moves it only from there. */
	readonly branchHead: string;
	/** The merged tree: what is reviewed and what is applied. */
	readonly tree: string;
	/** The swap commit, kept under `refs/deadman/swaps/<id>`. */
	readonly commit: string;
	readonly previousRelease: string;
	/** What it touches, the host first. */
	readonly targets: readonly TargetChange[];
	readonly flags?: readonly Flag[];
	/** Templated paths among the changed ones: what a promotion would write. */
	readonly templated?: readonly string[];
	/** The host's commit on which the template was reviewed. */
	readonly templateBase?: string;
	readonly shown?: Shown;
	/** What an approver should know of its dependencies, such as that nothing installs them: sentences of ours. */
	readonly advice?: readonly string[];
	/** The swap in which the same tree was rolled back or rejected before. */
	readonly knownBad?: string | null;
}

/** The intent of a step without an outcome yet. `life` names the supervisor process that wrote it. */
export interface OpenStep {
	readonly step: StepName;
	readonly life: string;
}

/** What is left of the window, in milliseconds, when people are warned, the longest first; `lastMs`: when they were last. */
export interface Warnings {
	readonly atMs: readonly number[];
	readonly lastMs: number | null;
}

/** What a version on trial says of itself beside being ready. */
export interface Heard {
	readonly warnings: number;
	/** Scrubbed; null: none. */
	readonly lastWarning: string | null;
	/** When its first message went out, in wall-clock milliseconds; null: it reported none. */
	readonly firstMessageAtMs: number | null;
}

export const noneHeard: Heard = { warnings: 0, lastWarning: null, firstMessageAtMs: null };

export interface Swap {
	readonly id: string;
	/** Counts submissions of the same swap; a card of an older epoch is dead. */
	readonly epoch: number;
	/** Number of facts: the expected version of the next append. */
	readonly version: number;
	readonly status: Status;
	readonly handshake: Handshake;
	readonly target: string;
	readonly workspace: string | null;
	readonly proposer: Actor;
	readonly proposal: Proposal | null;
	readonly candidateRelease: string | null;
	readonly deadman: Deadman | null;
	/** Of this window: a fresh one counts them anew. */
	readonly warnings: Warnings;
	/** Starts of the candidate so far, counted on disk before each start. */
	readonly boots: number;
	/** Deaths of the candidate within the quick-death limit of its start. */
	readonly quickDeaths: number;
	/** Starts and quick deaths by target, where a swap runs more than one program; the two above are the largest of these. */
	readonly bootsBy: Readonly<Record<string, number>>;
	readonly quickDeathsBy: Readonly<Record<string, number>>;
	readonly openStep: OpenStep | null;
	/** Failed tries of the current status's step. */
	readonly attempts: number;
	readonly blockedBy: Blocked | null;
	/** A restart of the supervisor that was planned, by the life that planned it. */
	readonly restartPlannedBy: string | null;
	readonly snapshots: readonly TargetSnapshot[] | null;
	readonly dataRestored: boolean;
	readonly discarded: readonly TableCounts[] | null;
	/** Left out: nothing was heard. */
	readonly heard?: Heard;
	readonly evidence: Evidence | null;
	readonly cause: Cause | null;
	/** Later causes, noted beside the first. */
	readonly notes: readonly string[];
	readonly outcome: Outcome | null;
	/** Who confirmed, or asked for the rollback. */
	readonly decidedBy: string | null;
	/** Who has approved so far, where policy asks for several. */
	readonly approvals: readonly string[];
	/** Wall clock; null while nobody is asked. */
	readonly approvalExpiresAtMs: number | null;
	readonly conversation: Conversation | null;
	/** Empty: everywhere. */
	readonly asked: readonly AskedPlace[];
	/** Where the whole diff of this submission arrived. Left out by earlier versions. */
	readonly shownAt?: readonly Destination[];
	/** Nobody decided for so long that others were asked as well. */
	readonly escalated: boolean;
	readonly checks: readonly CheckResult[];
	readonly promotion: Promotion | null;
	readonly tidied: boolean;
	/** Milliseconds since the epoch, wall clock. */
	readonly createdAtMs: number;
	readonly updatedAtMs: number;
	/** When its status was entered. */
	readonly statusAtMs: number;
}
