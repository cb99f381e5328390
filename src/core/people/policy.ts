// Rules with numbers in them: when a candidate counts as dead, how long to pause between tries, what a class means.
import { limits } from "../limits.js";
import type { Swap } from "../swap.js";

/** Too many starts, or too many deaths close to a start: dead at once, not after the window (F12). */
export function isCandidateDead(swap: Pick<Swap, "boots" | "quickDeaths">): boolean {
	return swap.boots >= limits.boots || swap.quickDeaths >= limits.quickDeaths;
}

export function isQuickDeath(uptimeMs: number): boolean {
	return uptimeMs < limits.quickDeathMs;
}

/** Doubles from `firstMs` up to `capMs`; `attempt` counts from 0. */
export function backoffMs(firstMs: number, capMs: number, attempt: number): number {
	return Math.min(capMs, firstMs * 2 ** Math.min(attempt, 30));
}
