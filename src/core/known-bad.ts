// Which ends make a tree known as bad: it was rolled back, or a person said no to it. Taken back or expired says nothing against it.
import { isExpired, isWithdrawn } from "./approval-card.js";
import type { Swap } from "./swap.js";

export function endedBadly(swap: Swap): boolean {
	if (swap.status === "rolled_back") return true;
	return swap.status === "rejected" && swap.proposal !== null && !isExpired(swap) && !isWithdrawn(swap);
}
