// Rings when an approval that nobody gave is to be asked for elsewhere, and records that with what is sent for it. All of it is computed
// from the journal, so that another life goes on where this one ended; nothing is decided here.
import type { Destination } from "../../core/asked.js";
import { limits } from "../../core/limits.js";
import { nextReminder, type Reminder } from "../../core/machine/reminding.js";
import { backoffMs } from "../../core/people/policy.js";
import type { Swap } from "../../core/swap.js";
import { VersionConflict } from "../../ports/ports.js";
import { waysOf } from "../base/announcing.js";
import type { Engine } from "../base/context.js";
import { causeFrom } from "../base/effects.js";
import type { Store } from "../base/store.js";

/** Timers stand still while the machine sleeps: look at least this often where something follows. */
const longestNapMs = limits.outboxBackoffCapMs;

export interface Reminders {
	/** Follows the swap while it waits for approval. */
	follow(swap: Swap): void;
	/** Resolves when nothing is being recorded any more. */
	stop(): Promise<void>;
}

interface Parts {
	readonly engine: Engine;
	readonly store: Pick<Store, "read" | "append">;
}

export function createReminders({ engine, store }: Parts): Reminders {
	const { clock, journal, log, scrub } = engine.ports;
	const reroutesFromMs = clock.now().wallMs + limits.sendTimeoutMs;
	const timers = new Map<string, () => void>();
	const looks = new Set<Promise<void>>();
	let stopped = false;

	function forget(id: string): void {
		timers.get(id)?.();
		timers.delete(id);
	}

	function follow(swap: Swap): void {
		const next = nextOf(swap, []);
		if (next === null) forget(swap.id);
		else wait(swap.id, next.atMs - clock.now().wallMs);
	}

	function wait(id: string, delayMs: number, failures = 0): void {
		forget(id);
		if (stopped) return;
		const ring = () => {
			const look = lookAt(id, failures).finally(() => looks.delete(look));
			looks.add(look);
		};
		timers.set(id, clock.timer(Math.min(Math.max(0, delayMs), longestNapMs), ring));
	}

	function nextOf(swap: Swap, arrived: readonly Destination[]): Reminder | null {
		const { reminding } = engine.settings;
		const nowMs = clock.now().wallMs;
		return nextReminder({ ways: waysOf(engine), reminding, swap, arrived, reroutesFromMs, nowMs });
	}

	async function lookAt(id: string, failures: number): Promise<void> {
		timers.delete(id);
		try {
			const swap = await store.read(id);
			const next = swap === null ? null : nextOf(swap, await arrivedOf(swap));
			if (swap === null || next === null || stopped) return;
			const leftMs = next.atMs - clock.now().wallMs;
			if (leftMs > 0) return wait(id, leftMs);
			const review = await journal.review(id, swap.epoch);
			follow(await store.append(swap, [next.fact], { diff: review?.diff ?? null }));
		} catch (error) {
			if (!(error instanceof VersionConflict))
				log.warn("reminder.failed", { swap: id, cause: causeFrom(error, null, scrub) });
			wait(id, backoffMs(limits.outboxBackoffMs, limits.outboxBackoffCapMs, failures), failures + 1);
		}
	}

	async function arrivedOf({ id: swapId, epoch, asked }: Swap): Promise<readonly Destination[]> {
		const channels = new Set(asked.filter(({ person }) => person !== null).map(({ channel }) => channel));
		const sent = await Promise.all([...channels].map((channel) => journal.sentCards({ swapId, channel })));
		return sent.flat().filter((card) => card.kind === "approval" && card.epoch === epoch);
	}

	return {
		follow,
		async stop() {
			stopped = true;
			for (const id of [...timers.keys()]) forget(id);
			await Promise.all(looks);
		},
	};
}
