// The swap: one attempt to replace the live version. Owns the state's shape and the words in it; holds no rules.
import type { Deadman } from "./deadman.js";

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

export type StepName = "stage" | "cutOver" | "probation" | "promote" | "rollBack" | "tidy";

/** Has the user been told by the new version? */
export type Handshake = "none" | "pending_restart" | "message1_sent" | "confirmed" | "rolled_back";

export type Classification = "group" | "host" | "combined";

/** Who acts: a surface and an identity on it, such as `{ surface: "cli", id: "1000" }`. Printed as `cli:1000`. */
export interface Actor {
	readonly surface: "cli" | "page" | "builder" | "program" | "supervisor";
	readonly id: string;
}

export interface ChangedFile {
	readonly path: string;
	readonly change: "added" | "modified" | "deleted" | "renamed" | "retyped" | "mode";
	/** The old path of a rename. */
	readonly from: string | null;
	/** The builder's sentence: untrusted text. */
	readonly summary: string | null;
}

/** What went wrong: a stable code, a sentence, and the last lines of the log that shows it (already scrubbed). */
export interface Cause {
	readonly code: string;
	readonly message: string;
	readonly site: string | null;
	readonly log: readonly string[];
}

/** One database as it was at cut-over. `sha256` is over the snapshot file, `fingerprint` over its content. */
export interface SnapshotRecord {
	readonly database: string;
	readonly file: string | null;
	readonly bytes: number;
	readonly sha256: string | null;
	readonly fingerprint: string | null;
	readonly policy: DataPolicy;
}

export type DataPolicy = "restore" | "keep" | "replay";

/** What the window wrote into one table, counted against the snapshot. */
export interface TableCounts {
	readonly database: string;
	readonly table: string;
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

/** What the builder asked for, computed once from objects in the supervisor's own repository. */
export interface Proposal {
	readonly summary: string;
	readonly classification: Classification;
	readonly files: readonly ChangedFile[];
	/** The builder's commit. */
	readonly proposed: string;
	/** The live commit that the proposal was merged onto (S1: `pre_swap_sha`). */
	readonly base: string;
	/** Where the operator's branch stood; confirm moves it only from there. */
	readonly branchHead: string;
	/** The merged tree: what is reviewed and what is applied. */
	readonly tree: string;
	/** The swap commit, kept under `refs/deadman/swaps/<id>`. */
	readonly commit: string;
	readonly previousRelease: string;
}

/** The intent of a step without an outcome yet. `life` names the supervisor process that wrote it. */
export interface OpenStep {
	readonly step: StepName;
	readonly life: string;
}

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
	/** Starts of the candidate so far, counted on disk before each start. */
	readonly boots: number;
	/** Deaths of the candidate within the quick-death limit of its start. */
	readonly quickDeaths: number;
	readonly openStep: OpenStep | null;
	/** Failed tries of the current status's step. */
	readonly attempts: number;
	/** A restart of the supervisor that was planned, by the life that planned it. */
	readonly restartPlannedBy: string | null;
	readonly snapshots: readonly SnapshotRecord[] | null;
	readonly dataRestored: boolean;
	readonly discarded: readonly TableCounts[] | null;
	readonly evidence: Evidence | null;
	readonly cause: Cause | null;
	/** Later causes, noted beside the first. */
	readonly notes: readonly string[];
	readonly outcome: Outcome | null;
	/** Who confirmed, or asked for the rollback. */
	readonly decidedBy: string | null;
	readonly tidied: boolean;
	/** Milliseconds since the epoch, wall clock. */
	readonly createdAtMs: number;
	readonly updatedAtMs: number;
}

/** `cli:1000`, as journals, cards and audit lines print an actor. */
export function actorName(actor: Actor): string {
	return `${actor.surface}:${actor.id}`;
}

export function causeOf(code: string, message: string, site: string | null = null, log: readonly string[] = []): Cause {
	return { code, message, site, log };
}
