// Every event that the journal can hold. A fact says what is true from now on; moves are the facts that change a status.
import type { Deadman } from "./deadman.js";
import type { Actor, Cause, Evidence, Proposal, SnapshotRecord, StepName, TableCounts } from "./swap.js";

interface Bodies {
	drafted: { target: string; workspace: string | null; proposer: Actor };
	submitted: { proposal: Proposal };
	approved: { by: Actor };
	rejected: { by: Actor; reason: string };
	withdrawn: { by: Actor };
	expired: { cause: Cause };
	/** The intent: written by the loop before the step acts. */
	stepStarted: { step: StepName; life: string };
	staged: { release: string };
	stepFailed: { step: StepName; cause: Cause };
	armed: { deadman: Deadman };
	clockRebased: { deadman: Deadman };
	snapshotTaken: { snapshots: readonly SnapshotRecord[] };
	/** Written before each start of the candidate. */
	bootStarted: { boots: number };
	candidateExited: { uptimeMs: number; code: number | null; signal: string | null; quick: boolean };
	restartPlanned: { life: string; exitCode: number };
	ready: { evidence: Evidence };
	cardDelivered: { channel: string; deadman: Deadman | null };
	extended: { by: Actor; deadman: Deadman };
	confirmed: { by: Actor };
	rollbackRequested: { by: Actor; cause: Cause };
	deadlinePassed: { cause: Cause };
	candidateDied: { cause: Cause };
	fatalReported: { cause: Cause };
	heartbeatLost: { cause: Cause };
	promoted: { by: string; sentence: string };
	dataRestored: { databases: readonly string[] };
	attemptFailed: { step: StepName; cause: Cause };
	attemptsExhausted: { cause: Cause };
	restored: { evidence: Evidence; discarded: readonly TableCounts[] };
	replayed: { by: Actor; tables: readonly TableCounts[] };
	tidied: Record<never, never>;
	noted: { text: string };
}

export type FactType = keyof Bodies;

/** `at` is the wall clock in milliseconds since the epoch; nothing is decided by it but what the deadman decides. */
export type Fact = { [T in FactType]: { readonly type: T; readonly atMs: number } & Readonly<Bodies[T]> }[FactType];

export type FactOf<T extends FactType> = Extract<Fact, { type: T }>;

/** A fact as decided, before the journal stamps it. */
export type FactBody = { [T in FactType]: { readonly type: T } & Readonly<Bodies[T]> }[FactType];

export type Move =
	| "submitted"
	| "approved"
	| "rejected"
	| "withdrawn"
	| "expired"
	| "staged"
	| "stepFailed"
	| "ready"
	| "confirmed"
	| "rollbackRequested"
	| "deadlinePassed"
	| "candidateDied"
	| "fatalReported"
	| "heartbeatLost"
	| "promoted"
	| "restored"
	| "attemptsExhausted";
