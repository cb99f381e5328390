// Taking a snapshot of what a program left behind: nothing committed is missing, nothing uncommitted is in it, live is untouched.
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFiles } from "../../../src/adapters/system/files.js";
import { childrenFailing, integrityOf, makePlace, notesIn, type TestPlace } from "./place.js";

let place: TestPlace;
beforeEach(async () => {
	place = await makePlace();
});
afterEach(() => place.cleanUp());

const folderOf = (swapId: string) => join(place.stateDir, "snapshots", swapId, "0");
const snapshotOf = (swapId: string) => join(folderOf(swapId), "app.db");

describe("a snapshot", () => {
	it.each([20, 300, 3_000])("holds all %i rows of a killed program, also those only in its log (F16)", async (rows) => {
		await place.program("wal", rows, "die");
		const before = await place.bytes();
		expect((await stat(`${place.file}-wal`)).size).toBeGreaterThan(0);
		const [record] = await place.snapshots().take("sw_a");
		expect(await place.bytes()).toEqual(before);
		expect(await readdir(folderOf("sw_a"))).toEqual(["app.db"]);
		expect(notesIn(place, snapshotOf("sw_a"))).toBe(rows);
		expect(integrityOf(place, snapshotOf("sw_a"))).toBe("ok");
		expect(record).toMatchObject({ database: "data/app.db", file: "0/app.db", policy: "restore" });
		expect(record?.sha256).toMatch(/^[0-9a-f]{64}$/);
		expect(record?.bytes).toBe((await stat(snapshotOf("sw_a"))).size);
	});

	it("holds nothing that a killed transaction had half written", async () => {
		await place.program("delete", 50, "half");
		expect([...(await place.bytes()).keys()]).toContain("app.db-journal");
		await place.snapshots().take("sw_a");
		expect(await readdir(folderOf("sw_a"))).toEqual(["app.db"]);
		expect(notesIn(place, snapshotOf("sw_a"))).toBe(50);
		expect(notesIn(place, place.file)).toBe(50);
		expect(integrityOf(place, snapshotOf("sw_a"))).toBe("ok");
	});

	it("of a program that closed its database leaves the folder as it is", async () => {
		await place.program("wal", 10, "close");
		const before = await place.bytes();
		expect([...before.keys()]).toEqual(["app.db"]);
		await place.snapshots().take("sw_a");
		expect(await place.bytes()).toEqual(before);
	});

	it("of a closed database is its bytes", async () => {
		await place.program("wal", 30, "close");
		await place.snapshots().take("sw_a");
		expect((await readFile(snapshotOf("sw_a"))).equals(await readFile(place.file))).toBe(true);
	});

	it("clears what a killed life left half-made", async () => {
		await place.program("wal", 5, "close");
		await mkdir(folderOf("sw_a"), { recursive: true });
		await writeFile(snapshotOf("sw_a"), "half");
		await writeFile(`${snapshotOf("sw_a")}-wal`, "stale");
		await writeFile(join(place.stateDir, "snapshots", "sw_a", "stray"), "");
		await place.snapshots().take("sw_a");
		expect(notesIn(place, snapshotOf("sw_a"))).toBe(5);
		expect((await readdir(join(place.stateDir, "snapshots", "sw_a"))).sort()).toEqual(["0", "manifest.json", "spare"]);
	});

	it("is refused while another process has the database open, though idle (F17)", async () => {
		const program = await place.program("wal", 5, "hold");
		await expect(place.snapshots().take("sw_a")).rejects.toMatchObject({
			refusal: { code: "database_held", message: `Process ${program.pid} (node) holds ${place.file} open.` },
		});
		expect(await place.snapshots().manifest("sw_a")).toBeNull();
	});

	it("fails on a broken database instead of keeping a broken copy", async () => {
		await place.program("wal", 500, "close");
		await truncate(place.file, 4096 * 5);
		await expect(place.snapshots().take("sw_a")).rejects.toThrow(/integrity check/);
		expect(await place.snapshots().manifest("sw_a")).toBeNull();
	});

	it("takes no room when there is none", async () => {
		await place.program("wal", 5, "close");
		const files = { ...createFiles(), freeBytes: async () => 1_000 };
		const snapshots = place.snapshots({ files });
		await expect(snapshots.take("sw_a")).rejects.toThrow("Not enough free space");
		expect(await snapshots.rehearse()).toMatchObject({ code: "no_space" });
	});

	it("says what rollbacks set aside, and how that is removed, when there is no room", async () => {
		await place.program("wal", 5, "close");
		const whole = place.snapshots();
		await whole.restore("sw_a", await whole.take("sw_a"));
		const refusal = await place.snapshots({ files: { ...createFiles(), freeBytes: async () => 1_000 } }).rehearse();
		expect(refusal?.message).toMatch(/set aside takes 1 MiB \(sw_a\); `deadman data drop SWAP` removes/);
		expect(notesIn(place, place.discarded("sw_a"))).toBe(5);
		await whole.drop("sw_a");
		const later = await place.snapshots({ files: { ...createFiles(), freeBytes: async () => 1_000 } }).rehearse();
		expect(later?.message).toMatch(/free\.$/);
	});

	it("leaves nothing behind when the disk fills meanwhile", async () => {
		await place.program("wal", 5, "close");
		const taking = place.snapshots({ children: childrenFailing("ENOSPC") }).take("sw_a");
		await expect(taking).rejects.toMatchObject({ code: "ENOSPC" });
		expect(await readdir(join(place.stateDir, "snapshots"))).toEqual([]);
	});

	it("follows a link to where the database really lies", async () => {
		await mkdir(join(place.root, "elsewhere"));
		await symlink(join(place.root, "elsewhere", "real.db"), place.file);
		await place.program("wal", 7, "die");
		const [record] = await place.snapshots().take("sw_a");
		expect(record?.file).toBe("0/real.db");
		expect(notesIn(place, join(folderOf("sw_a"), "real.db"))).toBe(7);
	});

	it("takes several databases as one, each by its policy", async () => {
		await place.program("wal", 3, "close");
		place.on(join(place.root, "data", "other.db"), (database) => database.exec("create table t (x)"));
		const records = await place
			.snapshots({
				databases: [
					{ path: "data/app.db", policy: "replay" },
					{ path: "data/other.db", policy: "restore" },
					{ path: "data/absent.db", policy: "restore" },
					{ path: "data/app.db", policy: "keep" },
				],
			})
			.take("sw_a");
		expect(records.map(({ file, policy }) => [file, policy])).toEqual([
			["0/app.db", "replay"],
			["1/other.db", "restore"],
			[null, "restore"],
			[null, "keep"],
		]);
	});

	it("refuses a manifest that does not read as it was written", async () => {
		await place.program("wal", 3, "close");
		await place.snapshots().take("sw_a");
		await writeFile(join(place.stateDir, "snapshots", "sw_a", "manifest.json"), "{");
		await expect(place.snapshots().manifest("sw_a")).rejects.toThrow("does not read");
	});

	it("refuses an id that is no name of a folder", async () => {
		await expect(place.snapshots().take("../elsewhere")).rejects.toThrow("no id of a swap");
	});
});

