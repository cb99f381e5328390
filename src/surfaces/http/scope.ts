// What a caller may see: a builder with a token sees the swaps that it proposed and nothing of anybody else's, not even that they exist.
import { isRefusal, type Refusal, refuse } from "../../core/refusals.js";
import { actorName, type Swap } from "../../core/swap.js";
import type { Supervisor } from "../../engine/supervisor.js";
import type { Caller } from "./route.js";

export function sees({ role, actor, confined }: Caller, swap: Swap): boolean {
	return !confined || role !== "builder" || actorName(swap.proposer) === actorName(actor);
}

/** The swap, or the same refusal whether it is somebody else's or nobody's. */
export async function seenSwap(supervisor: Supervisor, caller: Caller, id: string): Promise<Swap | Refusal> {
	const swap = await supervisor.swap(id);
	return isRefusal(swap) || sees(caller, swap) ? swap : refuse("swap_unknown", { id });
}

/** Null where it may be read; for answers that do not need the swap itself. */
export async function unseen(supervisor: Supervisor, caller: Caller, id: string): Promise<Refusal | null> {
	if (!caller.confined || caller.role !== "builder") return null;
	const swap = await seenSwap(supervisor, caller, id);
	return isRefusal(swap) ? swap : null;
}
