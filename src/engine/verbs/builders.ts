// The verbs of builders beside proposing, as surfaces call them: what they hear of their swaps, and what they say of themselves.
import type { Refusal } from "../../core/refusals.js";
import type { Actor } from "../../core/swap.js";
import type { OutcomeReport } from "../../core/words/outcome-report.js";

export interface BuilderHeartbeat {
	readonly status: "online" | "busy" | "error" | "benchmarked";
	/** What it works on, in a sentence; null: nothing. */
	readonly task: string | null;
	readonly error: { readonly severity: "warning" | "fatal"; readonly message: string } | null;
}

/** As operators see it in `status`; presence is not journaled. */
export interface BuilderPresence extends BuilderHeartbeat {
	readonly name: string;
	readonly lastSeenAtMs: number;
}

export interface Milestone {
	readonly name: string;
	readonly detail: string;
	/** The swap that it belongs to; null: none. */
	readonly swapId: string | null;
}

/** What will judge the paths of a change: as configured, nothing secret. */
export interface PolicyView {
	readonly targets: readonly {
		readonly name: string;
		readonly own: string | null;
		readonly mappings: readonly { readonly template: string; readonly folder: string }[];
	}[];
	readonly neverWrite: readonly string[];
	readonly migrations: readonly string[];
	readonly supervisor: readonly string[];
	readonly reach: readonly string[];
	readonly summaries: "per_file" | "overall";
	readonly approval: "required" | "auto";
	readonly approvalExpiryMs: number;
	/** Who is asked, by class. */
	readonly classes: Readonly<
		Record<string, { readonly approve: readonly string[]; readonly approvals: number; readonly typed: boolean }>
	>;
}

export interface BuilderLoop {
	/** Of the swaps that this builder proposed, newest first; of everybody's for people. */
	outcomes(request: { readonly by: Actor; readonly limit: number }): Promise<readonly OutcomeReport[]>;
	policy(): PolicyView;
	/** A builder's sign of life: it decides nothing, whatever it says. */
	reportPresence(request: { readonly by: Actor; readonly heartbeat: BuilderHeartbeat }): Promise<Refusal | null>;
	builders(): readonly BuilderPresence[];
	/** Journaled as a note of the builder's own swap where one is named. */
	reportMilestone(request: { readonly by: Actor; readonly milestone: Milestone }): Promise<Refusal | null>;
}
