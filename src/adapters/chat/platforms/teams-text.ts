// Plain text as Teams shows it: every character that its Markdown knows is escaped, links, mentions and its card functions are broken by
// visible marks, and what is too long is cut with a mark. Knows no card and no request.
import { inertBlock, shortened } from "../../../core/untrusted.js";

/**
 * One line for a TextBlock or a message. Teams' renderers differ in what they make of HTML entities, so angle brackets become the marks that
 * builders' text has everywhere; a backslash before punctuation is CommonMark. `{{DATE(…)}}` would be put in by the card itself.
 */
export function escapedLine(line: string): string {
	return inertBlock(line)
		.replaceAll("<", "‹")
		.replaceAll(">", "›")
		.replace(/[\\*_~`[\]#|&{}]/g, "\\$&")
		.replace(/^(\s*)([-+=])/, "$1\\$2")
		.replace(/^(\s*\d{1,9})([.)])/, "$1\\$2")
		.trimEnd();
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

const mostLines = 100;

/** At most `max` characters together: the longest lines are cut first, so that one long line pushes no warning out of a card. */
export function fairlyCut(lines: readonly string[], max: number): readonly string[] {
	const few = lines.length <= mostLines ? lines : [...lines.slice(0, mostLines - 1), "…"];
	let left = max;
	let cap = Number.POSITIVE_INFINITY;
	const lengths = few.map((line) => line.length).sort((one, other) => one - other);
	for (const [index, length] of lengths.entries()) {
		const share = Math.floor(left / (lengths.length - index));
		if (length > share) {
			cap = Math.max(share, 1);
			break;
		}
		left -= length;
	}
	return few.map((line) => shortened(line, cap));
}

/** Teams takes about 28 kB for a message; whether it counts UTF-8 or UTF-16 depends on whom one asks, so both have to fit. */
export const messageBytes = 26_000;

/** Made of fewer and fewer characters until it fits. Escaping and emoji make a text several times longer. */
export function withinMessage<T>(characters: number, make: (max: number) => T): T {
	for (let max = characters; ; max = Math.floor(max / 2)) {
		const made = make(max);
		if (bytesOf(made) <= messageBytes || max < 100) return made;
	}
}

export function bytesOf(made: unknown): number {
	const text = JSON.stringify(made);
	return Math.max(Buffer.byteLength(text), text.length * 2);
}
