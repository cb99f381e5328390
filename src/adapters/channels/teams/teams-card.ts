// A card as an Adaptive Card of Teams: title, lines, when it ends by itself, and its buttons. Its words are the core's.
import type { ButtonElement, CardChild, CardElement } from "chat";
import { shortened } from "../../../core/rules/untrusted.js";
import type { Button, Card } from "../../../core/words/card.js";
import { endLine, fitted, labels } from "../chat/card-words.js";
import { escapedLine, escapedMessage, withinMessage } from "./teams-text.js";

export const cardCharacters = 6_000;
export const noticeCharacters = 6_000;

/** Each is a block of its own, with about as many bytes around it as are in it. */
const mostLines = 30;

const styles: Readonly<Partial<Record<Button, "primary" | "danger">>> = {
	confirm: "primary",
	approve: "primary",
	promote: "primary",
	rollback: "danger",
	reject: "danger",
};

/** `value` goes into each button. */
export function cardElement(card: Card, value: string): CardElement {
	return withinMessage(cardCharacters, (max) => {
		const element = elementOf(card, value, max);
		return { value: element, blocks: element.children.length };
	});
}

export function noticeText(text: string): string {
	return withinMessage(noticeCharacters, (max) => ({ value: escapedMessage(shortened(text, max)), blocks: 0 }));
}

function elementOf(card: Card, value: string, max: number): CardElement {
	const few = card.lines.length <= mostLines ? card.lines : [...card.lines.slice(0, mostLines - 1), "…"];
	const [title = "", ...shown] = fitted([card.title, ...few], max).map(escapedLine);
	const lines = [...shown.filter((line) => line !== ""), ...ending(card)];
	const texts = lines.map((content): CardChild => ({ type: "text", content }));
	const buttons = card.buttons.map((verdict) => buttonOf(verdict, value));
	const actions: CardChild[] = buttons.length === 0 ? [] : [{ type: "actions", children: buttons }];
	return { type: "card", title, children: [...texts, ...actions] };
}

/** Teams writes the function as the time of the reader's own zone. */
function ending(card: Card): string[] {
	const line = endLine(card);
	if (line === null) return [];
	const at = `${new Date(card.expiresAtMs ?? 0).toISOString().slice(0, 19)}Z`;
	return [`${line} Where you are, that is at {{TIME(${at})}}.`];
}

function buttonOf(verdict: Button, value: string): ButtonElement {
	const style = styles[verdict];
	return { type: "button", id: verdict, label: labels[verdict], value, ...(style && { style }) };
}
