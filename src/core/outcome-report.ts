// What a builder is told when its swap has ended or failed: what happened, the evidence, and what to do. Pure; from the swap alone.
import type { CheckResult, Status, Swap } from "./swap.js";

export type OutcomeKind = "kept" | "rolled_back" | "refused" | "failed" | "stranded";

export interface OutcomeReport {
	readonly swapId: string;
	/** Of the submission that it tells about. */
	readonly epoch: number;
	readonly status: Status;
	readonly outcome: OutcomeKind;
	/** What happened and why, in a sentence or two. */
	readonly sentence: string;
	readonly cause: { readonly code: string; readonly message: string } | null;
	/** The last lines of the log that shows it. */
	readonly log: readonly string[];
	readonly failedCheck: CheckResult | null;
	/** What the probe answered last, where one was asked. */
	readonly probe: string | null;
	readonly tree: string | null;
	readonly commit: string | null;
	readonly workspace: string | null;
	/** What the builder can do now, as an instruction. */
	readonly next: string;
	readonly at: string;
}

/** Null while nothing has ended or failed. */
export function outcomeReportOf(_swap: Swap): OutcomeReport | null {
	return null;
}
