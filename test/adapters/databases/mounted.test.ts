// A database, and a file beside it, that are mounts of their own, as a container may have them: nothing can be renamed over them. Needs root, to mount.
import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { withFiles } from "../../../src/adapters/files/with-files.js";
import { createFiles } from "../../../src/adapters/system/files.js";
import type { Gate, Snapshots } from "../../../src/ports/ports.js";
import { integrityOf, makePlace, openGate, type TestPlace } from "./place.js";

const run = promisify(execFile);
let place: TestPlace;
const at = (name: string) => join(place.root, "data", name);

beforeEach(async () => {
	place = await makePlace();
	const volume = join(place.root, "volume");
	await mkdir(volume);
	for (const name of ["app.db", "settings"]) {
		await writeFile(join(volume, name), name === "settings" ? "old" : "");
		await writeFile(at(name), "");
		await run("mount", ["--bind", join(volume, name), at(name)]);
	}
	place.exec("create table t (a); insert into t values ('one')");
});
afterEach(async () => {
	for (const name of ["app.db", "settings"]) await run("umount", [at(name)]);
	await place.cleanUp();
});

function snapshots(gate: Gate = openGate): Snapshots {
	const parts = { root: place.root, stateDir: place.stateDir, files: createFiles(), gate, elsewhere: ["data/app.db"] };
	const covered = [{ path: "data", policy: "restore", exclude: [] }] as const;
	const log = { info: () => {}, warn: () => {}, error: () => {} };
	return withFiles(place.snapshots({ gate }), { ...parts, covered, log });
}

const rows = () => place.on(place.file, (database) => database.prepare("select a from t").pluck().all());

it.each(["nothing", "snapshots.aside", "snapshots.swapIn", "files.aside", "files.put", "snapshots.marker"])(
	"is written over, and goes back as it was, also when %s ends a first try",
	async (site) => {
		const records = await snapshots().take("sw_a");
		await snapshots().begin("sw_a", 1);
		place.exec("insert into t values ('two'); create table u (b)");
		await writeFile(at("settings"), "new and longer");
		if (site !== "nothing") {
			const around: Gate["around"] = async (here, effect) => {
				const result = await effect();
				if (here === site) throw new Error("planted");
				return result;
			};
			await expect(snapshots({ around }).restore("sw_a", records)).rejects.toThrow("planted");
		}
		await snapshots().restore("sw_a", records);
		expect(rows()).toEqual(["one"]);
		expect(integrityOf(place, place.file)).toBe("ok");
		expect(await readFile(at("settings"), "utf8")).toBe("old");
		expect(await readFile(join(place.root, "volume", "settings"), "utf8")).toBe("old");
		const counts = await snapshots().count("sw_a");
		expect(counts.map(({ table, inserted, updated }) => [table, inserted, updated])).toEqual([
			["t", 1, 0],
			["u", 0, 0],
			["files", 0, 1],
		]);
		expect(await readFile(join(place.stateDir, "files", "sw_a", "aside", "1", "0", "settings"), "utf8")).toBe(
			"new and longer",
		);
	},
);
