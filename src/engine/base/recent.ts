// The newest projections of the swaps that are asked for, so that a question does not wait behind an fsync. Nothing is decided on them.
import { limits } from "../../core/limits.js";
import { remember } from "../../core/remember.js";
import type { Swap } from "../../core/swap.js";

export interface Recent {
	get(id: string): Swap | undefined;
	/** Answers with the newer of the two: a read that began before an append may end after it. */
	remember(swap: Swap): Swap;
	forget(id: string): void;
}

export function createRecent(): Recent {
	const swaps = new Map<string, Swap>();
	return {
		get: (id) => swaps.get(id),
		remember(swap) {
			const known = swaps.get(swap.id);
			const newer = known !== undefined && known.version > swap.version ? known : swap;
			remember(swaps, { key: swap.id, value: newer, most: limits.recentSwaps });
			return newer;
		},
		forget: (id) => void swaps.delete(id),
	};
}
