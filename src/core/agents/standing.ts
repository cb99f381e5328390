// Where an agent stands after it was heard: one decision, from what it posted and where it stood.
import type { AgentStatus, ReportedStatus, Severity } from "./agent.js";

export interface Heard {
	/** Null: it posted an error and no status. */
	readonly reported: ReportedStatus | null;
	/** Of the error that came with it; null: none did. */
	readonly severity: Severity | null;
	readonly prior: AgentStatus;
}

export type Standing =
	| { readonly kind: "noop" }
	| {
			readonly kind: "transition";
			readonly from: AgentStatus;
			readonly to: AgentStatus;
			readonly reason: "fatal_error" | "recovered" | "reported";
	  };

/** A fatal forces `error`, whatever was posted beside it; any other heartbeat brings the agent to what it posted, out of `error` too. */
export function standingAfter({ reported, severity, prior }: Heard): Standing {
	const fatal = severity === "fatal";
	const to = fatal ? "error" : (reported ?? prior);
	if (to === prior) return { kind: "noop" };
	return {
		kind: "transition",
		from: prior,
		to,
		reason: fatal ? "fatal_error" : prior === "error" ? "recovered" : "reported",
	};
}
