// The journal on disk: durable before it answers, whole after a kill, refused where it cannot be trusted. The contract is in test/contracts.
import { copyFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openJournal } from "../../../src/adapters/journal/journal.js";
import { openForWriting } from "../../../src/adapters/journal/journal-file.js";
import { readJournal } from "../../../src/adapters/journal/read-journal.js";
import { evolveAll } from "../../../src/core/machine/evolve.js";
import { isRefusal } from "../../../src/core/refusals.js";
import type { Journal } from "../../../src/ports/ports.js";
import { journeys, stamped } from "../../core/journeys.js";
import { type Program, startProgram } from "../../support/processes.js";

let folder: string;
let file: string;
const journals: Journal[] = [];
const programs: Program[] = [];

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "deadman-journal-"));
	file = join(folder, "state.db");
});
afterEach(async () => {
	await Promise.all(journals.splice(0).map((journal) => journal.close()));
	await Promise.all(programs.splice(0).map((program) => program.end()));
	await rm(folder, { recursive: true });
});

async function open(): Promise<Journal> {
	const journal = await openJournal({ file });
	if (isRefusal(journal)) throw new Error(journal.message);
	journals.push(journal);
	return journal;
}

async function addOne(journal: Journal, id = "sw_a"): Promise<void> {
	const facts = stamped(journeys.awaiting_confirmation);
	await journal.append({ swapId: id, expectedVersion: 0, facts, next: evolveAll(id, facts), messages: [] });
}

async function refusalOf(): Promise<{ code: string; message: string }> {
	const refusal = await openJournal({ file });
	if (!isRefusal(refusal)) {
		await refusal.close();
		throw new Error("It was opened.");
	}
	return refusal;
}

function write(...values: readonly string[]): Program {
	const program = startProgram("journal-writer.mjs", file, ...values);
	programs.push(program);
	return program;
}

