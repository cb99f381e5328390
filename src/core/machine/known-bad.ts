// Which ends say something against a tree: it ran and was rolled back, or a person said no to it. Taken back, expired, or held up by the machine
// says nothing.

import type { Swap } from "../swap.js";
import { isOfTheMachine } from "./passing-causes.js";
import { isExpired, isWithdrawn } from "./standing.js";

/** The builder has something to mend. */
export function endedBadly(swap: Swap): boolean {
	if (swap.status === "rolled_back") return true;
	return swap.status === "rejected" && swap.proposal !== null && !isExpired(swap) && !isWithdrawn(swap);
}

/** The same tree is not tried again unless somebody insists. A tree whose candidate never ran has shown nothing. */
export function isKnownBad(swap: Swap): boolean {
	if (swap.status !== "rolled_back") return endedBadly(swap);
	return swap.boots > 0 && (swap.cause === null || !isOfTheMachine(swap.cause));
}
