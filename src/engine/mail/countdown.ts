// The time that is left, shown and told: a swap on trial is followed every second, its cards are shown anew as often as their channel allows,
// and a warning is recorded when it is due. Decides nothing and writes nothing itself.
import { remainingMs } from "../../core/deadman.js";
import { nextWarningMs } from "../../core/machine/warnings.js";
import type { Swap } from "../../core/swap.js";
import type { Engine } from "../base/context.js";
import { causeFrom } from "../base/effects.js";
import type { Store } from "../base/store.js";

export interface Countdown {
	/** Follows the swap while it is on trial, as it is now; forgets it afterwards. */
	follow(swap: Swap): void;
	/** A card went out, or was edited: its channel is left alone for as long as it wants. */
	shown(card: { readonly swapId: string; readonly channel: string }): void;
	stop(): void;
}

interface Parts {
	readonly engine: Engine;
	readonly store: Store;
	/** Shows the swap's cards on that channel anew; false: not now. */
	readonly refresh: (swapId: string, channel: string) => boolean;
}

interface Followed {
	swap: Swap;
	cancel: () => void;
	/** By channel: when its cards last changed, on the boot clock. */
	readonly shownMs: Map<string, number>;
	isWarning: boolean;
}

/** Timers stand still while the machine sleeps: look at least this often. */
const longestNapMs = 1_000;

export function createCountdown({ engine, store, refresh }: Parts): Countdown {
	const { clock, deliveries, log, scrub } = engine.ports;
	const counting = deliveries.filter(({ can }) => can.edit && can.refreshMs !== null);
	const trials = new Map<string, Followed>();

	function follow(swap: Swap): void {
		const known = trials.get(swap.id);
		known?.cancel();
		if (swap.status !== "awaiting_confirmation" || swap.deadman === null) {
			trials.delete(swap.id);
			return;
		}
		const trial = known ?? { swap, cancel: () => {}, shownMs: shownNow(), isWarning: false };
		trial.swap = swap;
		trials.set(swap.id, trial);
		arm(trial);
	}

	/** After a restart nobody knows when a card was edited last: a whole pause passes first. */
	function shownNow(): Map<string, number> {
		return new Map(counting.map(({ name }) => [name, clock.now().bootMs]));
	}

	function arm(trial: Followed): void {
		const napMs = Math.min(longestNapMs, dueInMs(trial));
		trial.cancel = clock.timer(Math.max(1, napMs), () => look(trial));
	}

	function dueInMs({ swap, isWarning }: Followed): number {
		const { deadman, warnings, handshake } = swap;
		if (deadman === null || isWarning || handshake !== "message1_sent") return longestNapMs;
		return nextWarningMs(warnings, remainingMs(deadman, clock.now()));
	}

	function look(trial: Followed): void {
		for (const { name, can } of counting) count(trial, name, can.refreshMs ?? Number.POSITIVE_INFINITY);
		if (dueInMs(trial) === 0) warn(trial);
		arm(trial);
	}

	function count({ swap, shownMs }: Followed, channel: string, refreshMs: number): void {
		const nowMs = clock.now().bootMs;
		if (nowMs - (shownMs.get(channel) ?? nowMs) < refreshMs) return;
		if (refresh(swap.id, channel)) shownMs.set(channel, nowMs);
	}

	/** The row decides whether it is due; what comes of it is followed anew. */
	function warn(trial: Followed): void {
		trial.isWarning = true;
		store
			.record(trial.swap.id, { verb: "warn" })
			.catch((error) => log.error("warning.failed", { swap: trial.swap.id, cause: causeFrom(error, null, scrub) }))
			.finally(() => {
				trial.isWarning = false;
			});
	}

	return {
		follow,
		shown: ({ swapId, channel }) => {
			const shownMs = trials.get(swapId)?.shownMs;
			if (shownMs?.has(channel)) shownMs.set(channel, clock.now().bootMs);
		},
		stop: () => {
			for (const trial of trials.values()) trial.cancel();
			trials.clear();
		},
	};
}
