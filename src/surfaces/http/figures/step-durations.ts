// How long steps took, told from the facts alone: from the intent to the fact that ended it. Goes on in the feed where it stopped, so the
// numbers are the same after a restart as before it.
import type { Fact, FactType } from "../../../core/facts.js";
import { phases } from "../../../core/machine/phases.js";
import type { Supervisor } from "../../../engine/verbs/supervisor.js";
import type { FeedEntry } from "../../../ports/ports.js";

/** Facts that one look into the feed takes. */
const batch = 500;

/** One step that has ended; a name that this version does not know is `other`, so that there are never more of them than known. */
export interface StepDuration {
	readonly step: string;
	readonly seconds: number;
}

export interface StepDurations {
	/** Those that ended since the call before; after one that failed, also what that one had read. Not to be called twice at a time. */
	take(supervisor: Pick<Supervisor, "feed">): Promise<readonly StepDuration[]>;
}

interface Open {
	readonly step: string;
	readonly sinceMs: number;
	/** The supervisor left in the middle of it, to go on in its next life. */
	readonly isResumed: boolean;
}

export const stepNames: readonly string[] = [
	...new Set([...Object.values(phases).flatMap(({ step }) => step ?? []), "template"]),
];

/** Every move ends the step that runs, and so do these. */
const endings = new Set<string>([
	...Object.values(phases).flatMap(({ on }) => Object.keys(on)),
	...(["attemptFailed", "tidied", "promotionApplied", "promotionRefused"] satisfies FactType[]),
]);

export function createStepDurations(): StepDurations {
	/** By swap: a step of an ended swap has ended too, so that these are as few as the swaps in flight. */
	const open = new Map<string, Open>();
	let position = 0;
	let ended: StepDuration[] = [];

	function durationOf(entry: FeedEntry): readonly StepDuration[] {
		if (!("fact" in entry)) return [];
		const { subject, fact } = entry;
		const { id } = subject;
		const running = open.get(id);
		if (fact.type === "stepStarted") open.set(id, begun(fact, running));
		if (fact.type === "restartPlanned" && running !== undefined) open.set(id, { ...running, isResumed: true });
		if (!endings.has(fact.type) || running === undefined) return [];
		open.delete(id);
		return [{ step: running.step, seconds: Math.max(0, fact.atMs - running.sinceMs) / 1_000 }];
	}

	return {
		async take(supervisor) {
			for (let isMore = true; isMore; ) {
				const entries = await supervisor.feed({ after: position, limit: batch });
				ended.push(...entries.flatMap(durationOf));
				position = entries.at(-1)?.seq ?? position;
				isMore = entries.length === batch;
			}
			const taken = ended;
			ended = [];
			return taken;
		},
	};
}

/** A step that was cut off and begins anew counts from its new beginning, one that was resumed from its first. */
function begun(fact: Extract<Fact, { type: "stepStarted" }>, before: Open | undefined): Open {
	const step = stepNames.includes(fact.step) ? fact.step : "other";
	const sinceMs = before?.isResumed === true && before.step === step ? before.sinceMs : fact.atMs;
	return { step, sinceMs, isResumed: false };
}
