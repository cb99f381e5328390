// Puts one entry into the text of a JSON file and takes it out again. Every character that is not part of the entry stays as it was.
import { isDeepStrictEqual } from "node:util";
import { indentOf, lineEndOf, ownLineIndent, styleOf, wordsOf } from "./json-style.js";
import { behindBlank, type JsonEntry, type JsonNode, parseJsonText, TextProblem } from "./json-text.js";

/** Null: there is no such file yet. Blank text counts as an empty object. */
export type Text = string | null;

export function valueAt(text: Text, path: readonly string[]): unknown {
	if (isBlank(text)) return undefined;
	return find(parseJsonText(text), path)?.value;
}

/** Makes the objects on the way where they are missing. */
export function putMember(text: Text, path: readonly string[], value: unknown): string {
	if (isBlank(text)) return fresh(text, nested(path, value));
	const root = parseJsonText(text);
	const there = find(root, path);
	if (there !== null) return isDeepStrictEqual(there.value, value) ? text : replace(text, root, there, value);
	const held = deepestObject(root, path);
	const [key = "", ...rest] = path.slice(held.depth);
	return insert(text, root, held.node, { key, value: nested(rest, value) });
}

/** At the end of the array at `path`, which is made where it is missing. */
export function putElement(text: Text, path: readonly string[], value: unknown): string {
	const list = valueAt(text, path);
	if (list === undefined || isBlank(text)) return putMember(text, path, [value]);
	const root = parseJsonText(text);
	const node = find(root, path);
	if (node === null || !Array.isArray(list)) throw new TextProblem(`"${path.join(".")}" is no array`);
	return insert(text, root, node, { key: null, value });
}

export function replaceElement(text: string, path: readonly string[], index: number, value: unknown): string {
	const root = parseJsonText(text);
	const entry = find(root, path)?.entries?.[index];
	return entry === undefined ? text : replace(text, root, entry.node, value);
}

/** What was only there to hold it goes with it. Null where nothing is left of the file. */
export function dropEntry(text: string, path: readonly (string | number)[]): Text {
	const root = parseJsonText(text);
	const [parent, entry] = locate(root, path);
	if (parent === null || entry === null) return text;
	if (parent.entries?.length === 1 && hasOnlyBlank(text, parent, entry)) {
		return path.length === 1 ? null : dropEntry(text, path.slice(0, -1));
	}
	return cut(text, parent, entry);
}

function isBlank(text: Text): text is null | "" {
	return text === null || /^\uFEFF?\s*$/.test(text);
}

function fresh(text: Text, value: unknown): string {
	const eol = lineEndOf(text ?? "");
	return `${text?.startsWith("\uFEFF") ? "\uFEFF" : ""}${wordsOf(value, { eol, unit: "  " }, "")}${eol}`;
}

function nested(path: readonly string[], value: unknown): unknown {
	return path.reduceRight((inner, key) => ({ [key]: inner }), value);
}

function find(root: JsonNode, path: readonly string[]): JsonNode | null {
	const { node, depth } = deepestObject(root, path);
	return depth === path.length ? node : null;
}

/** How far the path leads. What is no object on the way is in the way. */
function deepestObject(root: JsonNode, path: readonly string[]): { readonly node: JsonNode; readonly depth: number } {
	let node = root;
	for (const [depth, key] of path.entries()) {
		const name = depth === 0 ? "the file" : `"${path.slice(0, depth).join(".")}"`;
		if (node.entries === null || Array.isArray(node.value)) throw new TextProblem(`${name} is no object`);
		const named = node.entries.filter((entry) => entry.key === key);
		if (named.length > 1) throw new TextProblem(`${name} has "${key}" twice`);
		if (named[0] === undefined) return { node, depth };
		node = named[0].node;
	}
	return { node, depth: path.length };
}

function locate(root: JsonNode, path: readonly (string | number)[]): [JsonNode | null, JsonEntry | null] {
	const last = path.at(-1);
	const names = path.slice(0, -1).map(String);
	const parent = find(root, names);
	const entry = parent?.entries?.find((one, index) => (typeof last === "number" ? index === last : one.key === last));
	return [parent, entry ?? null];
}

function replace(text: string, root: JsonNode, node: JsonNode, value: unknown): string {
	const flat = !text.slice(node.start, node.end).includes("\n") && node.entries?.length !== 0;
	const words = flat ? JSON.stringify(value) : wordsOf(value, styleOf(text, root), indentOf(text, node.start));
	return splice(text, node.start, node.end, words);
}

interface Added {
	readonly key: string | null;
	readonly value: unknown;
}

function insert(text: string, root: JsonNode, into: JsonNode, { key, value }: Added): string {
	const last = into.entries?.at(-1);
	const name = key === null ? "" : `${JSON.stringify(key)}: `;
	const style = styleOf(text, root);
	const outer = indentOf(text, into.start);
	const indent = (last && ownLineIndent(text, last.start)) ?? outer + style.unit;
	const isFlat = last !== undefined && !text.slice(into.start, into.end).includes("\n");
	const line = isFlat
		? ` ${name}${JSON.stringify(value)}`
		: `${style.eol}${indent}${name}${wordsOf(value, style, indent)}`;
	const from = text.slice(0, into.end - 1).trimEnd().length;
	if (last === undefined) return splice(text, from, into.end - 1, `${line}${style.eol}${outer}`);
	if (text[behindBlank(text, last.node.end)] === ",") return splice(text, from, from, `${line},`);
	return splice(splice(text, from, from, line), last.node.end, last.node.end, ",");
}

/** Nothing but blanks beside the entry: no comment of somebody's. */
function hasOnlyBlank(text: string, { start, end }: JsonNode, entry: JsonEntry): boolean {
	const beside = text.slice(start + 1, entry.start) + text.slice(entry.node.end, end - 1);
	return /^[\s,]*$/.test(beside);
}

/** With one comma and the blanks that set it apart; comments beside it stay. */
function cut(text: string, parent: JsonNode, entry: JsonEntry): string {
	const entries = parent.entries ?? [];
	const from = text.slice(0, entry.start).trimEnd().length;
	const { end } = entry.node;
	const next = behindBlank(text, end);
	if (text[next] === ",") return splice(splice(text, next, next + 1, ""), from, end, "");
	const before = entries[entries.indexOf(entry) - 1];
	const without = splice(text, from, end, "");
	if (before === undefined) return without;
	const comma = behindBlank(text, before.node.end);
	return splice(without, comma, comma + 1, "");
}

function splice(text: string, from: number, to: number, words: string): string {
	return text.slice(0, from) + words + text.slice(to);
}
