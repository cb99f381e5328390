// What a running version writes where no entry keeps anything is seen while it runs, by names and times.
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { FilesParts } from "../../../src/adapters/files/places.js";
import { take } from "../../../src/adapters/files/take.js";
import { written } from "../../../src/adapters/files/written.js";
import { createFiles } from "../../../src/adapters/system/files.js";

let root: string;
let parts: FilesParts;
const at = (...path: string[]) => join(root, "data", ...path);

beforeEach(async () => {
	root = await mkdtemp(join(tmpdir(), "deadman-written-"));
	const covered = [
		{ path: "data", policy: "watch" as const, exclude: [] },
		{ path: "data/uploads", policy: "restore" as const, exclude: [] },
		{ path: "data/kept", policy: "keep" as const, exclude: [] },
	];
	const gate: FilesParts["gate"] = { around: (_, effect) => effect() };
	const log = { info: () => {}, warn: () => {}, error: () => {} };
	const stateDir = join(root, "state");
	parts = { root, stateDir, covered, elsewhere: ["data/app.db"], files: createFiles(), gate, log };
	for (const folder of ["uploads", "kept", "cache"]) await mkdir(at(folder), { recursive: true });
	await mkdir(join(root, "state"));
	await writeFile(at("migrate"), "1");
	await take(parts, "sw_a");
	await setTimeout(30);
});
afterEach(() => rm(root, { recursive: true, force: true }));

it.each([
	["a new file", () => writeFile(at("cache", "new"), "")],
	["a file that is written over", () => writeFile(at("migrate"), "2")],
	["a file that is gone", () => rm(at("migrate"))],
	["another mode", () => chmod(at("migrate"), 0o600)],
])("%s in a folder that is only watched", async (_, write) => {
	expect(await written(parts, "sw_a")).toEqual([]);
	await write();
	expect(await written(parts, "sw_a")).toEqual(["data"]);
});

it.each([
	["what has an entry", () => writeFile(at("uploads", "new"), "")],
	["what is meant to stay", () => writeFile(at("kept", "new"), "")],
	["a database with its log", async () => Promise.all(["", "-wal"].map((end) => writeFile(at(`app.db${end}`), "")))],
	["a folder alone", () => mkdir(at("cache", "empty"))],
])("not %s", async (_, write) => {
	await write();
	expect(await written(parts, "sw_a")).toEqual([]);
});

it("nothing without a snapshot", async () => {
	expect(await written(parts, "sw_b")).toEqual([]);
});
