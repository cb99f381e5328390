// Putting rows back: what fits goes in, what does not is told with its reason and its key, and nothing goes in twice.
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makePlace, type TestPlace } from "./place.js";

let place: TestPlace;
beforeEach(async () => {
	place = await makePlace();
});
afterEach(() => place.cleanUp());

/** The window's `after`, rolled back; then what the restored version does `meanwhile`; then the replay, twice. */
async function replayed(before: string, after: string, meanwhile = "") {
	place.exec(before);
	const snapshots = place.snapshots();
	const records = await snapshots.take("sw_a");
	place.exec(after);
	await snapshots.restore("sw_a", records);
	if (meanwhile !== "") place.exec(meanwhile);
	const first = await snapshots.replay("sw_a", "all");
	const content = dump();
	expect(await snapshots.replay("sw_a", "all")).toEqual(first);
	expect(dump()).toEqual(content);
	expect(await snapshots.count("sw_a")).toEqual(first);
	expect(place.on(place.file, (database) => database.pragma("foreign_key_check"))).toEqual([]);
	return { tables: new Map(first.map((counts) => [counts.table, counts])), rows };
}

function dump(): unknown {
	return place.on(place.file, (database) => {
		const names = database.prepare("select name from sqlite_schema where type = 'table'").pluck().all() as string[];
		return names.map((name) => [name, database.prepare(`select * from "${name}"`).raw().all()]);
	});
}

function rows(sql: string): unknown[] {
	return place.on(place.file, (database) => database.prepare(sql).raw().safeIntegers().all());
}

