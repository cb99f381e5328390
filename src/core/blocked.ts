// A step that something holds up, and since when: it is tried on until that has passed. Holds no rules about what passes.
import type { Cause } from "./cause.js";

export interface Blocked {
	readonly cause: Cause;
	/** Wall clock, of its first try that was held up. */
	readonly sinceMs: number;
	/** People were told. */
	readonly told: boolean;
}

/** Since its first try that was held up, whatever held it up then. */
export function held(
	known: Blocked | null,
	{ cause, atMs }: { readonly cause: Cause; readonly atMs: number },
): Blocked {
	return { cause, sinceMs: known?.sinceMs ?? atMs, told: known?.told ?? false };
}
