// What a caller may see: a builder with a token sees the swaps that it proposed and nothing of anybody else's, not even that they exist.
import { isRefusal, type Refusal, refuse } from "../../../core/refusals.js";
import { actorName, type Swap } from "../../../core/swap.js";
import type { Supervisor } from "../../../engine/verbs/supervisor.js";
import type { Caller } from "./route.js";

export function sees(caller: Caller, swap: Swap): boolean {
	return isOwn(caller, actorName(swap.proposer));
}

/** Whether what bears this name may be told: a builder with a token is told of itself alone. */
export function isOwn({ role, actor, confined }: Caller, name: string): boolean {
	return !confined || role !== "builder" || name === actorName(actor);
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

/** A builder with a token may not insist on a tree that ended badly; that is for people, and for who may open the operator's socket. */
export async function uninsisted(
	supervisor: Supervisor,
	{ confined, role, actor: by }: Caller,
	{ insist = false }: { readonly insist?: boolean | undefined },
): Promise<Refusal | null> {
	if (!insist || !confined || role !== "builder") return null;
	const refusal = refuse("not_authorised", { actor: actorName(by), verb: "insist on" });
	await supervisor.noteRefused({ by, verb: "insist", swapId: null, refusal });
	return refusal;
}
