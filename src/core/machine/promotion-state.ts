// What became of the offer to write a confirmed change to the template: one fact, one new state of it.
import type { Fact } from "../facts.js";
import { actorName, type Promotion } from "../swap.js";

type PromotionFact = Extract<Fact, { type: `promotion${string}` }>;

export function promote(promotion: Promotion | null, fact: PromotionFact): Promotion {
	const before = promotion ?? { state: "offered", paths: [], by: null, sentence: null };
	switch (fact.type) {
		case "promotionOffered":
			return { state: "offered", paths: fact.paths, by: null, sentence: null };
		case "promotionApproved":
			return { ...before, state: "approved", by: actorName(fact.by) };
		case "promotionKept":
			return { ...before, state: "kept", by: actorName(fact.by) };
		case "promotionApplied":
			return { ...before, state: "applied", sentence: fact.sentence };
		case "promotionRefused":
			return { ...before, state: "refused", sentence: fact.cause.message };
	}
}
