// Counts what the window wrote, per table: the discarded database against the snapshot. Changes no row of either.
import type { Database } from "better-sqlite3";
import {
	includes,
	type Match,
	matchOf,
	newRows,
	openCompared,
	type Pair,
	pairsOf,
	sameContent,
	sameKey,
} from "./comparison.js";
import type { Change, Compared } from "./data-jobs.js";
import { qualified, type Table } from "./tables.js";

export function countChanges(compared: Compared): Change[] {
	const database = openCompared(compared);
	try {
		return pairsOf(database).map((pair) => changeOf(database, pair));
	} finally {
		database.close();
	}
}

/** A table that cannot be read is told, and hides none of the others. */
export function changeOf(database: Database, pair: Pair): Change {
	try {
		return { table: pair.name, replayed: null, ...countsOf(database, pair) };
	} catch (error) {
		return { table: pair.name, ...none, replayed: null, note: `It cannot be counted: ${(error as Error).message}.` };
	}
}

type Counts = Omit<Change, "table" | "replayed">;
const none = { inserted: 0, updated: 0, deleted: 0 };

function countsOf(database: Database, { name, discarded, baseline }: Pair): Counts {
	const count = (rows: string) => database.prepare(`select count(*) from ${rows}`).pluck().get() as number;
	if (discarded === null) {
		return { ...none, deleted: count(qualified("was", name)), note: "The new version dropped the table." };
	}
	if (baseline === null) {
		return { ...none, inserted: count(qualified("main", name)), note: "The new version made the table." };
	}
	const match = matchOf(discarded, baseline);
	const note = noteOf(discarded, baseline);
	if (match === null) return { ...withoutKey(count, name), note: join("Its rows cannot be paired.", note) };
	const inserted = count(newRows({ name }, match, "was"));
	const deleted = count(newRows({ name }, match, "main"));
	return { inserted, updated: count(newOrChanged(name, match)) - inserted, deleted, note };
}

/** Also right where a key holds NULL, and so is no key. */
function newOrChanged(name: string, match: Match): string {
	return `${qualified("main", name)} as o where not exists (select 1 from ${qualified("was", name)} as s
		where ${sameKey(match, "s", "o")} and ${sameContent(match, "s", "o")})`;
}

/** Only the number of rows can be compared. */
function withoutKey(count: (rows: string) => number, name: string) {
	const more = count(qualified("main", name)) - count(qualified("was", name));
	return { inserted: Math.max(0, more), updated: 0, deleted: Math.max(0, -more) };
}

function noteOf(discarded: Table, baseline: Table): string | null {
	const added = discarded.columns.filter((name) => !includes(baseline.columns, name));
	const dropped = baseline.columns.filter((name) => !includes(discarded.columns, name));
	return join(
		added.length === 0 ? null : `The new version added ${added.join(", ")}.`,
		dropped.length === 0 ? null : `The new version dropped ${dropped.join(", ")}.`,
	);
}

export function join(...notes: readonly (string | null)[]): string | null {
	return notes.filter((note) => note !== null).join(" ") || null;
}
