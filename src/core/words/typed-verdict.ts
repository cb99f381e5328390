// What people may write to a bot instead of pressing a button: a verb and the swap, or the phrase that an approval asks for.
import type { Button } from "./card-face.js";

export interface Words {
	readonly swapId: string;
	readonly verdict: Button;
	readonly typed: string | null;
}

const verbs = /^(confirm|rollback|extend|approve|reject|promote|keep)\s+(sw_[a-z0-9]{6})$/;
const phrase = /^(?:group|host|combined)\s+(sw_[a-z0-9]{6})$/;

/** Null: not for us. A mention of the bot may stand before it. */
export function wordsOf(text: string): Words | null {
	const said = text
		.replace(/^\s*<?@[^\s>]{1,100}>?[:,]?\s+/u, "")
		.trim()
		.toLowerCase()
		.replace(/\s+/g, " ")
		.replace(/[.!]$/, "");
	const verb = verbs.exec(said);
	if (verb !== null) return { swapId: verb[2] ?? "", verdict: verb[1] as Button, typed: null };
	const typed = phrase.exec(said);
	return typed === null ? null : { swapId: typed[1] ?? "", verdict: "approve", typed: said };
}
