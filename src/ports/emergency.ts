// What was done while the journal could not be read or written. Part of the page in ports.ts.
import type { Fact } from "../core/facts.js";
import type { ReleaseRef } from "../core/swap.js";

/** Beside `live.json`, with an fsync of its own. The journal's next reader takes it in before anything else (F35). */
export interface EmergencyLog {
	/** On disk before it resolves. Rejects where it cannot be: then nothing of it may be acknowledged. */
	append(entry: EmergencyEntry): Promise<void>;
	/** What no journal has taken in yet, oldest first. Of an entry that was cut off by a death nothing was acknowledged: it is left out. */
	pending(): Promise<readonly EmergencyEntry[]>;
	/** The journal holds all of it now. */
	taken(): Promise<void>;
}

export type EmergencyEntry =
	/** Facts of a swap that follow its fact number `version`. */
	| {
			readonly kind: "facts";
			readonly swapId: string;
			readonly version: number;
			readonly facts: readonly Fact[];
	  }
	/** A trial is being undone without the journal: written before the first effect. */
	| {
			readonly kind: "undone";
			readonly swapId: string;
			readonly target: string;
			readonly previous: ReleaseRef;
			readonly atMs: number;
			readonly why: string;
			/** Of the cause; left out: the journal could not be used. */
			readonly code?: "supervisor_killed" | undefined;
	  };
