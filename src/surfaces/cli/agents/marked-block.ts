// A block of ours between two marks in a text file of somebody else's. The text around it stays as it was, line ends included.
import { lineEndOf } from "./json-style.js";
import { TextProblem } from "./json-text.js";

export interface Marks {
	readonly begin: string;
	readonly end: string;
}

export interface Block {
	readonly marks: Marks;
	/** Without the marks; line ends as `\n`. */
	readonly body: string;
}

/** At the end of the file, or where it is already. */
export function putBlock(text: string | null, { marks, body }: Block): string {
	const eol = lineEndOf(text ?? "");
	const block = [marks.begin, ...body.split("\n"), marks.end].join(eol);
	if (text === null || /^\uFEFF?$/.test(text)) return `${text ?? ""}${block}${eol}`;
	const found = find(text, marks);
	if (found !== null) return text.slice(0, found.start) + block + text.slice(found.end);
	const ended = text.endsWith("\n");
	return ended ? `${text}${eol}${block}${eol}` : `${text}${eol}${eol}${block}`;
}

/** Null where nothing is left of the file. */
export function dropBlock(text: string, marks: Marks): string | null {
	const found = find(text, marks);
	if (found === null) return text;
	const eol = lineEndOf(text);
	const before = text.slice(0, found.start);
	const after = text.slice(found.end);
	if (/^\uFEFF?\s*$/.test(before) && after.trim() === "") return null;
	if (after === "") return without(without(before, eol), eol);
	return without(before, eol) + (after.startsWith(eol) ? after.slice(eol.length) : after);
}

export function textOutside(text: string, marks: Marks): string {
	const found = find(text, marks);
	return found === null ? text : text.slice(0, found.start) + text.slice(found.end);
}

function without(text: string, eol: string): string {
	return text.endsWith(eol) ? text.slice(0, -eol.length) : text;
}

/** Throws TextProblem where the marks do not make one block. */
function find(text: string, { begin, end }: Marks): { readonly start: number; readonly end: number } | null {
	const [starts, ends] = [placesOf(text, begin), placesOf(text, end)];
	if (starts.length === 0 && ends.length === 0) return null;
	const [start, stop] = [starts[0] ?? -1, ends[0] ?? -1];
	if (starts.length !== 1 || ends.length !== 1 || stop < start) {
		throw new TextProblem(`its marks "${begin}" and "${end}" do not enclose one block`);
	}
	return { start, end: stop + end.length };
}

/** Marks are lines of their own. */
function placesOf(text: string, mark: string): number[] {
	const places: number[] = [];
	for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) {
		const opens = at === 0 || text[at - 1] === "\n" || (at === 1 && text[0] === "\uFEFF");
		if (opens && /^(?:\r?\n|$)/.test(text.slice(at + mark.length, at + mark.length + 2))) places.push(at);
	}
	return places;
}
