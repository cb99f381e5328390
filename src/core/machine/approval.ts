// What an approval takes once its asker may approve: in time, by enough different people, typed where a click is not enough. And the
// verdict on the template, which is the second thing that is approved.

import type { Instant } from "../deadman.js";
import type { FactBody } from "../facts.js";
import { type Authority, isOldPhrase, maySame, phraseOf, whyTyped } from "../people/authority.js";
import { type Sight, unseen } from "../people/seen.js";
import { type Refusal, refuse } from "../refusals.js";
import { type Actor, actorName, type Swap } from "../swap.js";
import { isApprovalOver } from "./next-step.js";
import { happened } from "./standing.js";

export interface Approval {
	readonly by: Actor;
	readonly typed: string | null;
	/** Of the submission that it is given for; null where nobody said. */
	readonly epoch?: number | null;
	/** How that was shown to them where they approve it; null or left out: not at all. */
	readonly seen?: Sight | null;
}

interface Context {
	readonly now: Instant;
	readonly authority: Authority;
}

/** `endorsed` until the last approval that policy asks for. The supervisor approves alone, where the operator configured that. */
export function approve(swap: Swap, approval: Approval, context: Context): readonly FactBody[] | Refusal {
	const { by } = approval;
	const shown = swap.proposal?.shown ?? null;
	if (by.surface === "supervisor") return [{ type: "approved", by, shown }];
	const refusal =
		late(swap, context) ?? twice(swap, by, context) ?? unnamed(swap, approval) ?? untyped(swap, approval, context);
	if (refusal !== null) return refusal;
	return missing(swap, context) > 1 ? [{ type: "endorsed", by, shown }] : [{ type: "approved", by, shown }];
}

/** The row that says so may not be written yet; the clock decides all the same. */
function late(swap: Swap, { now }: Context): Refusal | null {
	if (!isApprovalOver(swap, now)) return null;
	return refuse("already_decided", { id: swap.id, happened: "It expired: nobody approved it in time." });
}

function twice(swap: Swap, by: Actor, context: Context): Refusal | null {
	if (!swap.approvals.some((one) => maySame(context.authority, actorName(by), one))) return null;
	return refuse("endorsed_already", { actor: actorName(by), id: swap.id, missing: missing(swap, context) });
}

function missing(swap: Swap, { authority }: Context): number {
	return authority.classes[swap.proposal?.classification ?? "host"].approvals - swap.approvals.length;
}

/** From the second submission on, an approval says which one it is for: by its number, or by the phrase that has it. */
function unnamed(swap: Swap, { epoch = null, typed }: Approval): Refusal | null {
	const given = typed?.trim() ?? "";
	if (isOldPhrase(swap, given)) return refuse("card_outdated", { id: swap.id, happened: happened(swap) });
	if (swap.epoch <= 1 || epoch !== null || given === phraseOf(swap)) return null;
	return refuse("submission_missing", { id: swap.id, epoch: swap.epoch });
}

/** Exactly the phrase, but for space around it. */
function untyped(swap: Swap, { typed, seen = null }: Approval, { authority }: Context): Refusal | null {
	const { id } = swap;
	const always = whyTyped(authority, swap);
	const why = always ?? unseen(swap, seen);
	const given = typed?.trim() ?? "";
	const phrase = phraseOf(swap);
	if (why === null || given === phrase) return null;
	if (given !== "") return refuse("phrase_wrong", { id, phrase });
	return always === null ? refuse("reading_needed", { id, why, phrase }) : refuse("phrase_needed", { id, why, phrase });
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
