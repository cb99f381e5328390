// Cards and notices as Block Kit: plain text wherever Slack has it, code blocks without a link of their own for what is fenced, everything
// escaped and within Slack's limits. Its words are the core's. After https://docs.slack.dev/reference/block-kit/blocks.

import { cutAt, shortened } from "../../../core/rules/untrusted.js";
import type { Button, Card } from "../../../core/words/card.js";
import { endLine, fitted, labels } from "../chat/card-words.js";

/** One call's text and blocks. */
export interface SlackMessage {
	/** For notifications and for what shows no blocks. */
	readonly text: string;
	readonly blocks: readonly Block[];
}

export type Block = Readonly<Record<string, unknown>> & { readonly type: string };

/** Of a card, and of a notice; Slack refuses what is much longer as msg_blocks_too_long. */
export const cardCharacters = 6_000;
export const noticeCharacters = 6_000;

/** Slack's are 150, 3,000 and 50, after escaping. */
const headerCharacters = 150;
const sectionCharacters = 3_000;
const textCharacters = 2_000;

const styles: Readonly<Partial<Record<Button, "primary" | "danger">>> = {
	confirm: "primary",
	approve: "primary",
	promote: "primary",
	rollback: "danger",
	reject: "danger",
};

/** `value` goes into each button. */
export function cardBlocks(card: Card, value: string): SlackMessage {
	const [title = "", ...lines] = fitted([card.title, ...card.lines], cardCharacters);
	const header = { type: "header", text: plain(escapedCut(title, headerCharacters)) };
	const body = [...(escaped(title).length > headerCharacters ? [title] : []), ...lines].join("\n");
	const end = endLine(card);
	return {
		text: escapedCut([title, ...lines, ...(end === null ? [] : [end])].join("\n"), textCharacters),
		blocks: [
			header,
			...pieces(body, sectionCharacters).map(sectionOf),
			...endBlock(card, end),
			...actions(card, value),
		],
	};
}

/** Slack writes the time as the reader's clock shows it; the one marked up thing there is, and all of it is ours. */
function endBlock({ expiresAtMs }: Card, end: string | null): readonly Block[] {
	if (expiresAtMs === null || end === null) return [];
	const date = `<!date^${Math.floor(expiresAtMs / 1_000)}^{date_short_pretty} {time_secs}|$&>`;
	const text = escaped(end).replace(/\d{4}-\d\d-\d\d [\d:]+ UTC/, date);
	return [{ type: "context", elements: [{ type: "mrkdwn", text, verbatim: true }] }];
}

/** Where a phrase is asked for, the press opens a form. */
function actions({ buttons, phrase }: Card, value: string): readonly Block[] {
	if (buttons.length === 0) return [];
	const elements = buttons.map((verdict) => ({
		type: "button",
		action_id: verdict === "approve" && phrase !== null ? "type" : verdict,
		text: plain(labels[verdict]),
		value,
		...(styles[verdict] === undefined ? {} : { style: styles[verdict] }),
	}));
	return [{ type: "actions", elements }];
}

/** What stands between two lines of three backticks is shown as code. */
export function noticeBlocks(text: string): SlackMessage {
	const whole = shortened(text, noticeCharacters);
	const parts = whole.split(/^```$/m);
	const blocks = parts.flatMap((part, index) => {
		const words = part.replace(/^\n|\n$/g, "");
		if (words.trim() === "") return [];
		return index % 2 === 1 ? code(words) : pieces(words, sectionCharacters).map(sectionOf);
	});
	return { text: escapedCut(whole, textCharacters), blocks: blocks.length === 0 ? [section("…")] : blocks };
}

function code(words: string): readonly Block[] {
	const fence = "```";
	const inert = words.replace(/`{3,}/g, (run) => "'".repeat(run.length));
	return pieces(inert, sectionCharacters - 8).map((piece) => ({
		type: "section",
		text: { type: "mrkdwn", text: `${fence}\n${piece}\n${fence}`, verbatim: true },
	}));
}

/** In one section. */
export function section(text: string): Block {
	return sectionOf(escapedCut(text, sectionCharacters));
}

const sectionOf = (text: string): Block => ({ type: "section", text: plain(text) });

const plain = (text: string) => ({ type: "plain_text", text, emoji: false });

/** The three characters that Slack parses; see https://docs.slack.dev/messaging/formatting-message-text#escaping. */
export function escaped(text: string): string {
	return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Escaped, at most `max` characters after that, with a mark where it was cut; never half an escape, never empty. */
function escapedCut(text: string, max: number): string {
	const [first = "", ...others] = pieces(text === "" ? "…" : text, max);
	if (others.length === 0) return first;
	return `${pieces(text, max - 1)[0]}…`;
}

/** Escaped, in order, each at most `max` characters. */
function pieces(text: string, max: number): string[] {
	const found: string[] = [];
	for (let from = 0; from < text.length; ) {
		const length = fitting(text.slice(from, from + max), max);
		found.push(escaped(text.slice(from, from + length)));
		from += length;
	}
	return found;
}

/** How many characters of it fit once they are escaped; never half a pair of surrogates. */
function fitting(text: string, max: number): number {
	let length = 0;
	let size = 0;
	for (const character of text) {
		size += escaped(character).length;
		if (size > max) break;
		length += character.length;
	}
	return Math.max(length === text.length ? cutAt(text, length) : length, 1);
}
