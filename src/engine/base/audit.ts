// Keeps what was asked for and refused: who, through which surface, and what they had before them. A flood of one actor is only counted.
import { limits } from "../../core/limits.js";
import { createRate } from "../../core/rate.js";
import type { Refusal } from "../../core/refusals.js";
import { swapSubject } from "../../core/subject.js";
import { type Actor, actorName } from "../../core/swap.js";
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

export function createAudit({ ports }: Engine): Audit {
	const { clock, journal, log, scrub } = ports;
	const rate = createRate({ perMinute: limits.auditsPerMinute, nowMs: () => clock.now().bootMs });
	return async ({ swapId, by, verb, refusal, shown }) => {
		const details = { swap: swapId, by: actorName(by), verb, code: refusal.code };
		log.warn("request.refused", details);
		if (rate.take(actorName(by)) > 0) return;
		const { code } = refusal;
		const message = scrub(refusal.message);
		try {
			const subject = swapId === null ? null : swapSubject(swapId);
			await journal.audit({ atMs: clock.now().wallMs, subject, by, verb, code, message, shown });
		} catch (error) {
			log.error("audit.failed", { ...details, cause: causeFrom(error, null, scrub) });
		}
	};
}
