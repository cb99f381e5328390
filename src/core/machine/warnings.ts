// When people are warned that a window ends: at which remaining times, and whether one of them is due. Knows no words and rings nothing.
import { type Deadman, windowMs } from "../deadman.js";
import { limits } from "../limits.js";
import type { Warnings } from "../swap.js";

/** For a window that begins: half of it, at most the first limit, then the last limit. Of two that lie close together the later one; none in the last moment. */
export function warningsOf(deadman: Deadman | null): Warnings {
	if (deadman === null) return { atMs: [], lastMs: null };
	const { warnFirstMs, warnLastMs, warnApartMs, warnLeastMs } = limits;
	const lengthMs = windowMs(deadman);
	const firstMs = Math.min(Math.floor(lengthMs / 2), warnFirstMs);
	const atMs = firstMs < warnLastMs + warnApartMs ? [Math.min(firstMs, warnLastMs)] : [firstMs, warnLastMs];
	return { atMs: atMs.filter((ms) => ms >= warnLeastMs && ms < lengthMs), lastMs: null };
}

/** One warning for all that was passed meanwhile. */
export function isWarningDue(warnings: Warnings, leftMs: number): boolean {
	return leftMs > 0 && nextWarningMs(warnings, leftMs) === 0;
}

/** How long until the next warning is due, in milliseconds; infinite when none is to come. */
export function nextWarningMs({ atMs, lastMs }: Warnings, leftMs: number): number {
	const toCome = atMs.filter((ms) => lastMs === null || ms < lastMs);
	return Math.min(...toCome.map((ms) => Math.max(0, leftMs - ms)));
}
