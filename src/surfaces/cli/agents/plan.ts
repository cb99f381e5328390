// What connecting or disconnecting an agent would change, file by file, from the insertions of its client. Reads, and writes nothing.
import { lstat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isRefusal, type Refusal, refuse } from "../../../core/refusals.js";
import { Foreign, type Insertion, putInsertion, takeInsertion } from "./insertion.js";
import type { Text } from "./json-edit.js";
import { TextProblem } from "./json-text.js";
import { type Ground, lookAt, type PlannedFile } from "./planned-file.js";
import { type Memory, originalOf, recordOf } from "./record.js";

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
	readonly insertions: readonly Insertion[];
	readonly memory: Memory;
}

interface Group {
	readonly file: PlannedFile;
	readonly insertions: readonly Insertion[];
}

export async function planConnection({ agent, ground, insertions, memory }: Wanted): Promise<Plan | Refusal> {
	const groups = await grouped(ground, insertions, (insertion) => belongs(ground, insertion));
	if (isRefusal(groups)) return groups;
	const changes: Change[] = [];
	const files = { ...memory.files };
	for (const group of groups) {
		const { path, text } = group.file;
		const after = fold(group, (before, insertion) => putInsertion(before, insertion));
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
export async function planRemoval({ agent, ground, insertions, memory }: Wanted): Promise<Plan | Refusal> {
	const groups = await grouped(ground, insertions, async () => true);
	if (isRefusal(groups)) return groups;
	const changes: Change[] = [];
	const files = { ...memory.files };
	const folders = [...memory.folders];
	for (const group of groups.filter(({ file }) => file.text !== null)) {
		const { path, text } = group.file;
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
	insertions: readonly Insertion[],
	belongs: (insertion: Insertion) => Promise<boolean>,
): Promise<Group[] | Refusal> {
	const groups = new Map<string, { file: PlannedFile; insertions: Insertion[] }>();
	for (const insertion of insertions) {
		if (!(await belongs(insertion))) continue;
		const file = await lookAt(ground, insertion.path);
		if (isRefusal(file)) return file;
		const group = groups.get(file.real) ?? { file, insertions: [] };
		group.insertions.push(insertion);
		groups.set(file.real, group);
	}
	return [...groups.values()];
}

async function belongs(ground: Ground, { path, where = "always" }: Insertion): Promise<boolean> {
	if (where === "always") return true;
	if (where === "folder_exists") return isFolder(join(ground.root, dirname(dirname(path))));
	const file = await lookAt(ground, path);
	const agents = await lookAt(ground, "AGENTS.md");
	if (isRefusal(file) || isRefusal(agents)) return true;
	if (file.text === null || file.real === agents.real) return false;
	return !/(^|\s)@(\.\/)?AGENTS\.md\b/m.test(file.text);
}

async function isFolder(path: string): Promise<boolean> {
	return lstat(path).then(
		(found) => found.isDirectory(),
		() => false,
	);
}

const takeFrom = (text: Text, insertion: Insertion) => text && takeInsertion(text, insertion);

function fold({ file, insertions }: Group, step: (text: Text, insertion: Insertion) => Text): Text | Refusal {
	let text = file.text;
	for (const insertion of insertions) {
		const next = attempt(file.real, insertion, () => step(text, insertion));
		if (isRefusal(next)) return next;
		text = next;
	}
	return text;
}

function attempt(path: string, insertion: Insertion, step: () => Text): Text | Refusal {
	try {
		return step();
	} catch (error) {
		const entry = inWords(insertion);
		if (error instanceof TextProblem) return refuse("agent_file_invalid", { path, problems: error.message, entry });
		if (error instanceof Foreign) return refuse("agent_entry_foreign", { path, what: error.message, entry });
		throw error;
	}
}

/** For those who add it by hand. */
function inWords(insertion: Insertion): string {
	if (insertion.kind === "block") return insertion.body;
	if (insertion.kind === "file") return insertion.what;
	const value = insertion.kind === "element" ? [insertion.value] : insertion.value;
	return JSON.stringify(insertion.at.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value));
}

function changeOf({ file, insertions }: Group, after: Text): Change | Refusal {
	const { path, text: before, real, mode, obstacle } = file;
	const what = insertions.map((insertion) => insertion.what).join("; ");
	const kind = before === after ? "unchanged" : before === null ? "create" : after === null ? "delete" : "change";
	if (kind !== "unchanged" && obstacle !== null) return refuse("agent_file_blocked", { path: real, why: obstacle });
	return { path, kind, what, before, after, real, mode };
}

/** The text as it is without us: remembered to the byte, or with our entries taken out. */
function bareOf(group: Group, { files }: Memory): Text {
	const { path, text } = group.file;
	const known = files[path];
	const original = known === undefined || text === null ? undefined : originalOf(known, text);
	if (original !== undefined) return original;
	const bare = fold(group, takeFrom);
	return isRefusal(bare) ? text : bare;
}
