// What connecting or disconnecting an agent would change, file by file, from the pieces of its client. Reads, and writes nothing.
import { lstat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isRefusal, type Refusal, refuse } from "../../../core/refusals.js";
import type { Text } from "./json-edit.js";
import { TextProblem } from "./json-text.js";
import { Foreign, type Piece, putPiece, takePiece } from "./piece.js";
import { type Memory, originalOf, recordOf } from "./record.js";
import { type Ground, lookAt, type Spot } from "./spot.js";

export interface Change {
	readonly path: string;
	readonly kind: "create" | "change" | "delete" | "unchanged";
	/** What it is about, in words. */
	readonly what: string;
	readonly before: Text;
	readonly after: Text;
	/** Where it lies, with links followed. */
	readonly real: string;
	readonly mode: number;
}

export interface Plan {
	readonly changes: readonly Change[];
	/** As it is to be once the changes are written. */
	readonly memory: Memory;
}

export interface Wanted {
	readonly agent: string;
	readonly ground: Ground;
	readonly pieces: readonly Piece[];
	readonly memory: Memory;
}

interface Group {
	readonly spot: Spot;
	readonly pieces: readonly Piece[];
}

export async function planConnection({ agent, ground, pieces, memory }: Wanted): Promise<Plan | Refusal> {
	const groups = await grouped(ground, pieces, (piece) => belongs(ground, piece));
	if (isRefusal(groups)) return groups;
	const changes: Change[] = [];
	const files = { ...memory.files };
	for (const group of groups) {
		const { path, text } = group.spot;
		const after = fold(group, (before, piece) => putPiece(before, piece));
		if (isRefusal(after)) return after;
		const change = changeOf(group, after);
		if (isRefusal(change)) return change;
		changes.push(change);
		const known = files[path];
		const agents = new Set([...(known?.agents ?? []), agent]);
		files[path] = recordOf([...agents], bareOf(group, memory), after ?? text ?? "");
	}
	return { changes, memory: { files, folders: memory.folders } };
}

/** The other agents' files stay, and so do files that hold more than ours. */
export async function planRemoval({ agent, ground, pieces, memory }: Wanted): Promise<Plan | Refusal> {
	const groups = await grouped(ground, pieces, async () => true);
	if (isRefusal(groups)) return groups;
	const changes: Change[] = [];
	const files = { ...memory.files };
	const folders = [...memory.folders];
	for (const group of groups.filter(({ spot }) => spot.text !== null)) {
		const { path, text } = group.spot;
		const known = files[path];
		const others = (known?.agents ?? []).filter((one) => one !== agent);
		if (known !== undefined && others.length > 0) files[path] = { ...known, agents: others };
		else delete files[path];
		const original = known === undefined || text === null ? undefined : originalOf(known, text);
		const after = others.length > 0 ? text : original !== undefined ? original : fold(group, takeFrom);
		if (isRefusal(after)) return after;
		const change = changeOf(group, after);
		if (isRefusal(change)) return change;
		changes.push(others.length > 0 ? { ...change, what: `still needed by ${others.join(", ")}` } : change);
		if (change.kind === "delete" && known === undefined) folders.push(...foldersAbove(path));
	}
	return { changes, memory: { files, folders } };
}

/** Where nobody remembers who made them: those that are left empty hold nothing of anybody's. */
function foldersAbove(path: string): string[] {
	const parts = path.split("/").slice(0, -1);
	return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

async function grouped(
	ground: Ground,
	pieces: readonly Piece[],
	belongs: (piece: Piece) => Promise<boolean>,
): Promise<Group[] | Refusal> {
	const groups = new Map<string, { spot: Spot; pieces: Piece[] }>();
	for (const piece of pieces) {
		if (!(await belongs(piece))) continue;
		const spot = await lookAt(ground, piece.path);
		if (isRefusal(spot)) return spot;
		const group = groups.get(spot.real) ?? { spot, pieces: [] };
		group.pieces.push(piece);
		groups.set(spot.real, group);
	}
	return [...groups.values()];
}

async function belongs(ground: Ground, { path, where = "always" }: Piece): Promise<boolean> {
	if (where === "always") return true;
	if (where === "folder_exists") return isFolder(join(ground.root, dirname(dirname(path))));
	const spot = await lookAt(ground, path);
	const agents = await lookAt(ground, "AGENTS.md");
	if (isRefusal(spot) || isRefusal(agents)) return true;
	if (spot.text === null || spot.real === agents.real) return false;
	return !/(^|\s)@(\.\/)?AGENTS\.md\b/m.test(spot.text);
}

async function isFolder(path: string): Promise<boolean> {
	return lstat(path).then(
		(found) => found.isDirectory(),
		() => false,
	);
}

const takeFrom = (text: Text, piece: Piece) => text && takePiece(text, piece);

function fold({ spot, pieces }: Group, step: (text: Text, piece: Piece) => Text): Text | Refusal {
	let text = spot.text;
	for (const piece of pieces) {
		const next = attempt(spot.real, piece, () => step(text, piece));
		if (isRefusal(next)) return next;
		text = next;
	}
	return text;
}

function attempt(path: string, piece: Piece, step: () => Text): Text | Refusal {
	try {
		return step();
	} catch (error) {
		const entry = inWords(piece);
		if (error instanceof TextProblem) return refuse("agent_file_invalid", { path, problems: error.message, entry });
		if (error instanceof Foreign) return refuse("agent_entry_foreign", { path, what: error.message, entry });
		throw error;
	}
}

/** For those who add it by hand. */
function inWords(piece: Piece): string {
	if (piece.kind === "block") return piece.body;
	if (piece.kind === "file") return piece.what;
	const value = piece.kind === "element" ? [piece.value] : piece.value;
	return JSON.stringify(piece.at.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value));
}

function changeOf({ spot, pieces }: Group, after: Text): Change | Refusal {
	const { path, text: before, real, mode, obstacle } = spot;
	const what = pieces.map((piece) => piece.what).join("; ");
	const kind = before === after ? "unchanged" : before === null ? "create" : after === null ? "delete" : "change";
	if (kind !== "unchanged" && obstacle !== null) return refuse("agent_file_blocked", { path: real, why: obstacle });
	return { path, kind, what, before, after, real, mode };
}

/** The text as it is without us: remembered to the byte, or with our entries taken out. */
function bareOf(group: Group, { files }: Memory): Text {
	const { path, text } = group.spot;
	const known = files[path];
	const original = known === undefined || text === null ? undefined : originalOf(known, text);
	if (original !== undefined) return original;
	const bare = fold(group, takeFrom);
	return isRefusal(bare) ? text : bare;
}
