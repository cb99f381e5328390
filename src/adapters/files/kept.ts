// What the window wrote into files: counted, shown by name, and put back where it still fits. Keeps what was set aside as it is.
import { mkdir, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ifAbsent } from "../../core/absent.js";
import type { TableCounts } from "../../core/swap.js";
import { copyItem, setFolders } from "./copy.js";
import { realOr } from "./ground.js";
import { type FilesParts, type Place, placeOf } from "./places.js";
import {
	type Entry,
	type Plan,
	type Replayed,
	readManifest,
	readPlan,
	readReplayed,
	type Tree,
	write,
} from "./records.js";
import { isSame, itemAt } from "./tree.js";

/** Names that a sentence holds. */
const SHOWN = 5;

const whatStays: Readonly<Record<Entry["policy"], string | null>> = {
	restore: null,
	keep: "They stay: `files` says keep.",
	watch: "They stay as they are: no entry of `files` covers them.",
};

/** One for each entry in whose folder something was written, over all restores of this swap. */
export async function count(parts: FilesParts, swapId: string): Promise<TableCounts[]> {
	const place = placeOf(parts, swapId);
	const manifest = await readManifest(place.manifest);
	const replayed = await readReplayed(place.replayed);
	const counts: TableCounts[] = [];
	for (const [index, entry] of (manifest?.entries ?? []).entries()) {
		const plans = await plansOf(place, index);
		const paths = plans.flatMap(({ plan: { added, changed, removed } }) => [...added, ...changed, ...removed]);
		if (!entry.isKnown) counts.push(countOf(entry, [], "Too many files to be compared."));
		if (paths.length === 0) continue;
		counts.push({ ...countOf(entry, plans), ...replayOf(replayed, index) });
	}
	return counts;
}

interface Numbered {
	readonly generation: number;
	readonly plan: Plan;
}

async function plansOf(place: Place, index: number): Promise<Numbered[]> {
	const names = await readdir(dirname(dirname(place.plan(0, 0)))).catch(ifAbsent([]));
	const found: Numbered[] = [];
	for (const generation of names.map(Number).sort((a, b) => a - b)) {
		const plan = await readPlan(place.plan(generation, index));
		if (plan !== null) found.push({ generation, plan });
	}
	return found;
}

function countOf({ path, policy }: Entry, plans: readonly Numbered[], why: string | null = null): TableCounts {
	const all = (kind: keyof Plan) => [...new Set(plans.flatMap(({ plan }) => plan[kind]))];
	const [added, changed, removed] = [all("added"), all("changed"), all("removed")];
	const names = [...added, ...changed, ...removed];
	const shown = names.slice(0, SHOWN).join(", ");
	const listed =
		names.length === 0 ? [] : [`${shown}${names.length > SHOWN ? `, and ${names.length - SHOWN} more` : ""}.`];
	const note = [...listed, ...[why ?? whatStays[policy]].filter((one) => one !== null)].join(" ");
	const counts = { inserted: added.length, updated: changed.length, deleted: removed.length };
	return { database: path, table: "files", kind: "files", ...counts, replayed: null, note: note === "" ? null : note };
}

function replayOf(replayed: Replayed | null, index: number): Partial<TableCounts> {
	const known = replayed?.entries[String(index)];
	if (known === undefined) return {};
	const left =
		known.left.length === 0
			? {}
			: { note: `Not put back, because something else is there, or it would not fit: ${known.left.join(", ")}.` };
	return { replayed: known.replayed, ...left };
}

/** Files that the window added come back where nothing is now; what it changed or removed stays as it was before. Repeatable. */
export async function replay(parts: FilesParts, swapId: string): Promise<TableCounts[]> {
	const place = placeOf(parts, swapId);
	const manifest = await readManifest(place.manifest);
	const entries: Record<string, Replayed["entries"][string]> = {};
	for (const [index, entry] of (manifest?.entries ?? []).entries()) {
		if (entry.policy !== "restore") continue;
		const plans = await plansOf(place, index);
		const result = { replayed: 0, left: [] as string[] };
		for (const { generation, plan } of plans) {
			const aside = place.aside(generation, index);
			const folders: Tree = new Map();
			for (const path of plan.added) await putBackOne({ aside, folder: entry.folder, folders, result }, path);
			await setFolders(entry.folder, folders);
		}
		if (plans.length === 0) continue;
		entries[String(index)] = { ...result, left: result.left.slice(0, SHOWN) };
		if ((await itemAt(entry.folder)) !== null) await parts.files.syncTree(entry.folder);
	}
	if (Object.keys(entries).length > 0) await write(parts.files, place.replayed, { entries });
	return count(parts, swapId);
}

interface Replaying {
	readonly aside: string;
	readonly folder: string;
	/** Takes those that are made anew. */
	readonly folders: Tree;
	readonly result: { replayed: number; left: string[] };
}

/** The log of a database that is not known as one would make another version of the one that is there. */
const LOG = /-(wal|shm|journal)$/;

async function putBackOne({ aside, folder, folders, result }: Replaying, path: string): Promise<void> {
	const [from, to] = [join(aside, path), join(folder, path)];
	const item = await itemAt(from);
	if (item === null) return;
	const there = await itemAt(to);
	const isTaken = there !== null && !(await isSame(there, item, to, from));
	if (isTaken || LOG.test(path) || (await realOr(dirname(to))) !== dirname(to)) {
		result.left.push(path);
		return;
	}
	if (there === null) {
		await mkdir(dirname(to), { recursive: true });
		await copyItem(from, to, item);
		if (item.kind === "folder") folders.set(path, item);
	}
	result.replayed += 1;
}