describe("a replay", () => {
	it("puts every type back exactly as it was", async () => {
		const values =
			"(1, 9007199254740993), (2, 1.5), (3, cast(x'c3bc0078' as text)), (4, x'00ff'), (5, null), (6, 3.0), (7, '1')";
		const { tables } = await replayed("create table t (id integer primary key, a)", `insert into t values ${values}`);
		expect(tables.get("t")).toMatchObject({ inserted: 7, replayed: 7, note: null });
		const kept = place.on(place.discarded("sw_a"), (database) =>
			database.prepare("select id, typeof(a), hex(a) from t").raw().safeIntegers().all(),
		);
		expect(rows("select id, typeof(a), hex(a) from t")).toEqual(kept);
	});

	it("puts parents before children, however they are named, and cycles of deferred ones not at all", async () => {
		const { tables } = await replayed(
			`create table a_child (id integer primary key, b references b_parent);
			create table b_parent (id integer primary key, c references c_root);
			create table c_root (id integer primary key, up references c_root);
			create table x (id integer primary key, y references y deferrable initially deferred);
			create table y (id integer primary key, x references x deferrable initially deferred)`,
			`insert into c_root values (1, null), (2, 1), (3, 3); insert into b_parent values (5, 2); insert into a_child values (9, 5);
			begin; insert into x values (1, 1), (2, null); insert into y values (1, 1), (2, 2); commit`,
		);
		expect(tables.get("c_root")).toMatchObject({ replayed: 3 });
		expect(tables.get("b_parent")).toMatchObject({ replayed: 1 });
		expect(tables.get("a_child")).toMatchObject({ replayed: 1, note: null });
		expect(tables.get("x")).toMatchObject({
			inserted: 2,
			replayed: 1,
			note: expect.stringContaining("refers to is not there: 1"),
		});
		expect(tables.get("y")).toMatchObject({ inserted: 2, replayed: 1 });
	});

	it("leaves out a row whose parent is gone, and says which", async () => {
		const { tables } = await replayed(
			"create table p (id integer primary key); create table c (id integer primary key, p not null references p); insert into p values (1), (2)",
			"insert into c values (7, 1), (8, 2)",
			"delete from p where id = 2",
		);
		expect(tables.get("c")).toMatchObject({
			inserted: 2,
			replayed: 1,
			note: expect.stringMatching(/refers to is not there: 8\.$/),
		});
		expect(rows("select id from c")).toEqual([[7n]]);
	});

	it("never replaces a row of the live version, whatever the table's conflict clause says", async () => {
		const { tables } = await replayed(
			"create table t (id integer primary key on conflict replace, mail text unique on conflict replace)",
			"insert into t values (1, 'a@x'), (2, 'b@x'), (3, 'c@x'), (4, 'd@x')",
			"insert into t values (1, 'mine'), (9, 'b@x')",
		);
		expect(tables.get("t")).toMatchObject({ inserted: 4, replayed: 2 });
		expect(tables.get("t")?.note).toContain("the key is taken: 1.");
		expect(tables.get("t")?.note).toMatch(/UNIQUE constraint failed: t.mail: 2\./);
		expect(rows("select id, mail from t order by id")).toEqual([
			[1n, "mine"],
			[3n, "c@x"],
			[4n, "d@x"],
			[9n, "b@x"],
		]);
	});

	it("leaves out what the older schema refuses, and tells the first keys of many", async () => {
		const { tables } = await replayed(
			"create table t (id integer primary key, a not null check (a < 10)); create table s (id integer primary key, n integer) strict",
			`create table n (id integer primary key, a); drop table t; alter table n rename to t;
			insert into t values (1, 5), (2, null), (3, 50), (4, 51), (5, 52), (6, 53);
			create table m (id integer primary key, n); drop table s; alter table m rename to s; insert into s values (1, 'text'), (2, 2)`,
		);
		expect(tables.get("t")).toMatchObject({ inserted: 6, replayed: 1 });
		expect(tables.get("t")?.note).toContain("NOT NULL constraint failed: t.a: 2.");
		expect(tables.get("t")?.note).toContain("3, 4, 5 and 1 more.");
		expect(tables.get("s")).toMatchObject({
			inserted: 2,
			replayed: 1,
			note: expect.stringContaining("cannot store TEXT"),
		});
	});

	it("uses the columns that both versions know, and says what became of a new table", async () => {
		const { tables } = await replayed(
			"create table t (id integer primary key, a, b default 'old', c as (a || '!'))",
			"alter table t add column d; insert into t (id, a, b, d) values (1, 'x', 'y', 'lost'); create table fresh (a); insert into fresh values (1)",
		);
		expect(tables.get("t")).toMatchObject({ replayed: 1, note: "The new version added d." });
		expect(tables.get("fresh")).toMatchObject({ replayed: 0, note: expect.stringContaining("has no such table") });
		expect(rows("select * from t")).toEqual([[1n, "x", "y", "x!"]]);
	});

	it("handles tables without a key, without a rowid, and full-text ones", async () => {
		const { tables } = await replayed(
			`create table log (line); insert into log values ('old');
			create table pair (a, b, v, primary key (a, b)) without rowid; create virtual table search using fts5(words)`,
			"insert into log values ('new'), (null); insert into pair values (1, 'x', 2); insert into search values ('hello world')",
		);
		expect([...tables.values()].map(({ table, replayed }) => `${table} ${replayed}`)).toEqual([
			"log 2",
			"pair 1",
			"search 1",
		]);
		expect(rows("select line from log")).toEqual([["old"], ["new"], [null]]);
		expect(rows("select words from search where search match 'world'")).toEqual([["hello world"]]);
	});

	it("lets triggers of the live version do their work", async () => {
		await replayed(
			"create table t (id integer primary key); create table seen (id integer primary key); create trigger tr after insert on t begin insert into seen values (new.id); end",
			"insert into t values (5)",
		);
		expect(rows("select id from seen")).toEqual([[5n]]);
	});

	it("puts back nothing at all when a trigger ends the transaction, and says so", async () => {
		const { tables } = await replayed(
			"create table a (id integer primary key); create table t (id integer primary key)",
			"insert into a values (1); insert into t values (5)",
			"create trigger tr before insert on t begin select raise(rollback, 'no more'); end",
		);
		for (const table of ["a", "t"]) {
			expect(tables.get(table)).toMatchObject({ replayed: 0, note: expect.stringContaining("no more") });
		}
		expect(rows("select * from a")).toEqual([]);
	});

	it("works while the program writes", async () => {
		place.exec("pragma journal_mode = wal; create table t (id integer primary key, a); create table busy (n)");
		const snapshots = place.snapshots();
		const records = await snapshots.take("sw_a");
		place.exec(
			"with recursive n(i) as (select 1 union all select i + 1 from n where i < 500) insert into t select i, i from n",
		);
		await snapshots.restore("sw_a", records);
		const program = new Database(place.file, { timeout: 5_000 });
		const write = program.prepare("insert into busy values (1)");
		const replay = snapshots.replay("sw_a", "all");
		let writes = 0;
		let over = false;
		void replay.finally(() => {
			over = true;
		});
		while (!over) {
			write.run();
			writes += 1;
			await new Promise((resolve) => setImmediate(resolve));
		}
		expect((await replay).find(({ table }) => table === "t")).toMatchObject({ replayed: 500 });
		expect(program.prepare("select count(*) from busy").pluck().get()).toBe(writes);
		program.close();
	});
});
