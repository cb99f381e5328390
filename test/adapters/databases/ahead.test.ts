// Copies that are made while the old version still writes: torn, never taken for a snapshot, and all that is left to do once it has stopped.
import {
	copyFile,
	mkdir,
	open,
	readdir,
	readFile,
	rm,
	stat,
	symlink,
	truncate,
	utimes,
	writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CHUNK_BYTES, digestOf, hashOf } from "../../../src/adapters/databases/child/chunks.js";
import { copyHashed, match } from "../../../src/adapters/databases/child/matching.js";
import { sealCopy } from "../../../src/adapters/databases/child/sealing.js";
import { integrityOf, makePlace, notesIn, type TestPlace } from "./place.js";

let place: TestPlace;
beforeEach(async () => {
	place = await makePlace();
});
afterEach(() => place.cleanUp());

const folder = () => join(place.stateDir, "snapshots", "sw_a");
const copyOf = (suffix = "") => join(folder(), "0", `app.db${suffix}`);
const noData = { pinned: [], retain: 5, discarded: { days: 0, rollbacks: 0 } };

describe("a copy that was made ahead", () => {
	it("of a writing program becomes what the program left, with its log", async () => {
		const program = await place.program("wal", 300, "hold");
		await place.snapshots().copyAhead("sw_a");
		await program.end();
		await place.program("wal", 40, "die");
		const before = await place.bytes();
		const [record] = await place.snapshots().take("sw_a");
		expect(await place.bytes()).toEqual(before);
		expect(await readdir(join(folder(), "0"))).toEqual(["app.db"]);
		expect(notesIn(place, copyOf())).toBe(340);
		expect(integrityOf(place, copyOf())).toBe("ok");
		expect(record).toMatchObject({ file: "0/app.db", hashed: "chunks", fingerprint: null });
	});

	it("stays the same file, of which only what differs is written", async () => {
		await place.program("wal", 3_000, "close");
		await place.snapshots().copyAhead("sw_a");
		const { ino } = await stat(copyOf());
		place.exec("update notes set text = 'changed' where id = 1500");
		await place.snapshots().take("sw_a");
		expect((await stat(copyOf())).ino).toBe(ino);
		expect((await readFile(copyOf())).equals(await readFile(place.file))).toBe(true);
	});

	it.each([
		["torn", (bytes: Buffer) => bytes.fill(7, 8_192, 30_000)],
		["cut", (bytes: Buffer) => bytes.subarray(0, 10_000)],
		["too long", (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(200_000, 1)])],
		["empty", () => Buffer.alloc(0)],
	])("is mended where it is %s, with the log of another moment beside it", async (_, spoil) => {
		await place.program("wal", 300, "close");
		await place.snapshots().copyAhead("sw_a");
		await writeFile(copyOf(), spoil(await readFile(copyOf())));
		await writeFile(copyOf("-wal"), "another moment's");
		expect(await place.snapshots().manifest("sw_a")).toBeNull();
		const records = await place.snapshots().take("sw_a");
		expect((await readFile(copyOf())).equals(await readFile(place.file))).toBe(true);
		await place.program("wal", 5, "die");
		await place.snapshots().restore("sw_a", records);
		expect(notesIn(place, place.file)).toBe(300);
	});

	it("with a list of hashes that is not its own is read anew", async () => {
		await place.program("wal", 300, "close");
		await place.snapshots().copyAhead("sw_a");
		const list = (await readFile(copyOf(".hashes"), "utf8")).split("\n");
		await writeFile(copyOf(".hashes"), [list[0], ...list.slice(1).map(() => "0".repeat(64))].join("\n"));
		const bytes = await readFile(copyOf());
		await writeFile(copyOf(), bytes.fill(1, 0, 100));
		const records = await place.snapshots().take("sw_a");
		await place.snapshots().restore("sw_a", records);
		expect(notesIn(place, place.file)).toBe(300);
	});

	it("under the name of a link is made anew, and what that leads to is untouched", async () => {
		await place.program("wal", 30, "close");
		await mkdir(join(folder(), "0"), { recursive: true });
		await writeFile(join(place.root, "precious"), "precious");
		await symlink(join(place.root, "precious"), copyOf());
		await place.snapshots().take("sw_a");
		expect(await readFile(join(place.root, "precious"), "utf8")).toBe("precious");
		expect(notesIn(place, copyOf())).toBe(30);
	});

	it("is forgotten, pruned once its swap is over, and never counts as one of the newest", async () => {
		await place.program("wal", 30, "close");
		const snapshots = place.snapshots();
		await snapshots.copyAhead("sw_a");
		await snapshots.forget("sw_a");
		expect(await readdir(join(place.stateDir, "snapshots"))).toEqual([]);
		await snapshots.copyAhead("sw_a");
		await snapshots.prune({ ...noData, pinned: ["sw_a"] });
		expect(await readdir(join(place.stateDir, "snapshots"))).toEqual(["sw_a"]);
		await snapshots.prune(noData);
		expect(await readdir(join(place.stateDir, "snapshots"))).toEqual([]);
	});

	it("is no more once it is a snapshot: nothing copies over that, and nothing forgets it", async () => {
		await place.program("wal", 30, "close");
		const snapshots = place.snapshots();
		const records = await snapshots.take("sw_a");
		await place.program("wal", 5, "close");
		await snapshots.copyAhead("sw_a");
		await snapshots.forget("sw_a");
		expect(await snapshots.take("sw_a")).toEqual(records);
		expect(notesIn(place, copyOf())).toBe(30);
	});

	it("takes its space once", async () => {
		await place.program("wal", 5_000, "close");
		const bytes = (await stat(place.file)).size;
		// Room for the one that goes beside live at a rollback, and the margin.
		const room = place.snapshots({ files: { ...(await files()), freeBytes: async () => bytes + 1_300_000 } });
		expect(await room.rehearse()).toMatchObject({ code: "no_space" });
		await place.snapshots().copyAhead("sw_a");
		expect(await room.rehearse("sw_a")).toBeNull();
		expect(await room.take("sw_a")).toHaveLength(1);
	});
});

