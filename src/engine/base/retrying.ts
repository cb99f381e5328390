// Work that is to happen in the end, whatever fails meanwhile: tried again with back-off and jitter, until its owner stops. Knows no work.
import { limits } from "../../core/limits.js";
import { backoffMs } from "../../core/people/policy.js";
import { untilAborted } from "../../ports/waiting.js";
import type { Engine } from "./context.js";
import { causeFrom } from "./effects.js";

export interface Retrying {
	/** Until it works; null: stopped before that. Each failure is a warning with this event. Never rejects. */
	retry<T>(event: string, work: (attempt: number) => Promise<T>): Promise<T | null>;
	/** Resolves when it is stopped. */
	readonly over: Promise<null>;
	isOver(): boolean;
	stop(): void;
}

export function createRetrying({ ports }: Engine): Retrying {
	const { clock, log, scrub } = ports;
	const stopped = new AbortController();
	const over = untilAborted(stopped.signal).then(() => null);

	async function retry<T>(event: string, work: (attempt: number) => Promise<T>): Promise<T | null> {
		for (let attempt = 0; !stopped.signal.aborted; attempt += 1) {
			try {
				return await Promise.race([work(attempt), over]);
			} catch (error) {
				log.warn(event, { cause: causeFrom(error, null, scrub) });
				await clock.sleep(jittered(ports, attempt), stopped.signal);
			}
		}
		return null;
	}

	return { retry, over, isOver: () => stopped.signal.aborted, stop: () => stopped.abort() };
}

/** Half of the back-off at least, so that many who failed together do not come back together. */
export function jittered({ ids }: Pick<Engine["ports"], "ids">, attempts: number): number {
	const fullMs = backoffMs(limits.outboxBackoffMs, limits.outboxBackoffCapMs, attempts);
	return fullMs * (0.5 + ids.fraction() / 2);
}
