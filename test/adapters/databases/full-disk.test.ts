// A rollback on a disk that is full to the last byte, and that something fills again whenever a byte is freed. Needs root, to mount.
import { execFile } from "node:child_process";
import { closeSync, constants, openSync, rmSync, writeSync } from "node:fs";
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Gate } from "../../../src/ports/ports.js";
import { integrityOf, makePlace, notesIn, openGate, type TestPlace } from "./place.js";

const run = promisify(execFile);
const ROWS = 300;

interface Disk {
	readonly folder: string;
	/** Takes every byte that is left, folders' included. */
	fill(): void;
	/** Removes what filled it. */
	free(): void;
	unmount(): Promise<void>;
}

async function mountDisk(kind: "ext4" | "tmpfs"): Promise<Disk> {
	const scratch = await mkdtemp(join(tmpdir(), "deadman-disk-"));
	const folder = join(scratch, "disk");
	await mkdir(folder);
	if (kind === "tmpfs") await run("mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", folder]);
	else {
		const image = join(scratch, "image");
		await run("truncate", ["--size=16M", image]);
		await run("mkfs.ext4", ["-q", "-m", "0", "-O", "^has_journal", image]);
		await run("mount", ["-o", "loop", image, folder]);
	}
	const filler = join(folder, "filler");
	return {
		folder,
		fill: () => fill(filler),
		free: () => rmSync(filler, { force: true }),
		unmount: async () => {
			await run("umount", ["--lazy", folder]);
			await rm(scratch, { recursive: true });
		},
	};
}

function fill(path: string): void {
	const file = openSync(path, constants.O_CREAT | constants.O_WRONLY | constants.O_APPEND);
	for (let bytes = 1024 * 1024; bytes >= 1; ) {
		try {
			if (writeSync(file, Buffer.alloc(bytes, 1)) < bytes) bytes = Math.floor(bytes / 2);
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
			bytes = Math.floor(bytes / 2);
		}
	}
	closeSync(file);
}

async function expectFull(folder: string, kind: string): Promise<void> {
	const path = join(folder, "one-byte");
	const file = await open(path, "w").catch(() => null);
	if (file !== null) {
		await expect(file.writeFile("x")).rejects.toMatchObject({ code: "ENOSPC" });
		await file.close();
		await rm(path);
	}
	if (kind === "ext4") await expect(mkdir(join(folder, "folder"))).rejects.toMatchObject({ code: "ENOSPC" });
}

let disk: Disk;
let place: TestPlace;
/** On the machine's own disk. */
let data: TestPlace;

/** Ten rows, a snapshot, a start of the candidate, and its rows in a hot log. */
async function onTrial(stateDir = place.stateDir) {
	await place.program("wal", 10, "die");
	const records = await place.snapshots({ stateDir }).take("sw_a");
	await place.snapshots({ stateDir }).begin("sw_a", 1);
	await place.program("wal", ROWS, "die");
	return records;
}

function expectRestored(): void {
	expect(notesIn(place, place.file)).toBe(10);
	expect(integrityOf(place, place.file)).toBe("ok");
}

const isRoot = process.getuid?.() === 0;

describe.runIf(isRoot).each(["ext4", "tmpfs"] as const)("on %s", (kind) => {
	beforeEach(async () => {
		disk = await mountDisk(kind);
		place = await makePlace(disk.folder);
		data = await makePlace();
	});
	afterEach(async () => {
		disk.free();
		await place.cleanUp();
		await data.cleanUp();
		await disk.unmount();
	});

	it("a restore on a full disk ends, keeps everything, and is marked", async () => {
		const records = await onTrial();
		const filling: Gate = {
			around: async (site, effect) => {
				disk.fill();
				await expectFull(disk.folder, kind);
				return openGate.around(site, effect);
			},
		};
		const snapshots = place.snapshots({ gate: filling });
		await snapshots.restore("sw_a", records);
		await expectFull(disk.folder, kind);
		expect(await snapshots.count("sw_a")).toMatchObject([{ table: "notes", inserted: ROWS }]);
		expect(place.warnings).toContain("snapshots.moved");
		expect(await snapshots.generation("sw_a")).toEqual({ started: 1, restored: 1 });
		await snapshots.restore("sw_a", records);
		disk.free();
		expectRestored();
		expect(notesIn(place, place.discarded("sw_a"))).toBe(10 + ROWS);
		expect(await place.snapshots().count("sw_a")).toMatchObject([{ inserted: ROWS }]);
		expect((await readdir(join(place.root, "data"))).sort()).toEqual(["app.db"]);
	});

	it("a second restore on a full disk ends too, when its start found room", async () => {
		const records = await onTrial();
		disk.fill();
		await place.snapshots().restore("sw_a", records);
		await expect(place.snapshots().begin("sw_a", 2)).rejects.toMatchObject({ code: "ENOSPC" });
		expect(await place.snapshots().generation("sw_a")).toEqual({ started: 1, restored: 1 });
		disk.free();
		await place.snapshots().begin("sw_a", 2);
		await place.program("wal", 20, "die");
		disk.fill();
		await place.snapshots().restore("sw_a", records);
		expect(await place.snapshots().generation("sw_a")).toEqual({ started: 2, restored: 2 });
		disk.free();
		expectRestored();
		expect(await place.snapshots().count("sw_a")).toMatchObject([{ inserted: ROWS }, { inserted: 20 }]);
	});

	it("a full disk of the data makes room by what is kept on another", async () => {
		const { stateDir } = data;
		const records = await onTrial(stateDir);
		disk.fill();
		await place.snapshots({ stateDir }).restore("sw_a", records);
		disk.free();
		expectRestored();
		expect(notesIn(place, join(stateDir, "discarded", "sw_a", "0", "app.db"))).toBe(10 + ROWS);
		expect(await place.snapshots({ stateDir }).count("sw_a")).toMatchObject([{ inserted: ROWS }]);
	});

	it("a full disk of the state leaves the data on its own", async () => {
		await data.program("wal", 10, "die");
		const snapshots = data.snapshots({ stateDir: place.stateDir });
		const records = await snapshots.take("sw_a");
		await snapshots.begin("sw_a", 1);
		await data.program("wal", ROWS, "die");
		disk.fill();
		await snapshots.restore("sw_a", records);
		expect(notesIn(data, data.file)).toBe(10);
		expect(await snapshots.generation("sw_a")).toEqual({ started: 1, restored: 1 });
		expect(await snapshots.count("sw_a")).toMatchObject([{ inserted: ROWS }]);
	});

	it("a snapshot that finds no room leaves live as it is, and says so", async () => {
		await place.program("wal", 10, "die");
		const before = await place.bytes();
		disk.fill();
		const refused = await place
			.snapshots()
			.take("sw_a")
			.then(
				() => null,
				(error) => error,
			);
		expect(refused.refusal ?? refused).toMatchObject({ code: expect.stringMatching(/no_space|ENOSPC/) });
		expect(await place.bytes()).toEqual(before);
		disk.free();
		expect(await place.snapshots().take("sw_a")).toHaveLength(1);
	});

	it("what is reserved is really there", async () => {
		await onTrial();
		const spare = join(place.stateDir, "snapshots", "sw_a", "spare");
		expect((await readdir(spare)).sort()).toEqual(["0", "begun", "folder", "marker"]);
		const { size, blocks } = await stat(join(spare, "marker"));
		expect(size).toBeGreaterThanOrEqual(16 * 1024);
		expect(blocks * 512).toBeGreaterThanOrEqual(size);
		expect((await readFile(join(spare, "begun"), "utf8")).trim()).toBe("");
	});
});
