// JSON as its text lies in a file: every value with its place, comments and trailing commas allowed. Changes nothing.

/** Text of somebody's file that cannot be worked with; the sentence ends up in a refusal that names the file. */
export class TextProblem extends Error {
	override readonly name = "TextProblem";
}

export interface JsonNode {
	/** The first character and the one behind the last. */
	readonly start: number;
	readonly end: number;
	readonly value: unknown;
	/** Members or elements in order; null for everything else. */
	readonly entries: readonly JsonEntry[] | null;
}

export interface JsonEntry {
	/** Where the key begins, or the element. */
	readonly start: number;
	/** Null in an array. */
	readonly key: string | null;
	readonly node: JsonNode;
}

const blank = /(?:[ \t\r\n]+|\/\/[^\r\n]*|\/\*[\s\S]*?\*\/)*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON strings hold none of them
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const scalar = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.])/y;

const deepest = 100;

/** Throws TextProblem with the line where it stops being JSON. */
export function parseJsonText(text: string): JsonNode {
	const reader = { text, at: text.startsWith("\uFEFF") ? 1 : 0 };
	skipBlank(reader);
	const node = readNode(reader, 0);
	skipBlank(reader);
	if (reader.at < text.length) throw problem(reader, "more text after the value");
	return node;
}

/** Behind blanks and comments. */
export function behindBlank(text: string, at: number): number {
	const reader = { text, at };
	skipBlank(reader);
	return reader.at;
}

interface Reader {
	readonly text: string;
	at: number;
}

function readNode(reader: Reader, depth: number): JsonNode {
	if (depth > deepest) throw problem(reader, "too many levels");
	const opening = reader.text[reader.at];
	if (opening === "{") return readContainer(reader, depth, "}");
	if (opening === "[") return readContainer(reader, depth, "]");
	const start = reader.at;
	const token = match(reader, string) ?? match(reader, scalar);
	if (token === null) throw problem(reader, "no value");
	return { start, end: reader.at, value: JSON.parse(token), entries: null };
}

function readContainer(reader: Reader, depth: number, closing: "}" | "]"): JsonNode {
	const start = reader.at;
	const entries: JsonEntry[] = [];
	reader.at += 1;
	for (;;) {
		skipBlank(reader);
		if (reader.text[reader.at] === closing) break;
		entries.push(readEntry(reader, depth, closing));
		skipBlank(reader);
		if (reader.text[reader.at] === closing) break;
		if (reader.text[reader.at] !== ",") throw problem(reader, `neither a comma nor "${closing}"`);
		reader.at += 1;
	}
	reader.at += 1;
	return { start, end: reader.at, value: contentOf(entries, closing), entries };
}

function readEntry(reader: Reader, depth: number, closing: "}" | "]"): JsonEntry {
	const start = reader.at;
	if (closing === "]") return { start, key: null, node: readNode(reader, depth + 1) };
	const key = match(reader, string);
	if (key === null) throw problem(reader, "no key in double quotes");
	skipBlank(reader);
	if (reader.text[reader.at] !== ":") throw problem(reader, "no colon after the key");
	reader.at += 1;
	skipBlank(reader);
	return { start, key: JSON.parse(key) as string, node: readNode(reader, depth + 1) };
}

/** Own properties even for `__proto__`. */
function contentOf(entries: readonly JsonEntry[], closing: "}" | "]"): unknown {
	if (closing === "]") return entries.map(({ node }) => node.value);
	return Object.fromEntries(entries.map(({ key, node }) => [String(key), node.value]));
}

function skipBlank(reader: Reader): void {
	match(reader, blank);
}

function match(reader: Reader, pattern: RegExp): string | null {
	pattern.lastIndex = reader.at;
	const found = pattern.exec(reader.text)?.[0] ?? null;
	if (found !== null) reader.at += found.length;
	return found;
}

function problem({ text, at }: Reader, what: string): TextProblem {
	return new TextProblem(`${what} in line ${text.slice(0, at).split("\n").length}`);
}
