// The tables of a database as counting, replaying and fingerprints need them: which hold data of their own, their columns, their keys.
import type { Database } from "better-sqlite3";

export interface Table {
	readonly name: string;
	readonly virtual: boolean;
	/** Without generated and hidden ones. */
	readonly columns: readonly string[];
	/** The declared primary key, in its order; empty where there is none. */
	readonly key: readonly string[];
	/** A name for the row's own number that no column hides; null where there is none. */
	readonly rowid: string | null;
	readonly sql: string;
}

interface ListRow {
	readonly name: string;
	readonly type: "table" | "virtual" | "view" | "shadow";
	readonly wr: 0 | 1;
	readonly sql: string | null;
}

interface ColumnRow {
	readonly name: string;
	readonly pk: number;
	readonly hidden: number;
}

/** Shadow tables belong to their virtual table, and SQLite's own are bookkeeping. Sorted by name. */
export function tablesOf(database: Database, schema = "main"): Table[] {
	const sql = `select list.name, list.type, list.wr, s.sql from pragma_table_list as list
		left join ${quoted(schema)}.sqlite_schema as s on s.name = list.name and s.type = 'table'
		where list.schema = ? and list.type in ('table', 'virtual') and list.name not like 'sqlite\\_%' escape '\\'
		order by list.name`;
	const rows = database.prepare<[string], ListRow>(sql).all(schema);
	return rows.map((row) => tableOf(database, schema, row));
}

function tableOf(database: Database, schema: string, { name, type, wr, sql }: ListRow): Table {
	const columns = columnsOf(database, schema, name);
	const taken = new Set(columns.map((column) => column.name.toLowerCase()));
	const rowid = wr === 1 ? undefined : ["rowid", "_rowid_", "oid"].find((alias) => !taken.has(alias));
	const key = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
	return {
		name,
		virtual: type === "virtual",
		columns: columns.filter(({ hidden }) => hidden === 0).map((column) => column.name),
		key: key.map((column) => column.name),
		rowid: rowid ?? null,
		sql: sql ?? "",
	};
}

/** A virtual table whose module is missing here has no columns that could be told. */
function columnsOf(database: Database, schema: string, name: string): ColumnRow[] {
	const sql = "select name, pk, hidden from pragma_table_xinfo(?, ?)";
	try {
		return database.prepare<[string, string], ColumnRow>(sql).all(name, schema);
	} catch {
		return [];
	}
}

/** A full-text index over another table, or over nothing, holds no rows of its own. */
export function ownsRows({ virtual, sql }: Table): boolean {
	return !virtual || !/\bcontent\s*=/i.test(sql);
}

export function quoted(name: string): string {
	return `"${name.replaceAll('"', '""')}"`;
}

export function qualified(schema: string, table: string): string {
	return `${quoted(schema)}.${quoted(table)}`;
}