describe("a journal on disk", () => {
	it("is readable by its owner only, write-ahead log included", async () => {
		await addOne(await open());
		for (const name of await readdir(folder)) {
			expect(`${name} ${((await stat(join(folder, name))).mode & 0o777).toString(8)}`).toBe(`${name} 600`);
		}
		expect(await readdir(folder)).toContain("state.db-wal");
	});

	it("is synchronous=FULL in WAL mode after its first write (SQLite fact 2)", () => {
		const plain = new Database(join(folder, "plain.db"));
		plain.pragma("journal_mode = WAL");
		plain.exec("create table t (x)");
		expect(plain.pragma("synchronous", { simple: true })).toBe(1);
		plain.close();
		const database = openForWriting(file);
		if (isRefusal(database)) throw new Error(database.message);
		expect(database.pragma("synchronous", { simple: true })).toBe(2);
		expect(database.pragma("journal_mode", { simple: true })).toBe("wal");
		expect(database.pragma("foreign_keys", { simple: true })).toBe(1);
		database.close();
	});

	it("aborts whoever would change, delete, replace or skip a fact", async () => {
		const journal = await open();
		await addOne(journal);
		await journal.close();
		const database = new Database(file);
		for (const sql of [
			"update facts set body = '{}'",
			"delete from facts",
			"insert or replace into facts values ('sw_a', 1, 'noted', 0, '{}')",
			"insert into facts values ('sw_a', 99, 'noted', 0, '{}')",
			"insert into facts values ('sw_nobody', 1, 'noted', 0, '{}')",
		]) {
			expect(() => database.exec(sql), sql).toThrow(/append|FOREIGN KEY/);
		}
		expect(() => database.exec("delete from swaps")).toThrow(/FOREIGN KEY/);
		database.close();
	});

	it("aborts whoever would change, delete, replace or skip a review or a refused request", async () => {
		const journal = await open();
		await addOne(journal);
		const by = { surface: "cli", id: "0" } as const;
		for (const epoch of [1, 2]) {
			await journal.keepReview({ swapId: "sw_a", epoch, tree: "t", diff: "d", sha256: "s", bytes: 1 });
			await journal.audit({ atMs: 1, subject: null, by, verb: "approve", code: "x", message: "m", shown: null });
		}
		await journal.close();
		const database = new Database(file);
		for (const sql of [
			"update reviews set diff = ''",
			"delete from reviews",
			"insert or replace into reviews values (1, 'sw_a', 1, 't', 's', 1, 'forged')",
			"insert into reviews (swap_id, epoch, tree, sha256, bytes, diff) values ('sw_a', 1, 't', 's', 1, 'forged')",
			"insert into reviews values (9, 'sw_a', 1, 't', 's', 1, 'd')",
			"insert into reviews values (3, 'sw_nobody', 1, 't', 's', 1, 'd')",
			"update audits set body = '{}'",
			"delete from audits",
			"insert or replace into audits values (1, null, null, 'cli:0', 'approve', 'x', 1, '{}')",
			"insert into audits (actor, verb, code, at_ms, body) values ('cli:0', 'approve', 'x', 1, '{}')",
			"insert into audits values (9, null, null, 'cli:0', 'approve', 'x', 1, '{}')",
		]) {
			expect(() => database.exec(sql), sql).toThrow(/append|FOREIGN KEY/);
		}
		database.close();
	});

	it("aborts whoever would change, delete, replace or skip an entry of the feed", async () => {
		const journal = await open();
		await addOne(journal);
		await journal.close();
		const database = new Database(file);
		const end = database.prepare("select max(seq) from feed").pluck().get() as number;
		for (const sql of [
			"update feed set fact_seq = 9",
			"update feed set seq = seq + 100",
			"delete from feed",
			"insert or replace into feed values (1, 'swap', 'sw_a', 2)",
			`insert or replace into feed values (${end + 1}, 'swap', 'sw_a', 1)`,
			`insert into feed values (${end + 1}, 'swap', 'sw_a', 99)`,
			`insert into feed values (${end + 2}, 'swap', 'sw_a', 1)`,
			"insert into feed (subject_kind, subject_id, fact_seq) values ('swap', 'sw_a', 1)",
		]) {
			expect(() => database.exec(sql), sql).toThrow(/append/);
		}
		expect(database.prepare("select count(*) from feed").pluck().get()).toBe(end);
		database.close();
	});

	it("aborts whoever would delete, replace, change or revive a token", async () => {
		const journal = await open();
		for (const id of ["tk_a", "tk_b"]) {
			const token = { id, name: `api:${id}`, role: "viewer", target: null, createdAtMs: 1, revokedAtMs: null } as const;
			await journal.keepToken({ ...token, sha256: id.padEnd(64, "0") });
		}
		await journal.revokeToken("tk_a", 2);
		await journal.close();
		const database = new Database(file);
		const [other, secret] = ["x".repeat(64), "tk_a".padEnd(64, "0")];
		for (const sql of [
			"delete from tokens",
			"update tokens set revoked_at = null where id = 'tk_a'",
			"update tokens set revoked_at = 9 where id = 'tk_a'",
			"update tokens set role = 'operator' where id = 'tk_b'",
			`update tokens set revoked_at = 9, sha256 = '${other}' where id = 'tk_b'`,
			`insert or replace into tokens values (1, 'tk_c', 'api:c', 'operator', null, '${other}', 1, null)`,
			`insert or replace into tokens (id, name, role, sha256, created_at) values ('tk_a', 'api:c', 'viewer', '${other}', 1)`,
			`insert or replace into tokens (id, name, role, sha256, created_at) values ('tk_c', 'api:c', 'viewer', '${secret}', 1)`,
			`insert or replace into tokens (id, name, role, sha256, created_at) values ('tk_c', 'api:tk_b', 'viewer', '${other}', 1)`,
		]) {
			expect(() => database.exec(sql), sql).toThrow(/revoked|such a token/);
		}
		expect(database.prepare("select id, revoked_at from tokens order by ordinal").raw().all()).toEqual([
			["tk_a", 2],
			["tk_b", null],
		]);
		database.close();
	});

	it("shows S1's columns beside the exact state", async () => {
		const journal = await open();
		await addOne(journal);
		await journal.close();
		const database = new Database(file, { readonly: true });
		const row = database.prepare("select * from swaps").get() as Record<string, unknown>;
		const swap = evolveAll("sw_a", stamped(journeys.awaiting_confirmation));
		expect(row).toMatchObject({
			id: "sw_a",
			status: "awaiting_confirmation",
			handshake_state: "pending_restart",
			pre_swap_sha: swap.proposal?.base,
			deadman_started_at: swap.deadman?.startedWallMs,
			deadman_expires_at: (swap.deadman?.startedWallMs ?? 0) + 120_000,
			version: swap.version,
			tidied: 0,
		});
		expect(JSON.parse(String(row.state))).toEqual(swap);
		database.close();
	});

	it("keeps all that it acknowledged when its process is killed, and goes on from there", async () => {
		const writer = write("40", "die");
		expect(await writer.ended).toBe("SIGKILL");
		const told = writer.lines.filter((line) => line.startsWith("acknowledged")).length;
		expect(told).toBe(40);
		expect((await stat(`${file}-wal`)).size).toBeGreaterThan(0);
		const journal = await open();
		expect(await journal.facts("sw_killed")).toHaveLength(told);
		expect((await journal.swap("sw_killed"))?.version).toBe(told);
		await addOne(journal);
	});

	it("lets several processes append to one swap without losing or doubling a fact", async () => {
		await (await open()).close();
		const writers = [write("30", "close"), write("30", "close")];
		await Promise.all(writers.map((writer) => writer.ended));
		const told = writers.flatMap((writer) => writer.lines.filter((line) => line.startsWith("acknowledged")));
		expect(new Set(told).size).toBe(60);
		const facts = await (await open()).facts("sw_killed");
		expect(new Set(facts.map((fact) => JSON.stringify(fact))).size).toBe(60);
	});

	it("is unchanged by an append that fails half-way, and takes the next one", async () => {
		const journal = await open();
		const facts = stamped(journeys.drafting);
		const next = { ...evolveAll("sw_bad", facts), proposer: null as never };
		await expect(journal.append({ swapId: "sw_bad", expectedVersion: 0, facts, next, messages: [] })).rejects.toThrow(
			/null/,
		);
		await addOne(journal);
		expect(await journal.swaps(10)).toHaveLength(1);
	});
});

