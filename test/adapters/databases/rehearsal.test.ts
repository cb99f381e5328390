// Going back is tried before anything goes forward: a place from which nothing could be put back is named while live is untouched. Needs root, to mount.
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withFiles } from "../../../src/adapters/files/with-files.js";
import { createFiles } from "../../../src/adapters/system/files.js";
import { isKeptBySticky } from "../../../src/core/rules/replaceable.js";
import type { Files, Snapshots } from "../../../src/ports/ports.js";
import { makePlace, notesIn, openGate, type TestPlace } from "./place.js";

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;
let place: TestPlace;
let undo: (() => Promise<unknown>)[] = [];
const at = (...names: string[]) => join(place.root, "data", ...names);

beforeEach(async () => {
	place = await makePlace();
	await place.program("wal", 5, "close");
	await mkdir(at("uploads"));
	await writeFile(at("uploads", "a"), "one");
});
afterEach(async () => {
	for (const one of undo.reverse()) await one();
	undo = [];
	await place.cleanUp();
});

function snapshots(files: Files = createFiles()): Snapshots {
	const shared = { root: place.root, stateDir: place.stateDir, files, gate: openGate, elsewhere: ["data/app.db"] };
	const covered = [{ path: "data/uploads", policy: "restore", exclude: [] }] as const;
	const log = { info: () => {}, warn: () => {}, error: () => {} };
	return withFiles(place.snapshots({ files }), { ...shared, covered, log });
}

async function mount(from: string, to: string, isReadOnly: boolean): Promise<void> {
	await run("mount", ["--bind", from, to]);
	undo.push(() => run("umount", [to]));
	if (isReadOnly) await run("mount", ["-o", "remount,ro,bind", to]);
}

async function mark(path: string): Promise<void> {
	await run("chattr", ["+i", path]);
	undo.push(() => run("chattr", ["-i", path]));
}

it("passes where a rename does, leaves nothing, and reads the same file as before", async () => {
	const before = await place.bytes().catch(() => null);
	expect(await snapshots().rehearse()).toBeNull();
	expect((await readdir(at())).filter((name) => name.includes("deadman"))).toEqual([]);
	expect(await readdir(at("uploads"))).toEqual(["a"]);
	expect(before === null || notesIn(place, place.file) === 5).toBe(true);
});

it("passes before the first start, where neither file nor folder is there", async () => {
	const databases = [{ path: "data/none/new.db", policy: "restore" as const }];
	expect(await place.snapshots({ databases }).rehearse()).toBeNull();
});

it("replaces what a probe that was killed left, and never counts it among the files", async () => {
	await writeFile(at("uploads", ".deadman-probe"), "half");
	await writeFile(at("uploads", ".deadman-probe.new"), "half");
	const records = await snapshots().take("sw_a");
	expect(records.find(({ kind }) => kind === "files")?.bytes).toBe(3);
	expect(await snapshots().rehearse()).toBeNull();
	expect(await readdir(at("uploads"))).toEqual(["a"]);
});

describe.runIf(isRoot)("refuses by name", () => {
	const unrestorable = (path: string, why: RegExp) => ({
		code: "unrestorable",
		message: expect.stringMatching(new RegExp(`could not put ${path} back: ${why.source}`)),
	});

	it("a database in a folder that nobody can write", async () => {
		await mount(at(), at(), true);
		expect(await snapshots().rehearse()).toMatchObject(
			unrestorable("data/app.db", /nothing can be renamed in .*data \(EROFS\)/),
		);
	});

	it("a database, or a folder, that is marked as immutable", async () => {
		await mark(place.file);
		expect(await snapshots().rehearse()).toMatchObject(unrestorable("data/app.db", /.*nobody may change \(EPERM\)/));
		await run("chattr", ["-i", place.file]);
		await mark(at());
		expect(await snapshots().rehearse()).toMatchObject(
			unrestorable("data/app.db", /nothing can be renamed in .*\(EPERM\)/),
		);
	});

	it("a database that is a read-only mount of its own, and not one that can be written in place", async () => {
		await writeFile(join(place.root, "volume.db"), await readFile(place.file));
		await mount(join(place.root, "volume.db"), place.file, false);
		expect(await snapshots().rehearse()).toBeNull();
		await run("mount", ["-o", "remount,ro,bind", place.file]);
		expect(await snapshots().rehearse()).toMatchObject(unrestorable("data/app.db", /.*mount of its own.*\(EROFS\)/));
	});

	it("a database behind a link, by what the link leads to", async () => {
		await mkdir(join(place.root, "elsewhere"));
		await writeFile(join(place.root, "elsewhere", "real.db"), await readFile(place.file));
		await symlink(join(place.root, "elsewhere", "real.db"), at("linked.db"));
		await mark(join(place.root, "elsewhere"));
		const databases = [{ path: "data/linked.db", policy: "restore" as const }];
		const refusal = await place.snapshots({ databases }).rehearse();
		expect(refusal).toMatchObject(unrestorable("data/linked.db", /nothing can be renamed in .*elsewhere/));
	});

	it("files in a folder that is a read-only mount, or with one that nobody may change among them", async () => {
		await mark(at("uploads", "a"));
		expect(await snapshots().rehearse()).toMatchObject(unrestorable("data/uploads", /.*uploads.a is one that nobody/));
		await run("chattr", ["-i", at("uploads", "a")]);
		expect(await snapshots().rehearse()).toBeNull();
		await mount(at("uploads"), at("uploads"), true);
		expect(await snapshots().rehearse()).toMatchObject(unrestorable("data/uploads", /nothing can be renamed.*EROFS/));
	});
});

it.each([
	[0o1777, 0, 1000, 1001, true],
	[0o1777, 0, 1000, 1000, false],
	[0o1777, 1001, 1000, 1001, false],
	[0o1777, 1000, 1000, 0, false],
	[0o777, 0, 1000, 1001, false],
	[0o1777, 0, 1000, null, false],
])("knows who may replace in a folder of mode %o of %i a file of %i: %s", (mode, folder, file, user, isKept) => {
	expect(isKeptBySticky({ mode, uid: folder }, { mode: 0o644, uid: file }, user)).toBe(isKept);
});

it("names what lies on another machine's disk", async () => {
	const mounts = async () => [
		{ at: "/", kind: "ext4" },
		{ at: at(), kind: "nfs4" },
		{ at: at("uploads"), kind: "fuse.sshfs" },
	];
	expect(await snapshots({ ...createFiles(), mounts }).remote()).toEqual([
		{ path: "data/app.db", kind: "nfs4" },
		{ path: "data/uploads", kind: "fuse.sshfs" },
	]);
	expect(await snapshots().remote()).toEqual([]);
});
