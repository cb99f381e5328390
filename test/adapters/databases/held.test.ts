// Who is blamed for a database that is in use: nobody at once, everybody by pid, and with a code that tells the cause from the tree's faults.
import { spawnSync } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { childPids, startDataChild } from "../../../src/adapters/databases/data-child.js";
import { fence, findHolders } from "../../../src/adapters/databases/fence.js";
import { startCommand } from "../../support/processes.js";
import { until } from "../../support/until.js";
import { childrenFailing, makePlace, notesIn, type TestPlace } from "./place.js";

let place: TestPlace;
beforeEach(async () => {
	place = await makePlace();
});
afterEach(() => place.cleanUp());

const all = { except: [], most: 16 };
const python = spawnSync("python3", ["-c", "import sqlite3, ctypes"]).status === 0;

/** Locks it from here, where no fence looks. */
function lockHere(): Database.Database {
	const database = new Database(place.file);
	database.pragma("journal_mode = delete");
	database.exec("begin exclusive");
	return database;
}

/** A child of ours has opened it by now, and found it locked. */
const isWaitedFor = async () => (await findHolders([place.file], all)).some(({ pid }) => childPids().has(pid));

describe("holders", () => {
	it("are all told, by the configuration's name, but for ours", async () => {
		const [one, two] = [await place.program("wal", 1, "hold"), await place.program("wal", 1, "hold")];
		const holders = await place.snapshots().holders([]);
		expect(holders.map(({ pid }) => pid).sort()).toEqual([one.pid, two.pid].sort());
		expect(holders[0]).toMatchObject({ command: "node", database: "data/app.db" });
		expect(await place.snapshots().holders([one.pid])).toMatchObject([{ pid: two.pid }]);
		expect(await place.snapshots().holders([one.pid, two.pid])).toEqual([]);
	});

	it("are not the children that look at a database for us", async () => {
		await place.program("wal", 1, "close");
		const child = startDataChild();
		place.exec("pragma journal_mode = delete");
		expect(await child.ask("hold", { files: [place.file], waitMs: 0 })).toBeNull();
		expect(await findHolders([place.file], all)).toHaveLength(1);
		expect(await place.snapshots().holders([])).toEqual([]);
		await child.end();
	});

	it("are told up to a number", async () => {
		await place.program("wal", 1, "hold");
		await place.program("wal", 1, "hold");
		expect(await findHolders([place.file], { except: [], most: 1 })).toHaveLength(1);
	});

	it.runIf(python)("are found where their leader has ended and another thread goes on", async () => {
		await place.program("delete", 1, "close");
		const program = startCommand("python3", "leaderless.py", place.file, "open");
		await program.says("done");
		await until("the leader has ended", async () => readFileSync(`/proc/${program.pid}/stat`, "utf8").includes(") Z "));
		expect(await findHolders([place.file], all)).toMatchObject([{ pid: program.pid, file: place.file }]);
		expect(await fence([place.file], 0)).toMatchObject({ code: "database_held" });
		await program.end();
		expect(await fence([place.file], 0)).toBeNull();
	});
});

describe("a lock", () => {
	it("is waited for by take", async () => {
		await place.program("delete", 10, "close");
		const lock = lockHere();
		const taking = place.snapshots({ patienceMs: 30_000 }).take("sw_a");
		await until("the lock is waited for", isWaitedFor);
		lock.close();
		expect(await taking).toMatchObject([{ file: "0/app.db" }]);
	});

	it("is waited for by restore", async () => {
		await place.program("delete", 10, "close");
		const records = await place.snapshots().take("sw_a");
		await place.program("delete", 5, "close");
		const lock = lockHere();
		const restoring = place.snapshots({ patienceMs: 30_000 }).restore("sw_a", records);
		await until("the lock is waited for", isWaitedFor);
		lock.close();
		await restoring;
		expect(notesIn(place, place.file)).toBe(10);
	});

	it.runIf(python)("of a dying program's last thread is waited for as well", async () => {
		await place.program("delete", 10, "close");
		const program = startCommand("python3", "leaderless.py", place.file, "locked");
		await program.says("done");
		const taking = place.snapshots({ patienceMs: 30_000 }).take("sw_a");
		await until("the lock is waited for", async () => (await findHolders([place.file], all)).length > 1);
		await program.end();
		expect(await taking).toMatchObject([{ file: "0/app.db" }]);
	});

	it("that stays is told with its code, also where nobody is seen", async () => {
		await place.program("delete", 10, "close");
		const records = await place.snapshots().take("sw_a");
		const lock = lockHere();
		const held = { code: "database_held", message: expect.stringContaining(`lock on ${place.file}`) };
		await expect(place.snapshots().take("sw_b")).rejects.toMatchObject(held);
		await expect(place.snapshots().restore("sw_a", records)).rejects.toMatchObject(held);
		lock.close();
		await place.snapshots().restore("sw_a", records);
	});

	it("that the program keeps to itself fails no rehearsal", async () => {
		await place.program("delete", 10, "close");
		const lock = lockHere();
		expect(await place.snapshots().rehearse()).toBeNull();
		lock.close();
	});
});

describe("a copy", () => {
	/** From here, where no fence looks. */
	function writeOften(): () => void {
		const timer = setInterval(() => appendFileSync(`${place.file}-wal`, "x".repeat(100)), 5);
		return () => clearInterval(timer);
	}

	it("waits for a source that still changes", async () => {
		await place.program("wal", 5, "close");
		await place.program("wal", 1, "die");
		const end = writeOften();
		setTimeout(end, 300);
		const records = await place.snapshots({ patienceMs: 30_000 }).take("sw_a");
		await place.program("wal", 5, "close");
		await place.snapshots().restore("sw_a", records);
		expect(notesIn(place, place.file)).toBe(6);
	});

	it("that never keeps still is called held", async () => {
		await place.program("wal", 5, "die");
		const end = writeOften();
		await expect(place.snapshots().take("sw_a")).rejects.toMatchObject({ code: "database_held" });
		expect(await place.snapshots().manifest("sw_a")).toBeNull();
		end();
	});
});

describe("codes", () => {
	it("of SQLite cross from the child process", async () => {
		const child = startDataChild();
		const file = `${place.file}.absent`;
		const compared = { discarded: file, baseline: null };
		await expect(child.ask("count", compared)).rejects.toMatchObject({ code: "SQLITE_CANTOPEN" });
		await expect(child.ask("seal", { file })).rejects.toMatchObject({ code: "ENOENT" });
		await child.end();
		await expect(child.ask("count", compared)).rejects.toMatchObject({ code: "data_process_ended" });
	});

	it("tell what time does not mend", async () => {
		await place.program("wal", 5, "close");
		const records = await place.snapshots().take("sw_a");
		const snapshot = `${place.stateDir}/snapshots/sw_a/0/app.db`;
		await writeFile(snapshot, "other");
		await expect(place.snapshots().restore("sw_a", records)).rejects.toMatchObject({ code: "snapshot_changed" });
		await rm(snapshot);
		await writeFile(place.file, "other");
		await expect(place.snapshots().restore("sw_a", records)).rejects.toMatchObject({ code: "snapshot_gone" });
	});

	it("of the system are passed on", async () => {
		await place.program("wal", 5, "close");
		await expect(place.snapshots({ children: childrenFailing("EIO") }).take("sw_a")).rejects.toMatchObject({
			code: "EIO",
		});
	});
});
