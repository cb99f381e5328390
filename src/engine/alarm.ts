// Rings when a window may be over. It only rings: the row decides, and an early ring is set anew.
import { remainingMs } from "../core/deadman.js";
import { isOnTrial } from "../core/phases.js";
import type { Swap } from "../core/swap.js";
import type { Clock } from "../ports.js";

/** Timers stand still while the machine sleeps, the boot clock does not: look at least this often. */
const longestNapMs = 1_000;

export interface Alarm {
	/** Follows the swap's deadman from now on, or forgets it when it has none. */
	follow(swap: Swap): void;
	stop(): void;
}

export function createAlarm(clock: Clock, ring: (swapId: string) => void): Alarm {
	const timers = new Map<string, () => void>();

	function forget(id: string): void {
		timers.get(id)?.();
		timers.delete(id);
	}

	function follow(swap: Swap): void {
		forget(swap.id);
		const { deadman } = swap;
		if (deadman === null || !isOnTrial(swap.status)) return;
		const leftMs = remainingMs(deadman, clock.now());
		const again = () => (remainingMs(deadman, clock.now()) > 0 ? follow(swap) : ring(swap.id));
		timers.set(swap.id, clock.timer(Math.min(leftMs, longestNapMs), again));
	}

	return {
		follow,
		stop: () => {
			for (const id of [...timers.keys()]) forget(id);
		},
	};
}
