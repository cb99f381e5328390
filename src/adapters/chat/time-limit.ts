// Ends the wait for a platform: when it takes too long, or when the channel stops. What was asked for may still happen.
import { DeliveryFailed } from "../../ports.js";

export interface TimeLimit {
	readonly limitMs: number;
	/** For the sentence: "Slack's answer". */
	readonly what: string;
	readonly signal?: AbortSignal;
}

/** Rejects with `unreachable` when the time is up or the signal is aborted. */
export async function within<T>(work: Promise<T>, { limitMs, what, signal }: TimeLimit): Promise<T> {
	let end = (_message: string): void => {};
	const ended = new Promise<never>((_, reject) => {
		end = (message) => reject(new DeliveryFailed({ code: "unreachable", message }));
	});
	const timer = setTimeout(() => end(`${what}: nothing within ${limitMs} ms.`), limitMs);
	const stopped = () => end(`${what}: the channel was stopped.`);
	if (signal?.aborted === true) stopped();
	signal?.addEventListener("abort", stopped, { once: true });
	work.catch(() => {});
	try {
		return await Promise.race([ended, work]);
	} finally {
		clearTimeout(timer);
		signal?.removeEventListener("abort", stopped);
	}
}
