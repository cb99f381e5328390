// Reads what git's plumbing prints with -z: tree listings, lists of paths and changed files. Long ones are read in parts, so that the event loop goes on.
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ChangedFile } from "../../../core/swap.js";

export interface TreeEntry {
	readonly mode: string;
	readonly oid: string;
	readonly bytes: number;
	/** Null where the name is not UTF-8; `shown` then stands in for it. */
	readonly path: string | null;
	readonly shown: string;
}

/** How long reading at once may hold the loop. */
const SLICE_MS = 4;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Calls `visit` for each item and lets others run in between. */
export async function inParts<T>(items: Iterable<T>, visit: (item: T) => void): Promise<void> {
	await nextTurn();
	let sliceEnd = performance.now() + SLICE_MS;
	for (const item of items) {
		visit(item);
		if (performance.now() < sliceEnd) continue;
		await nextTurn();
		sliceEnd = performance.now() + SLICE_MS;
	}
	await nextTurn();
}

/** `<mode> SP <type> SP <object> SP <size> TAB <path> NUL`, as `ls-tree -r -z -l` prints. */
export async function parseTree(output: Buffer): Promise<TreeEntry[]> {
	const entries: TreeEntry[] = [];
	await inParts(records(output), (record) => {
		const tab = record.indexOf(9);
		const [mode = "", , oid = "", size = "-"] = record.subarray(0, tab).toString("latin1").split(/ +/);
		const name = record.subarray(tab + 1);
		const path = decode(name);
		entries.push({ mode, oid, bytes: Number(size) || 0, path, shown: path ?? name.toString("latin1") });
	});
	return entries;
}

function decode(name: Buffer): string | null {
	try {
		return utf8.decode(name);
	} catch {
		return null;
	}
}

/** Views into the buffer, without the terminators. */
function* records(output: Buffer): Generator<Buffer> {
	for (let start = 0; start < output.length; ) {
		const end = output.indexOf(0, start);
		yield output.subarray(start, end === -1 ? output.length : end);
		start = end === -1 ? output.length : end + 1;
	}
}

/** Read as one text: thousands of small ones cost many times as much. */
export function parsePaths(output: Buffer): string[] {
	const paths = output.toString("utf8").split("\0");
	if (paths.at(-1) === "") paths.pop();
	return paths;
}

/** One changed file, as `diff-tree -r -z -M --raw` prints it: `:<mode> <mode> <object> <object> <status> NUL <path> NUL [<path> NUL]`. */
export interface RawChange {
	readonly path: string;
	/** The old path of a rename. */
	readonly from: string | null;
	/** The letter of git. */
	readonly status: string;
	readonly modes: { readonly before: string; readonly after: string };
	/** Zeros where there is none. */
	readonly oids: { readonly before: string; readonly after: string };
}

export async function parseRaw(output: Buffer): Promise<RawChange[]> {
	const changes: RawChange[] = [];
	await inParts(changesIn(parsePaths(output)), (change) => void changes.push(change));
	return changes;
}

export async function parseChanges(output: Buffer): Promise<ChangedFile[]> {
	return (await parseRaw(output)).map(({ path, from, status, modes, oids }) => {
		const onlyMode = modes.before !== modes.after && oids.before === oids.after;
		return { path, change: changeOf(status, onlyMode), from, summary: null };
	});
}

function* changesIn(fields: readonly string[]): Generator<RawChange> {
	for (let index = 0; index < fields.length; ) {
		const [oldMode = "", newMode = "", oldOid = "", newOid = "", status = ""] = (fields[index] ?? "")
			.slice(1)
			.split(" ");
		const renamed = status.startsWith("R");
		const first = fields[index + 1] ?? "";
		const path = renamed ? (fields[index + 2] ?? "") : first;
		const modes = { before: oldMode, after: newMode };
		yield {
			path,
			from: renamed ? first : null,
			status: status[0] ?? "",
			modes,
			oids: { before: oldOid, after: newOid },
		};
		index += renamed ? 3 : 2;
	}
}

function changeOf(status: string, onlyMode: boolean): ChangedFile["change"] {
	switch (status[0]) {
		case "A":
			return "added";
		case "D":
			return "deleted";
		case "R":
			return "renamed";
		case "T":
			return "retyped";
		default:
			return onlyMode ? "mode" : "modified";
	}
}

const SHOWN_PATHS = 5;

/** Of what no release can hold: whoever has to take it out of git wants to see more of it. */
export const SHOWN_UNRELEASABLE = 10;

/** For people: the first few, quoted. */
export function shownPaths(paths: readonly string[], most = SHOWN_PATHS): string {
	const more = paths.length > most ? ` and ${paths.length - most} more` : "";
	return `${paths
		.slice(0, most)
		.map((path) => JSON.stringify(path))
		.join(", ")}${more}`;
}
