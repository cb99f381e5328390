// How a JSON file is written: its line ends, its indentation, and values put into words in that style.
import type { JsonNode } from "./json-text.js";

export interface JsonStyle {
	readonly eol: string;
	/** One level. */
	readonly unit: string;
}

export function lineEndOf(text: string): string {
	return /\r?\n/.exec(text)?.[0] ?? "\n";
}

/** Two spaces where the file does not show. */
export function styleOf(text: string, root: JsonNode): JsonStyle {
	const first = root.entries?.[0];
	const unit = first === undefined ? null : ownLineIndent(text, first.start);
	return { eol: lineEndOf(text), unit: unit === null || unit === "" ? "  " : unit };
}

/** What stands before `at` on its line, where that is blank; null where something else is. */
export function ownLineIndent(text: string, at: number): string | null {
	const line = lineUpTo(text, at);
	return /^[ \t]*$/.test(line) && line.length < at ? line : null;
}

/** The indentation of the line that `at` is on. */
export function indentOf(text: string, at: number): string {
	return /^[ \t]*/.exec(lineUpTo(text, at))?.[0] ?? "";
}

function lineUpTo(text: string, at: number): string {
	return text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
}

/** Over several lines; all but the first begin with `indent`. */
export function wordsOf(value: unknown, { eol, unit }: JsonStyle, indent: string): string {
	const lines = JSON.stringify(value, null, "\t").split("\n");
	return lines.map((line) => line.replace(/^\t+/, (tabs) => unit.repeat(tabs.length))).join(`${eol}${indent}`);
}