async function files() {
	const { createFiles } = await import("../../../src/adapters/system/files.js");
	return createFiles();
}

describe("matching", () => {
	const at = (name: string) => join(place.root, name);

	it.each([
		["a page in the middle", 3 * CHUNK_BYTES + 5, 1],
		["across two chunks", CHUNK_BYTES - 2, 4],
		["the last byte", 1_000_000 - 1, 1],
		["nothing", 0, 0],
	])("writes pages that differ, and knows the hash without reading the rest: %s", async (_, position, length) => {
		const bytes = Buffer.alloc(1_000_000, "abcdefgh");
		await writeFile(at("from"), bytes);
		match({ from: at("from"), to: at("to"), hashed: true });
		bytes.fill("#", position, position + length);
		await writeFile(at("from"), bytes);
		const matched = match({ from: at("from"), to: at("to"), hashed: true });
		expect(matched?.bytes).toBe(1_000_000);
		expect(matched?.written).toBeLessThanOrEqual(length === 0 ? 0 : 2 * 4_096);
		expect(bytes.equals(await readFile(at("to")))).toBe(true);
		const list = (await readFile(at("to.hashes"), "utf8")).split("\n").slice(1);
		const chunks = Array.from({ length: 16 }, (_, index) =>
			bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES),
		);
		expect(list).toEqual(chunks.map(hashOf));
	});

	it("follows a file that became shorter, and one that is gone", async () => {
		await writeFile(at("from"), Buffer.alloc(500_000, 1));
		match({ from: at("from"), to: at("to"), hashed: true });
		await truncate(at("from"), 2 * CHUNK_BYTES);
		expect(match({ from: at("from"), to: at("to"), hashed: true })?.bytes).toBe(2 * CHUNK_BYTES);
		expect((await readFile(at("to.hashes"), "utf8")).split("\n")).toHaveLength(3);
		expect(Buffer.alloc(2 * CHUNK_BYTES, 1).equals(await readFile(at("to")))).toBe(true);
		await rm(at("from"));
		expect(match({ from: at("from"), to: at("to"), hashed: false })).toBeNull();
		await expect(stat(at("to"))).rejects.toThrow("ENOENT");
	});

	it("finds what changed without a trace in size and times", async () => {
		await writeFile(at("from"), "one");
		match({ from: at("from"), to: at("to"), hashed: false });
		const { atime, mtime } = await stat(at("from"));
		await writeFile(at("from"), "two");
		await utimes(at("from"), atime, mtime);
		expect(match({ from: at("from"), to: at("to"), hashed: false })?.written).toBe(3);
	});

	it("knows the same hash of a file as a copy of it does, chunk by chunk", async () => {
		const bytes = Buffer.alloc(300_000, "xyz");
		await writeFile(at("from"), bytes);
		const chunks = Array.from({ length: 5 }, (_, index) =>
			bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES),
		);
		const hash = digestOf(chunks.map(hashOf), bytes.length);
		expect(await copyHashed({ from: at("from"), to: at("to") })).toBe(hash);
		expect(bytes.equals(await readFile(at("to")))).toBe(true);
		await expect(copyHashed({ from: at("from"), to: at("to") })).rejects.toMatchObject({ code: "EEXIST" });
	});
});

describe("sealing", () => {
	it("tells the hash of what a checkpoint made, though it read only what that wrote", async () => {
		await place.program("wal", 3_000, "close");
		await place.program("wal", 10, "die");
		place.on(join(place.root, "other.db"), () => {});
		const copy = join(place.root, "copy.db");
		for (const suffix of ["", "-wal"])
			match({ from: `${place.file}${suffix}`, to: `${copy}${suffix}`, hashed: suffix === "" });
		const sealed = sealCopy(copy);
		expect(sealed.problem).toBeNull();
		expect(await copyHashed({ from: copy, to: join(place.root, "again") })).toBe(sealed.sha256);
		expect(new Database(copy).prepare("select count(*) from notes").pluck().get()).toBe(3_010);
	});

	it.each(["persist", "truncate", "delete"])("leaves a closed database in journal mode %s as it is", async (mode) => {
		await place.program("delete", 20, "close");
		const live = new Database(place.file);
		live.pragma(`journal_mode = ${mode}`);
		live.exec("insert into notes (text) values ('one more')");
		live.close();
		const [record] = await place.snapshots().take("sw_a");
		expect((await readFile(copyOf())).equals(await readFile(place.file))).toBe(true);
		expect(record?.bytes).toBe((await stat(place.file)).size);
		expect(await readdir(join(folder(), "0"))).toEqual(["app.db"]);
	});

	it.each([
		["cut", async (copy: string) => truncate(copy, 4_096 * 3), /shorter than its \d+ pages/],
		["no database", async (copy: string) => writeFile(copy, "x".repeat(5_000)), /not a database/],
	])("refuses what is %s", async (_, spoil, why) => {
		await place.program("wal", 500, "close");
		const copy = join(place.root, "copy.db");
		await copyFile(place.file, copy);
		await spoil(copy);
		expect(sealCopy(copy).problem).toMatch(why);
	});

	it("takes an empty file for a database, as SQLite does", async () => {
		const copy = join(place.root, "copy.db");
		await (await open(copy, "w")).close();
		expect(sealCopy(copy)).toMatchObject({ problem: null, bytes: 0 });
	});
});