describe("a journal that cannot be trusted is refused", () => {
	async function madeAndClosed(): Promise<void> {
		const journal = await open();
		await addOne(journal);
		await journal.close();
	}

	function alter(sql: string): void {
		const database = new Database(file);
		database.exec(sql);
		database.close();
	}

	it.each([
		["newer", 99, "schema_newer"],
		["of before 0.2", 4, "schema_older"],
	])("written by a version that is %s, byte for byte untouched", async (_, version, code) => {
		await madeAndClosed();
		alter(`pragma user_version = ${version}`);
		const before = await readFile(file);
		const refusal = await refusalOf();
		expect(refusal).toMatchObject({ code });
		expect(refusal.message).toContain(String(version));
		expect((await readFile(file)).equals(before)).toBe(true);
		expect(readJournal({ file })).toMatchObject({ code });
	});

	it.each([
		[
			"no database",
			() => writeFile(file, "this is not a database, but it is long enough to have a header\n".repeat(20)),
		],
		["another program's database", async () => alter("create table t (x)")],
		["cut off to nothing", () => writeFile(file, "")],
		[
			"a folder",
			() =>
				rm(file, { force: true })
					.then(() => import("node:fs/promises"))
					.then((fs) => fs.mkdir(file)),
		],
	])("%s", async (_, spoil) => {
		await spoil();
		expect((await refusalOf()).code).toBe("journal_unreadable");
	});

	it("cut off in the middle", async () => {
		await madeAndClosed();
		await truncate(file, 4096 * 3);
		expect((await refusalOf()).code).toBe("journal_unreadable");
	});

	it("lost, while its write-ahead log is still there", async () => {
		await write("5", "die").ended;
		await rm(file);
		expect((await refusalOf()).message).toContain("write-ahead log");
	});

	it("half-made by a killed first start: that one is made again", async () => {
		await writeFile(`${file}.new`, "half");
		await addOne(await open());
		expect(await readdir(folder)).not.toContain("state.db.new");
	});
});

describe("reading without a supervisor", () => {
	it("sees what only the log of a dead one holds, and changes no byte", async () => {
		await write("25", "die").ended;
		const [main, wal] = [await readFile(file), await readFile(`${file}-wal`)];
		expect(wal.length).toBeGreaterThan(0);
		const reader = readJournal({ file });
		if (isRefusal(reader)) throw new Error(reader.message);
		expect(reader.swap("sw_killed")?.version).toBe(25);
		expect(reader.facts("sw_killed")).toHaveLength(25);
		expect(reader.swaps(10)).toHaveLength(1);
		expect(reader.swap("sw_nobody")).toBeNull();
		reader.close();
		expect((await readFile(file)).equals(main)).toBe(true);
		expect((await readFile(`${file}-wal`)).equals(wal)).toBe(true);
	});

	it("stands beside a living one, which goes on writing", async () => {
		const writer = write("400", "hold");
		await writer.says("acknowledged 5");
		const reader = readJournal({ file });
		if (isRefusal(reader)) throw new Error(reader.message);
		expect(reader.facts("sw_killed").length).toBeGreaterThanOrEqual(5);
		await writer.says("done");
		expect(reader.facts("sw_killed")).toHaveLength(400);
		reader.close();
		await writer.end();
		expect(await (await open()).facts("sw_killed")).toHaveLength(400);
	});

	it("refuses a missing, a foreign and a newer journal", async () => {
		expect(readJournal({ file })).toMatchObject({ code: "journal_unreadable" });
		await copyFile(process.execPath, file);
		expect(readJournal({ file })).toMatchObject({ code: "journal_unreadable" });
	});
});
