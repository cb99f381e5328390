// The deadman clock: pure arithmetic over instants. A clock moved back can never lengthen the window past its length.

/** One reading of both clocks. `bootMs` counts from the machine's boot, in suspend too; it compares only within one `bootId`. */
export interface Instant {
	readonly wallMs: number;
	readonly bootMs: number;
	readonly bootId: string;
}

/** All in milliseconds. The window runs `lengthMs` from `anchor`; `spentMs` ran before the anchor; `capMs` bounds the sum. */
export interface Deadman {
	readonly startedWallMs: number;
	readonly anchor: Instant;
	readonly spentMs: number;
	readonly lengthMs: number;
	readonly capMs: number;
}

export interface DeadmanSettings {
	readonly initialMs: number;
	readonly afterDeliveryMs: number;
	readonly capMs: number;
}

export function arm(settings: DeadmanSettings, now: Instant): Deadman {
	const lengthMs = Math.min(settings.initialMs, settings.capMs);
	return { startedWallMs: now.wallMs, anchor: now, spentMs: 0, lengthMs, capMs: settings.capMs };
}

/** Same boot: the boot clock decides. Another boot: the wall clock, never below zero. */
export function elapsedMs(deadman: Deadman, now: Instant): number {
	const { anchor } = deadman;
	const sinceMs = anchor.bootId === now.bootId ? now.bootMs - anchor.bootMs : now.wallMs - anchor.wallMs;
	return Number.isFinite(sinceMs) ? Math.max(0, sinceMs) : Number.POSITIVE_INFINITY;
}

/** How long the window is from its anchor on, under the cap. */
export function windowMs({ lengthMs, capMs, spentMs }: Deadman): number {
	return Math.min(lengthMs, capMs - spentMs);
}

/** What is no number counts as over, never as endless. */
export function remainingMs(deadman: Deadman, now: Instant): number {
	const leftMs = windowMs(deadman) - elapsedMs(deadman, now);
	return Number.isNaN(leftMs) ? 0 : Math.max(0, leftMs);
}

/** A fresh window of `lengthMs` from now, under the cap. Never shorter than what is left. */
export function renew(deadman: Deadman, lengthMs: number, now: Instant): Deadman {
	const length = Math.max(lengthMs, remainingMs(deadman, now));
	return { ...deadman, anchor: now, spentMs: deadman.spentMs + elapsedMs(deadman, now), lengthMs: length };
}

/** After a reboot: what is left goes on by the new boot's monotonic clock. Same boot: unchanged. */
export function rebase(deadman: Deadman, now: Instant): Deadman {
	if (deadman.anchor.bootId === now.bootId) return deadman;
	const leftMs = remainingMs(deadman, now);
	return { ...deadman, anchor: now, spentMs: deadman.spentMs + elapsedMs(deadman, now), lengthMs: leftMs };
}

/** The stored expiry on the wall clock: what cards show. */
export function expiresAtMs(deadman: Deadman): number {
	return deadman.anchor.wallMs + Math.max(0, windowMs(deadman));
}

export function capAtMs(deadman: Deadman): number {
	return deadman.startedWallMs + deadman.capMs;
}
