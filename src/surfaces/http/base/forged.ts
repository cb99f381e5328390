// Which requests were said to be forged, for the guard that counts them. Decides nothing.
import type { Context } from "hono";

const forged = new WeakSet<Context>();

export function markForged(c: Context): void {
	forged.add(c);
}

export function isForged(c: Context): boolean {
	return forged.has(c);
}
