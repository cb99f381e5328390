// Restoring under the conditions that ruin others: hot logs, stale sidecars, living holders, full disks, other file systems, and a cut-off
// at every point.
import {
	chmod,
	copyFile,
	mkdir,
	mkdtemp,
	readdir,
	readFile,
	readlink,
	rename,
	rm,
	stat,
	symlink,
	writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startDataChild } from "../../../src/adapters/databases/data-child.js";
import type { SnapshotsOptions } from "../../../src/adapters/databases/snapshots.js";
import { createFiles } from "../../../src/adapters/system/files.js";
import { sites } from "../../../src/core/machine/sites.js";
import { CutOff, cuttingGate, type When } from "../../contracts/data/snapshots.contract.js";
import { integrityOf, makePlace, notesIn, type TestPlace, withoutRoom } from "./place.js";

let place: TestPlace;
beforeEach(async () => {
	place = await makePlace();
});
afterEach(() => place.cleanUp());

/** An old version with ten rows; a new one that writes more and is killed with its log hot. */
async function swapped(change: Partial<SnapshotsOptions> = {}, rows = 300) {
	await place.program("wal", 10, "die");
	const records = await place.snapshots(change).take("sw_a");
	await place.program("wal", rows, "die");
	expect((await stat(`${place.file}-wal`)).size).toBeGreaterThan(0);
	return records;
}

async function expectRestored(rows = 300): Promise<void> {
	expect([...(await place.bytes()).keys()]).toEqual(["app.db"]);
	expect(notesIn(place, place.file)).toBe(10);
	expect(integrityOf(place, place.file)).toBe("ok");
	expect(notesIn(place, place.discarded("sw_a"))).toBe(10 + rows);
	expect(integrityOf(place, place.discarded("sw_a"))).toBe("ok");
}

describe("a restore", () => {
	it.each([20, 300, 3_000])("wins over the hot log of a killed program with %i rows (F16)", async (rows) => {
		const records = await swapped({}, rows);
		await place.snapshots().restore("sw_a", records);
		await expectRestored(rows);
		expect(await place.snapshots().count("sw_a")).toMatchObject([
			{ table: "notes", inserted: rows, updated: 0, deleted: 0 },
		]);
	});

	it("wins over a half-written transaction and its journal", async () => {
		await place.program("delete", 10, "close");
		const records = await place.snapshots().take("sw_a");
		await place.program("delete", 25, "half");
		await place.snapshots().restore("sw_a", records);
		await expectRestored(25);
	});

	const moments: readonly When[] = ["before", "after"];
	const cuts = ["open", "stage", "aside", "clear", "swapIn", "marker"].flatMap((name) =>
		moments.map((when) => [when, name] as const),
	);

	it("covers every inner site of its room", () => {
		const own = [...cuts.map(([, name]) => name), "ahead", "copy", "verify", "manifest", "begin"];
		expect([...new Set(own)].sort()).toEqual([...sites.snapshots].sort());
	});

	it.each(cuts)("with a hot log ends whole when cut off %s %s", async (when, name) => {
		const gate = cuttingGate();
		const records = await swapped({ gate });
		gate.cutAt(`snapshots.${name}` as "snapshots.stage", when);
		await expect(place.snapshots({ gate }).restore("sw_a", records)).rejects.toBeInstanceOf(CutOff);
		expect(gate.fired).toBe(true);
		await place.snapshots().restore("sw_a", records);
		await expectRestored();
	});

	it("refuses to go under a living holder, even one that is idle (F17)", async () => {
		const records = await swapped();
		const program = await place.program("wal", 0, "hold");
		const before = await place.bytes();
		await expect(place.snapshots().restore("sw_a", records)).rejects.toThrow(
			new RegExp(`Process ${program.pid} \\(node`),
		);
		expect(await place.bytes()).toEqual(before);
		await program.end();
		await place.snapshots().restore("sw_a", records);
		await expectRestored();
	});

	it("takes a lock that keeps others out, and that others keep from it", async () => {
		await place.program("wal", 10, "die");
		const [one, two] = [startDataChild(), startDataChild()];
		expect(await one.ask("hold", { files: [place.file], waitMs: 0 })).toBeNull();
		expect(await two.ask("hold", { files: [place.file], waitMs: 0 })).toBe(place.file);
		const before = await place.bytes();
		await one.end();
		expect(await place.bytes()).toEqual(before);
		expect(await two.ask("hold", { files: [place.file], waitMs: 0 })).toBeNull();
		await two.end();
	});

	it("keeps mode and links of the live file, whatever the new version made of them", async () => {
		await mkdir(join(place.root, "elsewhere"));
		const real = join(place.root, "elsewhere", "real.db");
		await symlink(real, place.file);
		await place.program("wal", 10, "close");
		await chmod(real, 0o640);
		const records = await place.snapshots().take("sw_a");
		await place.program("wal", 5, "die");
		await chmod(real, 0o666);
		await place.snapshots().restore("sw_a", records);
		expect((await stat(real)).mode & 0o777).toBe(0o640);
		expect(await readlink(place.file)).toBe(real);
		expect(notesIn(place, real)).toBe(10);
		expect(notesIn(place, place.discarded("sw_a", "real.db"))).toBe(15);
	});

	it("replaces a database that the new version ruined, and keeps the ruin", async () => {
		const records = await swapped();
		await writeFile(place.file, "ruined");
		await rm(`${place.file}-wal`);
		await place.snapshots().restore("sw_a", records);
		expect(notesIn(place, place.file)).toBe(10);
		expect(await readFile(place.discarded("sw_a"), "utf8")).toBe("ruined");
		expect(await place.snapshots().count("sw_a")).toMatchObject([
			{ table: "*", note: expect.stringMatching(/compared/) },
		]);
		expect(await place.snapshots().replay("sw_a", "all")).toMatchObject([{ table: "*", replayed: null }]);
	});

	it("brings the folder back too", async () => {
		const records = await swapped();
		await rm(join(place.root, "data"), { recursive: true });
		await place.snapshots().restore("sw_a", records);
		expect(notesIn(place, place.file)).toBe(10);
	});

	it("does not put a snapshot live that is not what was taken", async () => {
		const records = await swapped();
		const before = await place.bytes();
		const snapshot = join(place.stateDir, "snapshots", "sw_a", "0", "app.db");
		const bytes = await readFile(snapshot);
		bytes.writeUInt8(bytes.readUInt8(5_000) ^ 1, 5_000);
		await writeFile(snapshot, bytes);
		await expect(place.snapshots().restore("sw_a", records)).rejects.toThrow("was changed");
		await rm(snapshot);
		await expect(place.snapshots().restore("sw_a", records)).rejects.toThrow("is gone");
		expect(await place.bytes()).toEqual(before);
	});
});

