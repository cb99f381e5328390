// Whether a verb fits the swap as it stands: clicks of a dead card, decisions already taken and decisions not possible yet each get
// their own sentence.
import type { Verb } from "./authority.js";
import { happened } from "./card.js";
import type { Move } from "./facts.js";
import { isEnded, phases } from "./phases.js";
import { type Refusal, refuse } from "./refusals.js";
import type { Swap } from "./swap.js";

export function moveRefusal(swap: Swap, { move, verb }: { readonly move: Move; readonly verb: Verb }): Refusal | null {
	if (phases[swap.status].on[move] !== undefined) return null;
	const decided = isEnded(swap.status) || swap.status === "promoting" || swap.status === "rolling_back";
	if (decided) return refuse("already_decided", { id: swap.id, happened: happened(swap) });
	return refuse("not_yet", { id: swap.id, status: swap.status, verb: pastOf[verb] });
}

const pastOf: Readonly<Record<Verb, string>> = {
	propose: "submitted",
	withdraw: "withdrawn",
	approve: "approved",
	reject: "rejected",
	confirm: "confirmed",
	rollback: "rolled back",
	extend: "extended",
	promote: "applied to the template",
	keep: "kept local",
	replay: "replayed",
	drop: "dropped",
};

/** A card of an earlier submission is dead, whatever it asks for. */
export function outdated(swap: Swap, epoch: number | null): Refusal | null {
	if (epoch === null || epoch === swap.epoch) return null;
	return refuse("card_outdated", { id: swap.id, happened: happened(swap) });
}
