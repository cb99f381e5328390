// Rings when a window, or the time for an approval, may be over. It only rings: the row decides, and an early ring is set anew.
import { remainingMs } from "../core/deadman.js";
import { isOnTrial } from "../core/machine/phases.js";
import type { Swap } from "../core/swap.js";
import type { Clock } from "../ports/ports.js";

/** Timers stand still while the machine sleeps, the boot clock does not: look at least this often. */
const longestNapMs = 1_000;

export interface Alarm {
	/** Follows the swap's deadman, or the time in which it has to be approved, from now on; forgets it when it has none. */
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
		const left = leftOf(swap);
		if (left === null) return;
		const again = () => (left() > 0 ? follow(swap) : ring(swap.id));
		timers.set(swap.id, clock.timer(Math.min(left(), longestNapMs), again));
	}

	/** Milliseconds until something is over for this swap, asked anew each time; null where nothing runs. */
	function leftOf({ deadman, status, approvalExpiresAtMs }: Swap): (() => number) | null {
		if (deadman !== null && isOnTrial(status)) return () => remainingMs(deadman, clock.now());
		if (approvalExpiresAtMs === null || status !== "pending_approval") return null;
		return () => Math.max(0, approvalExpiresAtMs - clock.now().wallMs);
	}

	return {
		follow,
		stop: () => {
			for (const id of [...timers.keys()]) forget(id);
		},
	};
}
