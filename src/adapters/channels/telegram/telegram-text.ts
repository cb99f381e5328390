// Plain text as Telegram shows it: with entities in place of markup, so that nothing has to be escaped, and with code over every word that
// its servers would turn into a link, mention, tag, command or number to call. Knows no card and no request.
import { cutAt } from "../../../core/rules/untrusted.js";

/** In UTF-16 units. */
export interface Entity {
	readonly type: "bold" | "code" | "pre";
	readonly offset: number;
	readonly length: number;
}

export interface Rendered {
	readonly text: string;
	readonly entities: readonly Entity[];
}

/** Characters of one message, counted after the entities are taken out. */
export const messageCharacters = 4_096;
/** Telegram takes 100 and drops the rest; beyond this everything is one block of code. */
const mostEntities = 96;

/** Fences of three backticks become blocks and single backticks code, as the core writes them around a builder's text. */
export function rendered(source: string, { hasTitle }: { readonly hasTitle: boolean }): Rendered {
	const pieces = piecesOf(source.replaceAll("{{emoji:", "{ {emoji:"));
	let text = "";
	const entities: Entity[] = [];
	for (const { type, content } of pieces) {
		if (type === "text") entities.push(...inert(content, text.length));
		else if (content !== "") entities.push({ type, offset: text.length, length: content.length });
		text += content;
	}
	const titled = hasTitle ? [...bold(text, entities), ...entities] : entities;
	return within({ text, entities: titled.sort((one, other) => one.offset - other.offset) });
}

interface Piece {
	readonly type: "text" | "code" | "pre";
	readonly content: string;
}

/** A fence that was cut off goes to the end. */
function piecesOf(source: string): readonly Piece[] {
	const pieces: Piece[] = [];
	let at = 0;
	for (const { 0: whole, 1: block, 2: code, index } of source.matchAll(/```\n([\s\S]*?)(?:\n```|$)|`([^`\n]+)`/g)) {
		pieces.push({ type: "text", content: source.slice(at, index) });
		pieces.push(block === undefined ? { type: "code", content: code ?? "" } : { type: "pre", content: block });
		at = index + whole.length;
	}
	return [...pieces, { type: "text", content: source.slice(at) }];
}

/** Long runs of digits with what may part them, or a word. */
const token = /(?<!\S)[+(]?\d[\d\s():./-]{4,}\d(?!\S)|\S+/gu;
const plainWord = /^[\p{L}\p{M}]+(?:[-'’][\p{L}\p{M}]+)*$/u;
const plainNumber = /^\d{1,4}([:.,]\d{1,2})?$/;
const marksOnly = /^[^\p{L}\p{N}@#$/＃＠]+$/u;

function inert(content: string, offset: number): readonly Entity[] {
	const found: Entity[] = [];
	for (const { 0: whole, index } of content.matchAll(token)) {
		const { lead, core } = bared(whole);
		if (core === "" || plainWord.test(core) || plainNumber.test(core) || marksOnly.test(core)) continue;
		found.push({ type: "code", offset: offset + index + lead, length: core.length });
	}
	return found;
}

/** Without the quotes, brackets and stops around it. */
function bared(word: string): { readonly lead: number; readonly core: string } {
	const lead = /^["'“‘([{]*/u.exec(word)?.[0].length ?? 0;
	return { lead, core: word.slice(lead).replace(/["'”’)\]},;:!?.…]+$/u, "") };
}

/** Of the first line, what is not code. */
function bold(text: string, entities: readonly Entity[]): readonly Entity[] {
	const end = text.indexOf("\n") === -1 ? text.length : text.indexOf("\n");
	const parts: Entity[] = [];
	let at = 0;
	for (const { offset, length } of [...entities, { offset: end, length: 0 }]) {
		const stop = Math.min(offset, end);
		if (stop > at && text.slice(at, stop).trim() !== "") parts.push({ type: "bold", offset: at, length: stop - at });
		at = Math.max(at, offset + length);
		if (at >= end) break;
	}
	return parts;
}

/** Cut with a mark, and never with more entities than count. */
function within({ text, entities }: Rendered): Rendered {
	const cut = text.length <= messageCharacters ? text : `${text.slice(0, cutAt(text, messageCharacters - 1))}…`;
	const kept = entities
		.filter(({ offset }) => offset < cut.length)
		.map((one) => ({ ...one, length: Math.min(one.length, cut.length - one.offset) }));
	if (kept.length <= mostEntities) return { text: cut, entities: kept };
	const from = kept[mostEntities - 1]?.offset ?? 0;
	const rest: Entity = { type: "pre", offset: from, length: cut.length - from };
	return { text: cut, entities: [...kept.slice(0, mostEntities - 1), rest] };
}
