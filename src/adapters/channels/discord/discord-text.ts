// Cards and notices as Discord shows them: text in which no markup of its own counts, a card as an embed with buttons, fenced text as code.
// Its words are the core's. After https://discord.com/developers/docs/resources/message.

import { shortened } from "../../../core/rules/untrusted.js";
import type { Button, Card } from "../../../core/words/card.js";
import { endLine, fitted, labels } from "../chat/card-words.js";

/** One call's body. */
export interface DiscordMessage {
	readonly content: string;
	readonly embeds: readonly object[];
	/** Always said: an edit without it would leave the old buttons. */
	readonly components: readonly object[];
	/** Nobody is ever pinged. */
	readonly allowed_mentions: { readonly parse: readonly [] };
}

/** Of a card before it is escaped; escaping doubles it at most, and an embed takes 4,096. */
export const cardCharacters = 1_900;
const titleCharacters = 400;
const contentCharacters = 2_000;
const embedCharacters = 4_096;

/** Between a button's verdict and its value in a `custom_id`, as @chat-adapter/discord reads it. */
export const valueMark = "\n";

const buttonStyles: Readonly<Record<Button, number>> = {
	confirm: 3,
	rollback: 4,
	extend: 2,
	approve: 3,
	reject: 4,
	promote: 1,
	keep: 2,
};

export function cardMessage(card: Card, value: string): DiscordMessage {
	const title = shortened(card.title, titleCharacters);
	const [first = "", ...lines] = fitted([title, ...card.lines], cardCharacters);
	const end = endOf(card);
	const description = [...lines.map(escaped), ...(end === null ? [] : [end])].join("\n");
	const embeds = description === "" ? [] : [{ description, color: colorOf(card) }];
	return { content: escaped(first), embeds, components: rowOf(card, value), allowed_mentions: { parse: [] } };
}

/** Discord counts down by itself, in the reader's own time. */
function endOf({ leftMs: _, ...card }: Card): string | null {
	const line = endLine(card);
	if (line === null || card.expiresAtMs === null) return null;
	const seconds = Math.floor(card.expiresAtMs / 1_000);
	const [before = "", after = ""] = line.split(/ at [\d-]+ [\d:]+ UTC/);
	return `${escaped(before)} <t:${seconds}:R>, at <t:${seconds}:T>${escaped(after)}`;
}

/** Orange while it waits, grey afterwards. */
const colorOf = ({ decided }: Card): number => (decided ? 0x99_aa_b5 : 0xe6_7e_22);

/** Where a phrase is asked for, the press opens a form. */
function rowOf({ buttons, phrase }: Card, value: string): readonly object[] {
	if (buttons.length === 0) return [];
	const components = buttons.map((verdict) => ({
		type: 2,
		style: buttonStyles[verdict],
		label: labels[verdict],
		custom_id: `${verdict === "approve" && phrase !== null ? "type" : verdict}${valueMark}${value}`,
	}));
	return [{ type: 1, components }];
}

/** As content where it fits, else in an embed, which takes twice as much. */
export function noticeMessage(text: string): DiscordMessage {
	const shown = within(text, embedCharacters);
	const common = { components: [], allowed_mentions: { parse: [] } } as const;
	if (shown.length <= contentCharacters) return { content: shown, embeds: [], ...common };
	return { content: "", embeds: [{ description: shown }], ...common };
}

/** What a person is told alone; at most what content takes. */
export const sentenceText = (text: string): string => within(text, contentCharacters);

function within(text: string, max: number): string {
	let shown = rendered(text);
	for (let length = text.length; shown.length > max; ) {
		length = Math.min(Math.floor((length * max) / shown.length), length - 1);
		shown = rendered(shortened(text, length));
	}
	return shown === "" ? "…" : shown;
}

/** What stands between two lines of three backticks is code, everything else is escaped. */
function rendered(text: string): string {
	return text
		.split(/^```$/m)
		.map((part, index) => (index % 2 === 0 ? escaped(part) : codeOf(part)))
		.join("")
		.trim();
}

/** With line ends of its own: a backtick beside the fence would be part of it. */
function codeOf(part: string): string {
	return `\`\`\`\n${part.replace(/^\n|\n$/g, "").replace(/`{3,}/g, quotes)}\n\`\`\``;
}

const quotes = (run: string): string => "'".repeat(run.length);

/** Every sign that Discord's markdown, mentions, times, links or emoji begin with. */
export function escaped(text: string): string {
	return text.replace(/[\\*_~`|<>@#:[\]()\-+.]/g, "\\$&");
}
