// How a swap stands, in a sentence, and whether a verb fits it as it does: clicks of a dead card, decisions already taken and decisions
// not possible yet each get their own.

import type { Move } from "../facts.js";
import type { Verb } from "../people/authority.js";
import { type Refusal, refuse } from "../refusals.js";
import { printableLine } from "../rules/printable.js";
import { sentence } from "../rules/untrusted.js";
import type { Swap } from "../swap.js";
import { isEnded, phases } from "./phases.js";

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

/** For refusals and for clicks on old cards. */
export function happened(swap: Swap): string {
	const by = swap.decidedBy === null ? "" : ` by ${printableLine(swap.decidedBy)}`;
	const why = swap.cause === null ? "" : ` ${sentence(swap.cause.message)}`;
	if (swap.status === "promoting" || swap.status === "finalized") return `It was confirmed${by}.`;
	if (swap.status === "rolling_back") return `It is being rolled back${by}.${why}`;
	if (swap.status === "rolled_back") return `It was rolled back${by}.${why}`;
	if (swap.status === "rejected") return rejection(swap);
	return isEnded(swap.status) ? "It has ended." : `It is ${swap.status}.`;
}

function rejection(swap: Swap): string {
	if (isExpired(swap)) return "It expired: nobody approved it in time.";
	if (isWithdrawn(swap)) return `It was withdrawn by ${printableLine(swap.outcome?.by ?? "its builder")}.`;
	return `It was rejected: ${sentence(swap.outcome?.sentence ?? "") || "no reason was given."}`;
}

export function isExpired({ cause }: Swap): boolean {
	return cause?.code === "approval_expired";
}

export function isWithdrawn({ outcome }: Swap): boolean {
	return outcome?.sentence === "Withdrawn by its builder.";
}
