// What an approval takes once its asker may approve: in time, by enough different people, typed where a click is not enough. And the
// verdict on the template, which is the second thing that is approved.

import type { Instant } from "../deadman.js";
import type { FactBody } from "../facts.js";
import { type Authority, isSame, phraseOf, whyTyped } from "../people/authority.js";
import { type Refusal, refuse } from "../refusals.js";
import { type Actor, actorName, type Swap } from "../swap.js";
import { isApprovalOver } from "./next-step.js";

export interface Approval {
	readonly by: Actor;
	readonly typed: string | null;
}

interface Context {
	readonly now: Instant;
	readonly authority: Authority;
}

/** `endorsed` until the last approval that policy asks for. The supervisor approves alone, where the operator configured that. */
export function approve(swap: Swap, { by, typed }: Approval, context: Context): readonly FactBody[] | Refusal {
	const shown = swap.proposal?.shown ?? null;
	if (by.surface === "supervisor") return [{ type: "approved", by, shown }];
	const refusal = late(swap, context) ?? twice(swap, by, context) ?? untyped(swap, typed, context);
	if (refusal !== null) return refusal;
	return missing(swap, context) > 1 ? [{ type: "endorsed", by, shown }] : [{ type: "approved", by, shown }];
}

/** The row that says so may not be written yet; the clock decides all the same. */
function late(swap: Swap, { now }: Context): Refusal | null {
	if (!isApprovalOver(swap, now)) return null;
	return refuse("already_decided", { id: swap.id, happened: "It expired: nobody approved it in time." });
}

function twice(swap: Swap, by: Actor, context: Context): Refusal | null {
	if (!swap.approvals.some((one) => isSame(context.authority, actorName(by), one))) return null;
	return refuse("endorsed_already", { actor: actorName(by), id: swap.id, missing: missing(swap, context) });
}

function missing(swap: Swap, { authority }: Context): number {
	return authority.classes[swap.proposal?.classification ?? "host"].approvals - swap.approvals.length;
}

/** Exactly the phrase, but for space around it. */
function untyped(swap: Swap, typed: string | null, { authority }: Context): Refusal | null {
	const why = whyTyped(authority, swap);
	const given = typed?.trim() ?? "";
	const phrase = phraseOf(swap);
	if (why === null || given === phrase) return null;
	return given === ""
		? refuse("phrase_needed", { id: swap.id, why, phrase })
		: refuse("phrase_wrong", { id: swap.id, phrase });
}

/** Once: what was applied, refused or kept is not offered again. */
export function promotion(
	swap: Swap,
	{ verb, by }: { readonly verb: "promote" | "keep"; readonly by: Actor },
): readonly FactBody[] | Refusal {
	if (swap.status !== "finalized" || swap.promotion?.state !== "offered") {
		return refuse("nothing_to_promote", { id: swap.id });
	}
	return [verb === "promote" ? { type: "promotionApproved", by } : { type: "promotionKept", by }];
}
