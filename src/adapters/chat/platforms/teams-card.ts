// A card as an Adaptive Card of Teams: title, lines, when it ends by itself, and its buttons. Its words are the core's.
import type { ButtonElement, CardChild, CardElement } from "chat";
import type { Button, Card, CardKind } from "../../../core/card.js";
import { shortened } from "../../../core/untrusted.js";
import { escapedLine, escapedMessage, fairlyCut, withinMessage } from "./teams-text.js";

export const cardCharacters = 6_000;
export const noticeCharacters = 6_000;

const labels: Readonly<Record<Button, string>> = {
	confirm: "Confirm",
	rollback: "Rollback",
	extend: "+2 min",
	approve: "Approve",
	reject: "Reject",
	promote: "Apply to template",
	keep: "Keep local",
};

const styles: Readonly<Partial<Record<Button, "primary" | "danger">>> = {
	confirm: "primary",
	approve: "primary",
	promote: "primary",
	rollback: "danger",
	reject: "danger",
};

const ends: Readonly<Record<CardKind, string>> = {
	approval: "Rejected by itself at",
	card: "Rolls back by itself at",
	promotion: "Kept local by itself at",
};

/** `value` goes into each button. */
export function cardElement(card: Card, value: string): CardElement {
	return withinMessage(cardCharacters, (max) => elementOf(card, value, max));
}

export function noticeText(text: string): string {
	return withinMessage(noticeCharacters, (max) => escapedMessage(shortened(text, max)));
}

function elementOf(card: Card, value: string, max: number): CardElement {
	const lines = card.lines.flatMap((line) => line.split(/\r?\n/)).filter((line) => line.trim() !== "");
	const [title = "", ...shown] = fairlyCut([card.title, ...lines], max).map(escapedLine);
	const texts = [...shown, ...endLine(card)].map((content): CardChild => ({ type: "text", content }));
	const buttons = card.buttons.map((verdict) => buttonOf(verdict, value));
	const actions: CardChild[] = buttons.length === 0 ? [] : [{ type: "actions", children: buttons }];
	return { type: "card", title, children: [...texts, ...actions] };
}

/** Teams writes the functions as date and time of the reader's own zone. */
function endLine({ kind, expiresAtMs }: Card): string[] {
	if (expiresAtMs === null) return [];
	const at = `${new Date(expiresAtMs).toISOString().slice(0, 19)}Z`;
	return [`${ends[kind]} {{TIME(${at})}} on {{DATE(${at}, SHORT)}} (${at.slice(11, 19)} UTC).`];
}

function buttonOf(verdict: Button, value: string): ButtonElement {
	const style = styles[verdict];
	return { type: "button", id: verdict, label: labels[verdict], value, ...(style && { style }) };
}
