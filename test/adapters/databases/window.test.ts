// What the window wrote, counted exactly over every kind of table, whatever the new version did to the schema (SQLite fact 9).
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makePlace, type TestPlace } from "./place.js";

let place: TestPlace;
beforeEach(async () => {
	place = await makePlace();
});
afterEach(() => place.cleanUp());

/** Counts as `table: inserted/updated/deleted` with the note, tables without change left out. */
async function counted(before: string, after: string): Promise<string[]> {
	place.exec(before);
	const snapshots = place.snapshots();
	const records = await snapshots.take("sw_a");
	place.exec(after);
	await snapshots.restore("sw_a", records);
	const counts = await snapshots.count("sw_a");
	return counts
		.filter(({ inserted, updated, deleted, note }) => inserted + updated + deleted > 0 || note !== null)
		.map(({ table, inserted, updated, deleted, note }) =>
			`${table}: ${inserted}/${updated}/${deleted} ${note ?? ""}`.trim(),
		);
}

describe("counts", () => {
	it.each([
		[
			"an integer key",
			"create table t (id integer primary key, a); insert into t values (1, 'x'), (2, 'y'), (3, 'z')",
			"insert into t values (4, 'n'); update t set a = 'w' where id = 2; delete from t where id = 3",
			["t: 1/1/1"],
		],
		[
			"a text key that ignores case, and a change of case",
			"create table t (k text primary key collate nocase, a text collate nocase); insert into t values ('A', 'x'), ('b', 'y')",
			"update t set k = 'a' where k = 'A'; update t set a = 'Y' where k = 'b'; insert into t values ('c', 'z')",
			["t: 1/2/0"],
		],
		[
			"a key of several columns without a rowid",
			"create table t (a, b, c, primary key (b, a)) without rowid; insert into t values (1, 1, 1), (1, 2, 1)",
			"update t set c = 2 where b = 1; insert into t values (2, 2, 2); delete from t where a = 1 and b = 2",
			["t: 1/1/1"],
		],
		[
			"no key",
			"create table t (a); insert into t values (1), (1), (null)",
			"insert into t values (1); update t set a = 2 where rowid = 1; delete from t where rowid = 3; insert into t values (7)",
			["t: 2/1/1"],
		],
		[
			"no key, and columns that hide the row's number",
			"create table t (rowid text, oid text, a); insert into t values (1, 1, 1)",
			"insert into t values (2, 2, 2); update t set a = 5 where rowid = '1'",
			["t: 1/1/0"],
		],
		[
			"NULL against a value, and blobs",
			"create table t (id integer primary key, a); insert into t values (1, null), (2, x'00ff'), (3, ''), (4, null)",
			"update t set a = 0 where id = 1; update t set a = x'00fe' where id = 2; update t set a = null where id in (3, 4)",
			["t: 0/3/0"],
		],
		[
			"NULL in a key",
			"create table t (k text primary key, a); insert into t values (null, 1), (null, 2), ('x', 3)",
			"insert into t values ('y', 4); update t set a = 9 where k = 'x'",
			["t: 1/1/0"],
		],
		[
			"generated columns",
			"create table t (id integer primary key, a, b as (a * 2), c as (a * 3) stored); insert into t (id, a) values (1, 1)",
			"update t set a = 2; insert into t (id, a) values (2, 2)",
			["t: 1/1/0"],
		],
		[
			"an added column",
			"create table t (id integer primary key, a); insert into t values (1, 1), (2, 2)",
			"alter table t add column b default 'new'; update t set b = 'filled'; update t set a = 9 where id = 2",
			["t: 0/1/0 The new version added b."],
		],
		[
			"a dropped column and a rebuilt table",
			"create table t (id integer primary key, a, b); insert into t values (1, 1, 1), (2, 2, 2)",
			"create table n (id integer primary key, a); insert into n select id, a from t; drop table t; alter table n rename to t",
			["t: 0/0/0 The new version dropped b."],
		],
		[
			"a new table and a dropped one",
			"create table old (a); insert into old values (1), (2)",
			"drop table old; create table fresh (a); insert into fresh values (1), (2), (3)",
			["fresh: 3/0/0 The new version made the table.", "old: 0/0/2 The new version dropped the table."],
		],
		[
			"a key that moved to another column",
			"create table t (a integer primary key, b); insert into t values (1, 'x'), (2, 'y')",
			"create table n (b text primary key, a); insert into n select b, a from t; drop table t; alter table n rename to t; insert into t values ('z', 3)",
			["t: 1/0/0"],
		],
		[
			"rows that nothing pairs",
			"create table t (a integer primary key); insert into t values (1)",
			"create table n (b text primary key); insert into n values ('x'), ('y'); drop table t; alter table n rename to t",
			["t: 1/0/0 Its rows cannot be paired. The new version added b. The new version dropped a."],
		],
		[
			"a full-text table, its shadow tables left out",
			"create virtual table t using fts5(a); insert into t values ('one'), ('two')",
			"insert into t values ('three'); update t set a = 'zwei' where rowid = 2; delete from t where rowid = 1",
			["t: 1/1/1"],
		],
		[
			"a full-text index over a table",
			"create table t (id integer primary key, a); create virtual table i using fts5(a, content='t', content_rowid='id')",
			"insert into t values (1, 'one'); insert into i (rowid, a) values (1, 'one')",
			["t: 1/0/0"],
		],
		[
			"SQLite's own tables left out",
			"create table t (id integer primary key autoincrement, a); insert into t (a) values (1); analyze",
			"insert into t (a) values (2); delete from t where id = 2; analyze",
			[],
		],
		[
			"names that need quoting",
			'create table "a ""b"" [c]" ("x ""y"" \'z\'" primary key, "select"); insert into "a ""b"" [c]" values (1, 1)',
			'insert into "a ""b"" [c]" values (2, 2); update "a ""b"" [c]" set "select" = 5 where "select" = 1',
			['a "b" [c]: 1/1/0'],
		],
	])("%s", async (_, before, after, wanted) => {
		expect(await counted(before, after)).toEqual(wanted);
	});

	it("more columns than an expression may be deep", async () => {
		const names = Array.from({ length: 1_500 }, (_, index) => `c${index}`);
		const before = `create table t (id integer primary key, ${names.join(", ")}); insert into t (id) values (1), (2)`;
		expect(await counted(before, "update t set c1499 = 1 where id = 2")).toEqual(["t: 0/1/0"]);
	});

	it("leave the snapshot as it is, and can be asked again", async () => {
		await counted("pragma journal_mode = wal; create table t (a)", "insert into t values (1)");
		const snapshot = join(place.stateDir, "snapshots", "sw_a", "0", "app.db");
		const bytes = await readFile(snapshot);
		expect(await place.snapshots().count("sw_a")).toMatchObject([{ table: "t", inserted: 1 }]);
		expect((await readFile(snapshot)).equals(bytes)).toBe(true);
		await place.snapshots().restore("sw_a", []);
	});

	it("tell of a table that only the program can read, and count the others", async () => {
		const mine = new Database(place.file);
		mine.function("mine", { deterministic: true }, (value: unknown) => value);
		mine.exec("create table plain (a); create table t (a primary key, b generated always as (mine(a)) stored)");
		const snapshots = place.snapshots();
		mine.close();
		const records = await snapshots.take("sw_a");
		place.exec("insert into plain values (1)");
		await snapshots.restore("sw_a", records);
		const counts = await snapshots.count("sw_a");
		expect(counts.find(({ table }) => table === "plain")).toMatchObject({ inserted: 1 });
	});
});
