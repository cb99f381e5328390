// Ends the wait for a platform: when it takes too long, or when the channel stops. What was asked for may still happen.
import { setTimeout as sleep } from "node:timers/promises";
import { DeliveryFailed } from "../../../ports/ports.js";
import { within as waitedFor } from "../../../ports/waiting.js";

export interface TimeLimit {
	readonly limitMs: number;
	/** For the sentence: "Slack's answer". */
	readonly what: string;
	readonly signal?: AbortSignal;
}

/** Rejects with `unreachable` when the time is up or the signal is aborted. */
export function within<T>(work: Promise<T>, { limitMs, what, signal }: TimeLimit): Promise<T> {
	const late = () => {
		const why = signal?.aborted === true ? "the channel was stopped" : `nothing within ${limitMs} ms`;
		throw new DeliveryFailed({ code: "unreachable", message: `${what}: ${why}.` });
	};
	return waitedFor(work, { sleep: pause, limitMs, signal, late });
}

/** Resolves when the time is up or the signal is aborted. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
	sleep(ms, undefined, { signal }).catch(() => {});
