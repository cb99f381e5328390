// Walks the feed of facts for one reader: pulls a batch when the one before is used up, and is only woken by what happens. Holds one
// batch at most, whatever happens meanwhile, and leaves out what the reader may not see without losing its place.
import { limits } from "../../../core/limits.js";
import { isRefusal } from "../../../core/refusals.js";
import { swapIdOf } from "../../../core/subject.js";
import type { Swap } from "../../../core/swap.js";
import type { Supervisor } from "../../../engine/verbs/supervisor.js";
import type { Clock, FedEvent, FedFact } from "../../../ports/ports.js";
import type { Caller } from "../base/route.js";
import { sees } from "../base/scope.js";

export interface FactCursorOptions {
	readonly supervisor: Supervisor;
	readonly clock: Clock;
	readonly caller: Caller;
	/** A swap's id leaves out the facts of others; null: all that the caller sees. */
	readonly only: string | null;
	/** The first fact is the one behind this number. */
	readonly after: number;
}

/** `swap` as it was when the batch was read: with the last fact of that swap in the batch, so that it is told once. */
export interface SeenFact extends Omit<FedFact, "subject"> {
	readonly swapId: string;
	readonly swap: Swap | null;
}

/** What happened to agents is told to whoever may see all swaps. */
export type Seen = SeenFact | FedEvent;

export interface FactCursor {
	/** The next fact or event; null when none came for `limits.streamPulseMs`, or after `close`. Rejects when the journal does. */
	next(): Promise<Seen | null>;
	/** Everything up to here was handed out or is not for this reader; of use while `next` answers null. */
	position(): number;
	close(): void;
}

export function createFactCursor({ supervisor, clock, caller, only, after }: FactCursorOptions): FactCursor {
	let position = after;
	let batch: Seen[] = [];
	let isNews = false;
	let closed = false;
	let wake = () => {};
	const unsubscribe = supervisor.subscribe(({ type }) => {
		if (type !== "swap:changed" && type !== "agent:changed") return;
		isNews = true;
		wake();
	});

	async function next(): Promise<Seen | null> {
		while (!closed) {
			const ready = batch.shift();
			if (ready !== undefined) return ready;
			isNews = false;
			if (await refill()) continue;
			if (!(await isWoken())) return null;
		}
		return null;
	}

	/** False when there was nothing behind the position. */
	async function refill(): Promise<boolean> {
		const entries = await supervisor.feed({ after: position, limit: limits.streamBatch });
		const ofSwaps = entries.flatMap((entry) => {
			const swapId = swapIdOf(entry.subject);
			return swapId === null || !("fact" in entry) ? [] : [{ seq: entry.seq, swapId, fact: entry.fact }];
		});
		const facts = await seenOf(ofSwaps.filter(({ swapId }) => only === null || swapId === only));
		const hidden = only !== null || caller.role === "builder";
		const events = hidden ? [] : entries.filter((entry) => "event" in entry);
		batch = events.length === 0 ? facts : [...facts, ...events].sort((one, other) => one.seq - other.seq);
		position = entries.at(-1)?.seq ?? position;
		return entries.length > 0;
	}

	async function seenOf(entries: readonly Omit<SeenFact, "swap">[]): Promise<SeenFact[]> {
		const lastOf = new Map(entries.map(({ swapId, seq }) => [swapId, seq]));
		const swaps = new Map<string, Swap | null>();
		for (const id of lastOf.keys()) {
			const swap = await supervisor.swap(id);
			swaps.set(id, isRefusal(swap) ? null : swap);
		}
		return entries.flatMap((entry) => {
			const swap = swaps.get(entry.swapId) ?? null;
			if (swap === null ? caller.confined : !sees(caller, swap)) return [];
			return [{ ...entry, swap: lastOf.get(entry.swapId) === entry.seq ? swap : null }];
		});
	}

	/** False when the pulse came first. */
	function isWoken(): Promise<boolean> {
		if (isNews || closed) return Promise.resolve(true);
		return new Promise((resolve) => {
			const settle = (woken: boolean) => {
				cancel();
				wake = () => {};
				resolve(woken);
			};
			const cancel = clock.timer(limits.streamPulseMs, () => settle(false));
			wake = () => settle(true);
		});
	}

	function close(): void {
		closed = true;
		batch = [];
		unsubscribe();
		wake();
	}

	return { next, position: () => position, close };
}
