// Which keys a TOML file names, as full paths: enough to see whether a table is there already. Values are skipped, not read.
import { TextProblem } from "./json-text.js";

const blank = /[ \t]*/y;
const gap = /(?:[ \t\r\n]+|#[^\n]*)*/y;
const bare = /[A-Za-z0-9_-]+/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: one-line strings hold none of them
const basic = /"(?:[^"\\\u0000-\u0008\u000a-\u001f]|\\.)*"/y;
const literal = /'[^'\r\n]*'/y;
const longBasic = /"""(?:[^\\]|\\[\s\S])*?"{3,5}/y;
const longLiteral = /'''[\s\S]*?'{3,5}/y;
/** Numbers, dates, booleans. */
const plain = /[^\s,\]}#"'[{=]+(?: \d\d:[^\s,\]}#]+)?/y;

export interface TomlKey {
	readonly path: readonly string[];
	/** False for what stands before an equals sign, and for arrays of tables. */
	readonly isTable: boolean;
}

/** Throws TextProblem with the line that is no TOML. */
export function tomlKeys(text: string): TomlKey[] {
	const reader = { text, at: text.startsWith("\uFEFF") ? 1 : 0 };
	const keys: TomlKey[] = [];
	let table: readonly string[] = [];
	for (match(reader, gap); reader.at < text.length; match(reader, gap)) {
		if (text[reader.at] === "[") {
			const isTable = text[reader.at + 1] !== "[";
			table = readHeader(reader);
			keys.push({ path: table, isTable });
		} else readPair(reader, table, keys);
		match(reader, blank);
		if (!/^(?:#|\r?\n|$)/.test(text.slice(reader.at, reader.at + 2))) throw problem(reader);
	}
	return keys;
}

interface Reader {
	readonly text: string;
	at: number;
}

function readHeader(reader: Reader): string[] {
	const [open, close] = reader.text.startsWith("[[", reader.at) ? ["[[", "]]"] : ["[", "]"];
	expect(reader, open);
	const path = readPath(reader);
	expect(reader, close);
	return path;
}

function readPair(reader: Reader, table: readonly string[], keys: TomlKey[]): void {
	const path = [...table, ...readPath(reader)];
	keys.push({ path, isTable: false });
	expect(reader, "=");
	match(reader, blank);
	readValue(reader, path, keys);
}

function readPath(reader: Reader): string[] {
	const path: string[] = [];
	do {
		match(reader, blank);
		const key = match(reader, bare) ?? match(reader, basic) ?? match(reader, literal);
		if (key === null) throw problem(reader);
		path.push(key.replace(/^(["'])(.*)\1$/s, "$2"));
		match(reader, blank);
	} while (took(reader, "."));
	return path;
}

function readValue(reader: Reader, path: readonly string[], keys: TomlKey[]): void {
	const simple = [longBasic, longLiteral, basic, literal, plain];
	if (took(reader, "[")) readList(reader, "]", () => readValue(reader, path, keys));
	else if (took(reader, "{")) readList(reader, "}", () => readPair(reader, path, keys));
	else if (!simple.some((pattern) => match(reader, pattern) !== null)) throw problem(reader);
}

function readList(reader: Reader, close: string, readOne: () => void): void {
	for (match(reader, gap); !took(reader, close); match(reader, gap)) {
		readOne();
		match(reader, gap);
		if (!took(reader, ",") && reader.text[reader.at] !== close) throw problem(reader);
	}
}

function expect(reader: Reader, words: string): void {
	match(reader, blank);
	if (!took(reader, words)) throw problem(reader);
}

function took(reader: Reader, words: string): boolean {
	const there = reader.text.startsWith(words, reader.at);
	if (there) reader.at += words.length;
	return there;
}

function match(reader: Reader, pattern: RegExp): string | null {
	pattern.lastIndex = reader.at;
	const found = pattern.exec(reader.text)?.[0] ?? null;
	if (found !== null) reader.at += found.length;
	return found;
}

function problem({ text, at }: Reader): TextProblem {
	return new TextProblem(`line ${text.slice(0, at).split("\n").length} is no TOML`);
}
