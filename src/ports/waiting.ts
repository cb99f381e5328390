// How everybody waits: one after the other, and not for ever. Knows no work, and no clock but the one it is given.
import type { Clock } from "./ports.js";

export type Queue = <T>(job: () => Promise<T>) => Promise<T>;

/** The returned function runs its jobs in the order they came; a failed one holds nobody up. */
export function createQueue(): Queue {
	let last: Promise<unknown> = Promise.resolve();
	return (job) => {
		const mine = last.then(job);
		last = mine.catch(() => {});
		return mine;
	};
}

/**
 * Does the work for each item, at most `most` of them at a time, and resolves when all of it is over. The first failure is thrown, but not before
 * what was begun has ended: nothing goes on behind the caller's back.
 */
export async function inLanes<T>(most: number, items: readonly T[], work: (item: T, index: number) => Promise<void>) {
	let next = 0;
	let failed = false;
	const lane = async () => {
		while (next < items.length && !failed) {
			const index = next;
			next += 1;
			await work(items[index] as T, index).catch((error: unknown) => {
				failed = true;
				throw error;
			});
		}
	};
	const lanes = await Promise.allSettled(Array.from({ length: Math.min(most, items.length) }, lane));
	for (const one of lanes) if (one.status === "rejected") throw one.reason;
}

export interface TimeLimit<L> {
	readonly sleep: Clock["sleep"];
	readonly limitMs: number;
	/** Ends the wait before its time. */
	readonly signal?: AbortSignal;
	/** What it comes to when the time is up; may throw instead. */
	readonly late: () => L;
}

/** Waits for the work, whose own end comes whenever it comes. What it does after the limit fails nobody. */
export async function within<T, L>(work: Promise<T>, { sleep, limitMs, signal, late }: TimeLimit<L>): Promise<T | L> {
	const over = new AbortController();
	const ended = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
	const limit = sleep(limitMs, ended).then<T | L>(() => (over.signal.aborted ? work : late()));
	for (const one of [work, limit]) one.catch(() => {});
	try {
		return await Promise.race([work, limit]);
	} finally {
		over.abort();
	}
}

export function untilAborted(signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		if (signal.aborted) return resolve();
		signal.addEventListener("abort", () => resolve(), { once: true });
	});
}
