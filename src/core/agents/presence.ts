// Whether somebody who was heard last at some time is still there.

/** Silence after which a workspace waits for its agent, in milliseconds. */
export const presenceMs = 90_000;

/** A time from the future is none: a clock that was set back would keep its owner present for as long as it was wrong. */
export function isPresent(lastMs: number | null, nowMs: number): boolean {
	return lastMs !== null && Math.abs(nowMs - lastMs) <= presenceMs;
}
