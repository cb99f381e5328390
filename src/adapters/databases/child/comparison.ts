// Pairs the tables of the discarded database (main) with those of the snapshot (was): by primary key or row number, over common columns.
import SqliteDatabase, { type Database, SqliteError } from "better-sqlite3";
import type { Compared } from "./data-jobs.js";
import { ownsRows, qualified, quoted, type Table, tablesOf } from "./tables.js";

export interface Pair {
	readonly name: string;
	readonly discarded: Table | null;
	readonly baseline: Table | null;
}

/** How rows of a pair are told apart; null where no key lies in both. */
export interface Match {
	readonly key: readonly string[];
	readonly columns: readonly string[];
}

/** Where a full disk has no room for the index of a log, SQLite keeps it in memory: that takes the databases for itself. */
export function openCompared(compared: Compared): Database {
	try {
		return opened(compared, "NORMAL");
	} catch (error) {
		if (!(error instanceof SqliteError) || !/^SQLITE_(FULL|IOERR|CANTOPEN)/.test(error.code)) throw error;
		return opened(compared, "EXCLUSIVE");
	}
}

/** For writing, so that SQLite recovers what a killed program left; nothing is written to its tables. */
function opened({ discarded, baseline }: Compared, locking: "NORMAL" | "EXCLUSIVE"): Database {
	const database = new SqliteDatabase(discarded, { fileMustExist: true });
	try {
		database.pragma(`locking_mode = ${locking}`);
		database.prepare("attach ? as was").run(baseline ?? ":memory:");
		for (const schema of ["main", "was"]) database.prepare(`select count(*) from ${schema}.sqlite_schema`).get();
		return database;
	} catch (error) {
		database.close();
		throw error;
	}
}

export function pairsOf(database: Database): Pair[] {
	const [now, was] = [tablesOf(database).filter(ownsRows), tablesOf(database, "was").filter(ownsRows)];
	const find = (tables: Table[], name: string) => tables.find((table) => same(table.name, name)) ?? null;
	const added = now.filter(({ name }) => find(was, name) === null);
	const pairs = was.map(({ name }) => ({ name, discarded: find(now, name), baseline: find(was, name) }));
	return [...pairs, ...added.map((table) => ({ name: table.name, discarded: table, baseline: null }))].sort((a, b) =>
		a.name < b.name ? -1 : 1,
	);
}

/** The key of the older version, if the newer one still has it, else the newer one's, else the rows' own numbers. */
export function matchOf(discarded: Table, baseline: Table): Match | null {
	const columns = commonColumns(discarded, baseline);
	for (const { key } of [baseline, discarded]) {
		if (key.length > 0 && key.every((name) => includes(columns, name))) return { key, columns };
	}
	const keyless = discarded.key.length === 0 && baseline.key.length === 0;
	if (!keyless || discarded.rowid === null || discarded.rowid !== baseline.rowid) return null;
	return { key: [discarded.rowid], columns };
}

export function commonColumns(one: Table, other: Table): string[] {
	return one.columns.filter((name) => includes(other.columns, name));
}

export function includes(names: readonly string[], name: string): boolean {
	return names.some((candidate) => same(candidate, name));
}

function same(one: string, other: string): boolean {
	return one.toLowerCase() === other.toLowerCase();
}

/** `is` finds by index and treats NULL as a value. The left side's collation decides, so it is the table that is searched. */
export function sameKey({ key }: Match, searched: string, other: string): string {
	return key.map((name) => `${searched}.${nameOf(name)} is ${other}.${nameOf(name)}`).join(" and ");
}

/** As stored: a case-insensitive column does not hide a change of case. */
export function sameContent({ columns }: Match, one: string, other: string): string {
	if (columns.length === 0) return "1";
	const left = columns.map((name) => `${one}.${quoted(name)} collate binary`);
	const right = columns.map((name) => `${other}.${quoted(name)}`);
	return columns.length === 1 ? `${left} is ${right}` : `(${left.join(", ")}) is (${right.join(", ")})`;
}

/** Row numbers are names of SQLite and work unquoted only where no column hides them, which `Table.rowid` ensures. */
export function nameOf(column: string): string {
	return ["rowid", "_rowid_", "oid"].includes(column) ? column : quoted(column);
}

export function newRows(pair: { name: string }, match: Match, searched: string): string {
	const other = searched === "was" ? "main" : "was";
	return `${qualified(other, pair.name)} as o where not exists
		(select 1 from ${qualified(searched, pair.name)} as s where ${sameKey(match, "s", "o")})`;
}