describe("on a full disk, a restore", () => {
	it("moves the snapshot itself into place, and still counts and replays", async () => {
		const records = await swapped();
		const snapshots = place.snapshots(withoutRoom());
		await snapshots.restore("sw_a", records);
		await expectRestored();
		expect(place.warnings).toContain("snapshots.moved");
		expect(await snapshots.count("sw_a")).toMatchObject([{ inserted: 300 }]);
		expect(await snapshots.replay("sw_a", "all")).toMatchObject([{ inserted: 300, replayed: 300 }]);
		expect(notesIn(place, place.file)).toBe(310);
	});

	it.each(["stage", "aside", "swapIn"] as const)("does so also when cut off after %s", async (name) => {
		const gate = cuttingGate();
		const records = await swapped({ gate });
		gate.cutAt(`snapshots.${name}`, "after");
		const change = { gate, ...withoutRoom() };
		await expect(place.snapshots(change).restore("sw_a", records)).rejects.toBeInstanceOf(CutOff);
		await place.snapshots(change).restore("sw_a", records);
		await expectRestored();
	});

	it("never moves a snapshot that was changed", async () => {
		const records = await swapped();
		await writeFile(join(place.stateDir, "snapshots", "sw_a", "0", "app.db"), "other");
		const before = await place.bytes();
		const snapshots = place.snapshots(withoutRoom());
		await expect(snapshots.restore("sw_a", records)).rejects.toThrow("was changed");
		expect(await place.bytes()).toEqual(before);
	});
});

describe("with the state on another file system, a restore", () => {
	let stateDir: string;
	beforeEach(async () => {
		stateDir = await mkdtemp("/dev/shm/deadman-state-");
	});
	afterEach(() => rm(stateDir, { recursive: true }));
	const kept = () => join(stateDir, "discarded", "sw_a", "0", "app.db");

	it("copies what it sets aside", async () => {
		expect((await stat(stateDir)).dev).not.toBe((await stat(place.root)).dev);
		const records = await swapped({ stateDir });
		await place.snapshots({ stateDir }).restore("sw_a", records);
		expect(notesIn(place, place.file)).toBe(10);
		expect(notesIn(place, kept())).toBe(310);
	});

	it("keeps the data on its own disk when that one is full, and prunes it with the rest", async () => {
		const records = await swapped({ stateDir });
		const files = createFiles();
		const copy = (from: string, to: string) =>
			to.startsWith(join(stateDir, "discarded"))
				? Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" }))
				: files.copy(from, to);
		const snapshots = place.snapshots({ stateDir, files: { ...files, copy } });
		await snapshots.restore("sw_a", records);
		expect(notesIn(place, place.file)).toBe(10);
		expect(notesIn(place, kept())).toBe(310);
		expect(await readlink(join(stateDir, "discarded", "sw_a", "0"))).toBe(`${place.file}.deadman-sw_a-0.discarded`);
		expect(await snapshots.count("sw_a")).toMatchObject([{ inserted: 300 }]);
		await snapshots.prune({ pinned: [], retain: 0, discarded: { days: 0, rollbacks: 0 } });
		expect(await readdir(join(place.root, "data"))).toEqual(["app.db"]);
	});
});

describe("SQLite facts that a restore relies on", () => {
	it("6: a stale log beside a restored file brings the other version back or breaks it", async () => {
		const records = await swapped();
		const wal = await readFile(`${place.file}-wal`);
		await place.snapshots().restore("sw_a", records);
		await writeFile(`${place.file}-wal`, wal);
		let seen: number | string;
		try {
			seen = notesIn(place, place.file);
		} catch (error) {
			seen = (error as Error).message;
		}
		expect(seen).not.toBe(10);
	});

	it("7: a rename under a living peer loses what it writes", async () => {
		await place.program("wal", 10, "close");
		const peer = new Database(place.file);
		expect(peer.prepare("select count(*) from notes").pluck().get()).toBe(10);
		await copyFile(place.file, `${place.file}.new`);
		await rename(`${place.file}.new`, place.file);
		for (const suffix of ["-wal", "-shm"]) await rm(`${place.file}${suffix}`);
		peer.exec("insert into notes (text) values ('acknowledged, and lost')");
		expect(peer.prepare("select count(*) from notes").pluck().get()).toBe(11);
		expect(notesIn(place, place.file)).toBe(10);
		peer.close();
	});
});
