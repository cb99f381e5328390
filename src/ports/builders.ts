// The ways to tell a builder how its swap ended, fed by the journal's outbox. Part of the page in ports.ts.
import type { OutcomeReport } from "../core/words/outcome-report.js";

export interface Telling {
	/** The same at every try of one outcome, and another one for every other. */
	readonly delivery: string;
	readonly report: OutcomeReport;
	/** False from the workspace's next submission on, and where it is another's: what stands there must not speak of an earlier one. */
	isCurrent(): Promise<boolean>;
	/** Aborts when the supervisor stops; it is told again then. */
	readonly signal: AbortSignal;
}

/** Never blocks a swap and never decides a state. */
export interface BuilderChannel {
	readonly name: string;
	/** Resolves when it has arrived, at the latest after `limits.tellMs`; rejecting makes it be told again. The same one may come twice. */
	tell(telling: Telling): Promise<void>;
}
