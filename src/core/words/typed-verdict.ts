// What people may write to a bot instead of pressing a button: a verb and the swap, or the phrase that an approval asks for; from the second
// submission on with its number.
import type { Button } from "./card-face.js";

export interface Words {
	readonly swapId: string;
	readonly verdict: Button;
	readonly typed: string | null;
	/** The submission that they name; left out: none. */
	readonly epoch?: number;
}

const verbs = /^(confirm|rollback|extend|approve|reject|promote|keep)\s+(sw_[a-z0-9]{6})(?: ([1-9]\d{0,8}))?$/;
const phrase = /^(?:group|host|combined)\s+(sw_[a-z0-9]{6})(?: ([1-9]\d{0,8}))?$/;

/** Null: not for us. A mention of the bot may stand before it. */
export function wordsOf(text: string): Words | null {
	const said = text
		.replace(/^\s*<?@[^\s>]{1,100}>?[:,]?\s+/u, "")
		.trim()
		.toLowerCase()
		.replace(/\s+/g, " ")
		.replace(/[.!]$/, "");
	const verb = verbs.exec(said);
	if (verb !== null) {
		return { swapId: verb[2] ?? "", verdict: verb[1] as Button, typed: null, ...numberIn(verb[3]) };
	}
	const typed = phrase.exec(said);
	if (typed === null) return null;
	return { swapId: typed[1] ?? "", verdict: "approve", typed: said, ...numberIn(typed[2]) };
}

function numberIn(text: string | undefined): Pick<Words, "epoch"> {
	return text === undefined ? {} : { epoch: Number(text) };
}
