// Puts the rows that the window inserted back into the live database, as far as they still fit: one transaction, each row for itself.
// Adds nothing twice: a row that is there already counts as put back.
import SqliteDatabase, { type Database, SqliteError } from "better-sqlite3";
import { changeOf, join } from "./changes.js";
import { commonColumns, matchOf, newRows, openCompared, type Pair, pairsOf } from "./comparison.js";
import type { Change, Compared } from "./data-jobs.js";
import { createRowWriter, type Key, type RowWriter } from "./row-writer.js";
import { tablesOf } from "./tables.js";

const BUSY_TIMEOUT_MS = 10_000;
const SHOWN_KEYS = 3;

interface Effort {
	readonly change: Change;
	readonly pair: Pair;
	/** Null where nothing of the table can be put back. */
	readonly writer: RowWriter | null;
	readonly why: string | null;
	readonly reasons: Map<string, Key[]>;
	/** Rows whose parents are not there yet. */
	waiting: Key[];
	replayed: number;
}

/** The program may be running meanwhile: writers wait for each other. */
export function replayRows({ live, ...compared }: Compared & { readonly live: string }): Change[] {
	const reader = openCompared(compared);
	const target = new SqliteDatabase(live, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
	try {
		target.pragma("synchronous = FULL");
		target.pragma("foreign_keys = ON");
		target.prepare("attach ? as gone").run(compared.discarded);
		return target.transaction(() => replayAll(reader, target)).immediate();
	} finally {
		target.close();
		reader.close();
	}
}

function replayAll(reader: Database, target: Database): Change[] {
	const efforts = pairsOf(reader).map((pair) => begin(reader, target, pair));
	for (const effort of efforts) firstPass(reader, effort, target);
	while (efforts.some((effort) => retry(effort, target))) {
		// Each pass puts back the children of the pass before.
	}
	return efforts.map(changeAfter);
}

function begin(reader: Database, target: Database, pair: Pair): Effort {
	const change = changeOf(reader, pair);
	const open = writerFor(target, pair);
	const [writer, why] = typeof open === "string" ? [null, open] : [open, null];
	return { change, pair, writer, why, reasons: new Map(), waiting: [], replayed: 0 };
}

function writerFor(target: Database, { name, discarded, baseline }: Pair): RowWriter | string | null {
	if (discarded === null) return null;
	if (baseline === null) return "The restored version has no such table.";
	const live = tablesOf(target).find((table) => table.name.toLowerCase() === name.toLowerCase());
	if (live === undefined) return "The restored version has no such table.";
	const match = matchOf(discarded, baseline);
	if (match === null || matchOf(discarded, live) === null) return "Its rows cannot be paired.";
	return createRowWriter(target, { table: live, key: match.key, columns: commonColumns(discarded, live) });
}

function firstPass(reader: Database, effort: Effort, target: Database): void {
	const { pair, writer, change } = effort;
	if (writer === null || change.inserted === 0 || pair.discarded === null || pair.baseline === null) return;
	const match = matchOf(pair.discarded, pair.baseline);
	if (match === null) return;
	const sql = `select ${writer.keyNames.map((name) => `o.${name}`).join(", ")} from ${newRows(pair, match, "was")}`;
	for (const key of reader.prepare(sql).raw().safeIntegers().iterate() as IterableIterator<Key>) {
		attempt(effort, key, target);
	}
}

/** Whether another pass may help. */
function retry(effort: Effort, target: Database): boolean {
	const before = effort.waiting;
	effort.waiting = [];
	for (const key of before) attempt(effort, key, target);
	return effort.waiting.length < before.length;
}

function attempt(effort: Effort, key: Key, target: Database): void {
	try {
		const result = effort.writer?.write(key) ?? "taken";
		if (result === "written" || result === "there") effort.replayed += 1;
		else if (result === "orphan") effort.waiting.push(key);
		else refuse(effort, key, "the key is taken");
	} catch (error) {
		if (!(error instanceof SqliteError) || !target.inTransaction) throw error;
		if (error.code === "SQLITE_CONSTRAINT_FOREIGNKEY") effort.waiting.push(key);
		else if (isOfTheRow(error)) refuse(effort, key, error.message);
		else throw error;
	}
}

/** A full disk or a broken file is no property of one row. */
function isOfTheRow({ code }: InstanceType<typeof SqliteError>): boolean {
	return ["SQLITE_CONSTRAINT", "SQLITE_ERROR", "SQLITE_MISMATCH", "SQLITE_TOOBIG", "SQLITE_RANGE"].some((prefix) =>
		code.startsWith(prefix),
	);
}

function refuse({ reasons }: Effort, key: Key, reason: string): void {
	reasons.set(reason, [...(reasons.get(reason) ?? []), key]);
}

function changeAfter({ change, writer, why, reasons, waiting, replayed }: Effort): Change {
	const orphans: [string, Key[]][] = waiting.length === 0 ? [] : [["the row that it refers to is not there", waiting]];
	const notes = [...reasons, ...orphans].map(([reason, keys]) => `Not put back, ${reason}: ${shown(keys)}.`);
	const useless = change.inserted > 0 ? why : null;
	return { ...change, replayed: writer === null ? 0 : replayed, note: join(change.note, useless, ...notes) };
}

function shown(keys: readonly Key[]): string {
	const names = keys.slice(0, SHOWN_KEYS).map((key) => key.map(print).join("/"));
	const more = keys.length - names.length;
	return more > 0 ? `${names.join(", ")} and ${more} more` : names.join(", ");
}

function print(value: unknown): string {
	return Buffer.isBuffer(value) ? `x'${value.subarray(0, 16).toString("hex")}'` : String(value).slice(0, 40);
}
