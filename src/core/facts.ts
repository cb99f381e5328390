// Every event that the journal can hold. A fact says what is true from now on; moves are the facts that change a status.
import type { AskedPlace, Conversation, Destination } from "./asked.js";
import type { Deadman } from "./deadman.js";
import type {
	Actor,
	Cause,
	CheckResult,
	Evidence,
	Heard,
	Proposal,
	Shown,
	StepName,
	TableCounts,
	TargetSnapshot,
} from "./swap.js";

interface Bodies {
	drafted: { target: string; workspace: string | null; proposer: Actor };
	/** Without `asked`: everywhere. */
	submitted: {
		proposal: Proposal;
		approvalExpiresAtMs?: number;
		conversation?: Conversation | null;
		asked?: readonly AskedPlace[];
	};
	/** Who is asked could not be reached: the next way to them, or every conversation. `to`: names of channels. */
	rerouted: { person: string; to: readonly string[]; asked: readonly AskedPlace[] };
	/** Nobody decided for so long: others are asked as well. `to`: names of people, or none. */
	escalated: { to: readonly string[]; afterMs: number; asked: readonly AskedPlace[] };
	/** Every piece of the diff arrived in this place, for this submission. */
	reviewShown: Destination;
	/** One of several approvals that policy asks for; the last one is `approved`. */
	endorsed: { by: Actor; shown: Shown | null };
	/** `shown`: what the approver was given to read. */
	approved: { by: Actor; shown?: Shown | null };
	rejected: { by: Actor; reason: string };
	withdrawn: { by: Actor };
	expired: { cause: Cause };
	/** The intent: written by the loop before the step acts. */
	stepStarted: { step: StepName; life: string };
	staged: { release: string; checks?: readonly CheckResult[] };
	stepFailed: { step: StepName; cause: Cause };
	armed: { deadman: Deadman };
	clockRebased: { deadman: Deadman };
	snapshotTaken: { snapshots: readonly TargetSnapshot[] };
	/** Written before each start of the candidate. Without a target: the host. */
	bootStarted: { boots: number; target?: string };
	candidateExited: { uptimeMs: number; code: number | null; signal: string | null; quick: boolean; target?: string };
	restartPlanned: { life: string; exitCode: number };
	/** `others`: of the further targets of a combined swap. */
	ready: { evidence: Evidence; others?: readonly Evidence[] };
	cardDelivered: { channel: string; deadman: Deadman | null };
	extended: { by: Actor; deadman: Deadman };
	/** People were told that the window ends, and what was left of it. */
	warned: { leftMs: number };
	confirmed: { by: Actor };
	rollbackRequested: { by: Actor; cause: Cause };
	deadlinePassed: { cause: Cause };
	candidateDied: { cause: Cause };
	fatalReported: { cause: Cause };
	heartbeatLost: { cause: Cause };
	/** What the version on trial has said of itself so far. */
	heard: { heard: Heard };
	promoted: { by: string; sentence: string };
	dataRestored: { databases: readonly string[] };
	attemptFailed: { step: StepName; cause: Cause };
	/** A step waits for what passes by itself, and tries on: no failed try. Written again only for another cause. */
	blocked: { step: StepName; cause: Cause };
	/** It has waited for so long that people are told. */
	blockedLong: { cause: Cause };
	/** Going back was begun, or done, without the journal; or live was found to be another version than the journal says. */
	undone: { cause: Cause };
	attemptsExhausted: { cause: Cause };
	restored: { evidence: Evidence; discarded: readonly TableCounts[] };
	promotionOffered: { paths: readonly string[] };
	promotionApproved: { by: Actor };
	promotionKept: { by: Actor };
	promotionApplied: { commit: string; sentence: string };
	promotionRefused: { cause: Cause };
	replayed: { by: Actor; tables: readonly TableCounts[] };
	/** What was set aside is removed. */
	dataDropped: { by: Actor };
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
	| "undone"
	| "attemptsExhausted";
