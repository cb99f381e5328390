// Writes one discarded row at a time into one live table. The row goes from file to file inside SQLite, so that every byte stays as it was.
import type { Database } from "better-sqlite3";
import { nameOf, sameContent, sameKey } from "./comparison.js";
import { qualified, quoted, type Table } from "./tables.js";

export type Key = readonly unknown[];

export interface RowWriter {
	/** As SQL names them. */
	readonly keyNames: readonly string[];
	/** `there`: the same row is there already. `taken`: another row has its key. `orphan`: its parent is missing. Throws what SQLite refuses. */
	write(key: Key): "written" | "there" | "taken" | "orphan";
}

interface Target {
	readonly table: Table;
	readonly key: readonly string[];
	readonly columns: readonly string[];
}

export function createRowWriter(database: Database, { table, key, columns }: Target): RowWriter {
	const keyNames = key.map(nameOf);
	const match = { key, columns };
	const wanted = (alias: string) => keyNames.map((name) => `${alias}.${name} is ?`).join(" and ");
	const gone = `${qualified("gone", table.name)} as g where ${wanted("g")}`;
	const find = database
		.prepare(
			`select exists (select 1 from ${qualified("gone", table.name)} as g
				where ${sameKey(match, "g", "l")} and ${sameContent(match, "g", "l")})
			from ${qualified("main", table.name)} as l where ${wanted("l")}`,
		)
		.pluck();
	const targets = [...new Set([...keyNames, ...columns.map(quoted)])];
	/** `or abort` overrides an ON CONFLICT of the table: a row of the live version is never replaced. */
	const insert = database.prepare(
		`insert or abort into ${qualified("main", table.name)} (${targets.join(", ")})
		select ${targets.map((name) => `g.${name}`).join(", ")} from ${gone}`,
	);
	const parents = parentChecks(database, table).map((check) =>
		database.prepare(`select 1 from ${gone} and ${check}`).pluck(),
	);
	return {
		keyNames,
		write: (values) => {
			const found = find.get(...values);
			if (found !== undefined) return found === 1 ? "there" : "taken";
			if (parents.some((check) => check.get(...values) === undefined)) return "orphan";
			insert.run(...values);
			return "written";
		},
	};
}

interface ReferenceRow {
	readonly id: number;
	readonly table: string;
	readonly from: string;
	readonly to: string | null;
}

/** A deferred reference would fail only at the commit and take all rows with it, so its parent is looked for beforehand. */
function parentChecks(database: Database, table: Table): string[] {
	if (!/initially\s+deferred/i.test(table.sql)) return [];
	const sql = `select id, "table", "from", "to" from pragma_foreign_key_list(?) order by id, seq`;
	const rows = database.prepare<[string], ReferenceRow>(sql).all(table.name);
	const ids = [...new Set(rows.map(({ id }) => id))];
	return ids.map((id) =>
		parentCheck(
			database,
			table,
			rows.filter((row) => row.id === id),
		),
	);
}

function parentCheck(database: Database, table: Table, rows: readonly ReferenceRow[]): string {
	const parent = rows[0]?.table ?? table.name;
	const primary = primaryKeyOf(database, parent);
	const pairs = rows.map(({ from, to }, index) => [quoted(from), quoted(to ?? primary[index] ?? from)] as const);
	const absent = pairs.map(([from]) => `g.${from} is null`).join(" or ");
	const there = pairs.map(([from, to]) => `p.${to} = g.${from}`).join(" and ");
	const itself = parent === table.name ? ` or (${pairs.map(([from, to]) => `g.${to} = g.${from}`).join(" and ")})` : "";
	return `(${absent} or exists (select 1 from ${qualified("main", parent)} as p where ${there})${itself})`;
}

function primaryKeyOf(database: Database, table: string): string[] {
	const sql = "select name from pragma_table_info(?) where pk > 0 order by pk";
	return database.prepare<[string]>(sql).pluck().all(table) as string[];
}
