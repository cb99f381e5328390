// What channels outside of chats are sent about a card or a notice: the same JSON for a webhook and a command. Its text may be a builder's, and
// is escaped by whoever shows it.

import { shortened } from "../../../core/rules/untrusted.js";
import type { Button, Card } from "../../../core/words/card.js";
import { labels } from "../../../core/words/card-face.js";
import type { Nonces, Place } from "../../../ports/ports.js";

const titleCharacters = 2_000;
const lineCharacters = 8_000;
const mostLines = 200;
/** Title and lines together. */
export const cardCharacters = 40_000;

/** `value` is sent back as it is, with the verdict, by whoever presses. */
export interface PayloadButton {
	readonly verdict: Button;
	readonly label: string;
	readonly value: string;
}

/** Without the name of its delivery. */
export interface Message {
	readonly kind: "card" | "notice";
	/** Of what was sent before, where this changes it; null: new. */
	readonly receipt: string | null;
	readonly card: Card | null;
	readonly buttons: readonly PayloadButton[];
	/** Of a notice. */
	readonly text: string | null;
	/** All null: the receiver's own place for such things. `person` is whom alone it is for. */
	readonly to: Place;
}

export interface Payload extends Message {
	readonly schemaVersion: 1;
	/** The same for each try of the same message. */
	readonly delivery: string;
}

interface Addressed {
	readonly to: Place;
	readonly receipt: string | null;
	/** Null: without buttons. */
	readonly nonces: Nonces | null;
}

export function cardMessage(whole: Card, { to, receipt, nonces }: Addressed): Message {
	const card = cut(whole);
	const buttons = nonces === null ? [] : card.buttons.map((verdict) => buttonOf(card, verdict, nonces));
	return { kind: "card", receipt, card, buttons, text: null, to };
}

export function noticeMessage(text: string, to: Place): Message {
	return { kind: "notice", receipt: null, card: null, buttons: [], text, to };
}

function buttonOf({ swapId, epoch }: Card, verdict: Button, nonces: Nonces): PayloadButton {
	return { verdict, label: labels[verdict], value: `${swapId}.${epoch}.${nonces.of(swapId, epoch)}` };
}

function cut(card: Card): Card {
	const lines = card.lines.slice(0, mostLines).map((line) => shortened(line, lineCharacters));
	let left = cardCharacters - titleCharacters;
	const fitting = lines.map((line) => {
		const shown = shortened(line, Math.max(1, left));
		left -= shown.length;
		return shown;
	});
	return { ...card, title: shortened(card.title, titleCharacters), lines: fitting };
}
