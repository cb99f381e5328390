// JSON as its text lies in a file: every value with its place, comments and trailing commas allowed. Changes nothing.
import {
	createScanner,
	getNodeValue,
	type Node,
	type ParseErrorCode,
	parseTree,
	printParseErrorCode,
	visit,
} from "jsonc-parser";

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

const deepest = 100;

/** Throws TextProblem with the line where it stops being JSON. */
export function parseJsonText(text: string): JsonNode {
	// In the place of a byte order mark, so that every other character keeps its own.
	const read = text.replace(/^\uFEFF/, " ");
	check(read);
	return nodeOf(parseTree(read, [], { allowTrailingComma: true }) as Node);
}

/** Behind blanks and comments. */
export function behindBlank(text: string, at: number): number {
	const scanner = createScanner(text, true);
	scanner.setPosition(at);
	scanner.scan();
	return scanner.getTokenOffset();
}

const problems: Readonly<Record<string, string>> = {
	PropertyNameExpected: "no key in double quotes",
	ColonExpected: "no colon after the key",
	CommaExpected: "no comma between two values",
	CloseBraceExpected: 'neither a comma nor "}"',
	CloseBracketExpected: 'neither a comma nor "]"',
	EndOfFileExpected: "more text after the value",
};

function check(text: string): void {
	let level = 0;
	const fail = (what: string, at: number) => {
		throw new TextProblem(`${what} in line ${text.slice(0, at).split("\n").length}`);
	};
	const down = (at: number) => {
		level += 1;
		if (level > deepest) fail("too many levels", at);
	};
	const up = () => {
		level -= 1;
	};
	const onError = (code: ParseErrorCode, at: number) => fail(problems[printParseErrorCode(code)] ?? "no value", at);
	const levels = { onObjectBegin: down, onArrayBegin: down, onObjectEnd: up, onArrayEnd: up };
	visit(text, { ...levels, onError }, { allowTrailingComma: true });
}

/** Own properties even for `__proto__`. */
function nodeOf(node: Node): JsonNode {
	const isContainer = node.type === "object" || node.type === "array";
	return {
		start: node.offset,
		end: node.offset + node.length,
		get value() {
			return JSON.parse(JSON.stringify(getNodeValue(node)));
		},
		entries: isContainer ? (node.children ?? []).map(entryOf) : null,
	};
}

function entryOf(node: Node): JsonEntry {
	const [key, value] = node.type === "property" ? (node.children ?? []) : [null, node];
	return { start: node.offset, key: key === null ? null : String(key?.value), node: nodeOf(value as Node) };
}
