// Keeps what was asked for and refused: who, through which surface, and what they had before them. A flood of one actor is only counted.
import { limits } from "../core/limits.js";
import type { Refusal } from "../core/refusals.js";
import { type Actor, actorName } from "../core/swap.js";
import type { Engine } from "./context.js";
import { causeFrom } from "./effects.js";

export interface Refused {
	readonly swapId: string | null;
	readonly by: Actor;
	readonly verb: string;
	readonly refusal: Refusal;
	readonly shown: string | null;
}

/** Never rejects: an audit that cannot be written is told to the log, and the refusal stands. */
export type Audit = (refused: Refused) => Promise<void>;

const minuteMs = 60_000;

export function createAudit({ ports }: Engine): Audit {
	const { clock, journal, log, scrub } = ports;
	const seen = new Map<string, { sinceMs: number; count: number }>();

	function isFlood(name: string): boolean {
		const nowMs = clock.now().bootMs;
		for (const [other, { sinceMs }] of seen) if (nowMs - sinceMs >= minuteMs) seen.delete(other);
		const found = seen.get(name) ?? { sinceMs: nowMs, count: 0 };
		found.count += 1;
		seen.set(name, found);
		return found.count > limits.auditsPerMinute;
	}

	return async ({ swapId, by, verb, refusal, shown }) => {
		const details = { swap: swapId, by: actorName(by), verb, code: refusal.code };
		log.warn("request.refused", details);
		if (isFlood(actorName(by))) return;
		const { code } = refusal;
		const message = scrub(refusal.message);
		try {
			await journal.audit({ atMs: clock.now().wallMs, swapId, by, verb, code, message, shown });
		} catch (error) {
			log.error("audit.failed", { ...details, cause: causeFrom(error, null, scrub) });
		}
	};
}
