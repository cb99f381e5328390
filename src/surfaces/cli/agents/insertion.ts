// One thing that is put into a file of an agent's client, as data, and how each kind is put into a text and taken out of it again.
import { isDeepStrictEqual } from "node:util";
import { parse, TomlError, type TomlTable } from "smol-toml";
import { dropEntry, putElement, putMember, replaceElement, type Text, valueAt } from "./json-edit.js";
import { TextProblem } from "./json-text.js";
import { dropBlock, type Marks, putBlock, textOutside } from "./marked-block.js";

interface Place {
	/** From the repository's folder, with `/`. */
	readonly path: string;
	/** For the reader of the plan. */
	readonly what: string;
	/** When it is put there at all. */
	readonly where?: "always" | "agents_not_included" | "folder_exists" | "file_exists";
}

/** A member of a JSON object. `ours` tells whether what stands there came from us; anything else is a refusal, or left if `yields`. */
export interface MemberInsertion extends Place {
	readonly kind: "member";
	readonly at: readonly string[];
	readonly value: unknown;
	readonly ours: (value: unknown) => boolean;
	readonly yields?: true;
}

/** An element of a JSON array. */
export interface ElementInsertion extends Place {
	readonly kind: "element";
	readonly at: readonly string[];
	readonly value: unknown;
	readonly ours: (value: unknown) => boolean;
}

/** A marked block, in Markdown or in TOML. */
export interface BlockInsertion extends Place {
	readonly kind: "block";
	readonly marks: Marks;
	readonly body: string;
	/** The table of a TOML file that only the block may name. */
	readonly table?: readonly string[];
}

/** A file of our own, told by a line in it. */
export interface FileInsertion extends Place {
	readonly kind: "file";
	readonly text: string;
	readonly mark: string;
}

export type Insertion = MemberInsertion | ElementInsertion | BlockInsertion | FileInsertion;

/** Something of somebody else's stands where the insertion belongs. */
export class Foreign extends Error {
	override readonly name = "Foreign";
}

/** Throws TextProblem, or Foreign. */
export function putInsertion(text: Text, insertion: Insertion): string {
	switch (insertion.kind) {
		case "member":
			return putOurMember(text, insertion);
		case "element":
			return putOurElement(text, insertion);
		case "block":
			if (insertion.table !== undefined) refuseTable(text ?? "", insertion.marks, insertion.table);
			return putBlock(text, insertion);
		case "file":
			if (text !== null && text.trim() !== "" && !text.includes(insertion.mark)) throw new Foreign("a text of its own");
			return insertion.text;
	}
}

/** Null where nothing is left of the file. What is not ours is left. */
export function takeInsertion(text: string, insertion: Insertion): Text {
	switch (insertion.kind) {
		case "member":
			return isOurMember(text, insertion) ? dropEntry(text, insertion.at) : text;
		case "element":
			return takeElements(text, insertion);
		case "block":
			return dropBlock(text, insertion.marks);
		case "file":
			return text.includes(insertion.mark) ? null : text;
	}
}

function putOurMember(text: Text, insertion: MemberInsertion): string {
	const there = valueAt(text, insertion.at);
	if (there === undefined || insertion.ours(there)) return putMember(text, insertion.at, insertion.value);
	if (insertion.yields) return text ?? "";
	throw new Foreign(insertion.at.join("."));
}

function isOurMember(text: string, { at, ours }: MemberInsertion): boolean {
	const there = text.trim() === "" ? undefined : valueAt(text, at);
	return there !== undefined && ours(there);
}

function putOurElement(text: Text, insertion: ElementInsertion): string {
	const [index, ...more] = ourElements(text, insertion);
	if (index === undefined) return putElement(text, insertion.at, insertion.value);
	const there = (valueAt(text, insertion.at) as unknown[])[index];
	if (more.length > 0) return putOurElement(dropEntry(text ?? "", [...insertion.at, more.at(-1) ?? 0]), insertion);
	return isDeepStrictEqual(there, insertion.value)
		? (text ?? "")
		: replaceElement(text ?? "", insertion.at, index, insertion.value);
}

function takeElements(text: string, insertion: ElementInsertion): Text {
	let left: Text = text;
	for (const index of ourElements(text, insertion).reverse()) left = left && dropEntry(left, [...insertion.at, index]);
	return left;
}

function ourElements(text: Text, { at, ours }: ElementInsertion): number[] {
	const list = valueAt(text, at);
	if (list !== undefined && !Array.isArray(list)) throw new TextProblem(`"${at.join(".")}" is no array`);
	return (list ?? []).flatMap((one: unknown, index: number) => (ours(one) ? [index] : []));
}

/** TOML has each table once, and nothing can be added to one that stands before an equals sign. */
function refuseTable(text: string, marks: Marks, table: readonly string[]): void {
	const outside = textOutside(text, marks).replace(/^\uFEFF/, "");
	if (tomlAt(outside, table) !== undefined) throw new Foreign(`[${table.join(".")}]`);
	let added: unknown;
	try {
		added = tomlAt(`${outside}\n[${table.join(".")}]\n`, table);
	} catch {}
	if (added !== undefined) return;
	throw new TextProblem(`no table can be added to "${table.slice(0, -1).join(".")}" as it is written`);
}

function tomlAt(text: string, path: readonly string[]): unknown {
	try {
		return path.reduce<unknown>((value, key) => (value as TomlTable | undefined)?.[key], parse(text));
	} catch (error) {
		throw error instanceof TomlError ? new TextProblem(`line ${error.line} is no TOML`) : error;
	}
}