describe("the rehearsal", () => {
	it("passes beside a writing program, and changes nothing", async () => {
		const program = await place.program("wal", 50, "hold");
		expect(await place.snapshots().rehearse()).toBeNull();
		await program.end();
		expect(notesIn(place, place.file)).toBe(50);
	});

	it.each([
		["no database", () => writeFile(place.file, "not a database at all\n".repeat(300)), /not a database/],
		["a folder", () => mkdir(place.file), /it is no file/],
		[
			"a broken database",
			async () => {
				await place.program("wal", 500, "close");
				await truncate(place.file, 4096 * 5);
			},
			/integrity check/,
		],
	])("refuses %s", async (_, spoil, sentence) => {
		await spoil();
		const refusal = await place.snapshots().rehearse();
		expect(refusal?.code).toBe("database_bad");
		expect(refusal?.message).toMatch(sentence);
	});

	it("is not fooled by a program's own functions, collations and modules", async () => {
		const database = new Database(place.file);
		database.function("mine", { deterministic: true }, (value: unknown) => value);
		database.exec("create table t (a check (mine(a) = a), b as (mine(a))); insert into t (a) values (1)");
		database.exec("create index by_mine on t (mine(a))");
		database.close();
		expect(await place.snapshots().rehearse()).toBeNull();
		const [record] = await place.snapshots().take("sw_a");
		expect(record?.sha256).toMatch(/^[0-9a-f]{64}$/);
	});
});

describe("SQLite facts that snapshots rely on", () => {
	it("1: a missing file is made unless told otherwise, and then looks whole", async () => {
		const missing = join(place.root, "missing.db");
		expect(() => new Database(missing, { fileMustExist: true })).toThrow(/unable to open/);
		place.on(missing, (database) => expect(database.pragma("integrity_check", { simple: true })).toBe("ok"));
		await rm(missing);
	});

	it("keeps the mode of the database in what it records", async () => {
		await place.program("wal", 3, "close");
		await chmod(place.file, 0o640);
		await place.snapshots().take("sw_a");
		const text = await readFile(join(place.stateDir, "snapshots", "sw_a", "manifest.json"), "utf8");
		expect(JSON.parse(text).databases[0].access.mode).toBe(0o640);
		expect((await stat(join(place.stateDir, "snapshots"))).mode & 0o777).toBe(0o700);
	});
});
