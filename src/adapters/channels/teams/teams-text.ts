// Plain text as Teams shows it: every character that its Markdown knows is escaped, links, mentions and its card functions are broken by
// visible marks, and what is too long is cut with a mark. Knows no card and no request.
import { inertBlock } from "../../../core/rules/untrusted.js";

/**
 * One line for a TextBlock or a message. Teams' renderers differ in what they make of HTML entities, so angle brackets become the marks that
 * builders' text has everywhere; a backslash before punctuation is CommonMark. `{{DATE(…)}}` would be put in by the card itself.
 */
export function escapedLine(line: string): string {
	return inertBlock(line.trim())
		.replaceAll("<", "‹")
		.replaceAll(">", "›")
		.replace(/[\\*~`[\]#|&{}]/g, "\\$&")
		.replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "\\_")
		.replace(/^[-+=]/, "\\$&")
		.replace(/^(\d{1,9})([.)])/, "$1\\$2");
}

/** A message of many lines. What stands between two lines of three backticks, which no builder can write, stays code. */
export function escapedMessage(text: string): string {
	const paragraphs: string[] = [];
	let code: string[] | null = null;
	for (const line of text.split(/\r?\n/)) {
		if (line.trim() === "```") {
			if (code !== null) paragraphs.push(fenced(code));
			code = code === null ? [] : null;
		} else if (code !== null) code.push(inertBlock(line));
		else if (line.trim() !== "") paragraphs.push(escapedLine(line));
	}
	if (code !== null) paragraphs.push(fenced(code));
	return paragraphs.join("\n\n");
}

function fenced(lines: readonly string[]): string {
	return ["```", ...lines, "```"].join("\n");
}

/** Teams takes about 28 kB for a message; whether it counts UTF-8 or UTF-16 depends on whom one asks, so both have to fit. */
export const messageBytes = 26_000;

/** What the SDK writes around each line of a card, in bytes of UTF-16. */
const blockBytes = 400;

interface Made<T> {
	readonly value: T;
	/** Lines of a card. */
	readonly blocks: number;
}

/** Made of fewer and fewer characters until it fits. Escaping and emoji make a text several times longer. */
export function withinMessage<T>(characters: number, make: (max: number) => Made<T>): T {
	for (let max = characters; ; max = Math.floor(max / 2)) {
		const { value, blocks } = make(max);
		if (bytesOf(value) + blocks * blockBytes <= messageBytes || max < 100) return value;
	}
}

function bytesOf(made: unknown): number {
	const text = JSON.stringify(made);
	return Math.max(Buffer.byteLength(text), text.length * 2);
}
