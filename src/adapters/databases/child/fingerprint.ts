// What a database holds, as one hash: two with the same fingerprint have the same schema and the same rows, however they lie in the file.
import { createHash, type Hash } from "node:crypto";
import type { Database } from "better-sqlite3";
import { qualified, quoted, type Table, tablesOf } from "./tables.js";

const CHUNK_CHARACTERS = 64 * 1024;

/** `schema_version` is left out: a backup and a VACUUM change it. */
export function fingerprintOf(database: Database): string {
	const hash = createHash("sha256");
	hash.update(JSON.stringify(schemaOf(database)));
	for (const table of tablesOf(database)) {
		hash.update(JSON.stringify([table.name, table.columns]));
		hash.update(rowsOf(database, table));
	}
	return hash.digest("hex");
}

function schemaOf(database: Database): unknown[] {
	const sql = "select type, name, tbl_name, sql from sqlite_schema order by type, name, tbl_name";
	const rows = database.prepare(sql).raw().all();
	return [...rows, database.pragma("user_version"), database.pragma("application_id")];
}

/** Rows that cannot be read without the program (its collations, its modules) are told as such; their shadow tables still count. */
function rowsOf(database: Database, table: Table): Buffer {
	const hash = createHash("sha256");
	try {
		addRows(database, table, hash);
	} catch (error) {
		hash.update(`unreadable: ${(error as Error).message}`);
	}
	return hash.digest();
}

function addRows(database: Database, table: Table, hash: Hash): void {
	if (table.columns.length === 0) return;
	const statement = database.prepare(selectionOf(table)).raw().safeIntegers();
	let rows = 0;
	let text = "";
	for (const row of statement.iterate() as IterableIterator<unknown[]>) {
		rows += 1;
		for (const value of row) text += encoded(value);
		if (text.length < CHUNK_CHARACTERS) continue;
		hash.update(text);
		text = "";
	}
	hash.update(text).update(`${rows} rows`);
}

function selectionOf({ name, columns, key, rowid }: Table): string {
	const order = rowid === null ? key.map(quoted) : [rowid];
	const own = rowid === null || key.length > 0 ? [] : [rowid];
	const ordering = order.length === 0 ? "" : ` order by ${order.join(", ")}`;
	return `select ${[...own, ...columns.map(quoted)].join(", ")} from ${qualified("main", name)}${ordering}`;
}

/** Every value with its type and its length, so that no two rows read alike. */
function encoded(value: unknown): string {
	if (value === null) return "n";
	if (typeof value === "bigint") return `i${value};`;
	if (typeof value === "number") return `r${value};`;
	if (typeof value === "string") return `t${value.length}:${value}`;
	const blob = value as Buffer;
	return `b${blob.length}:${blob.toString("latin1")}`;
}
