// One story: files beside the database go back with it, by a verdict, by a supervisor that comes back, and without a journal; and they stay with a confirm.
import { chmod, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
	attempt,
	close,
	deadman,
	deadmanBin,
	execFileAsync,
	finish,
	killSupervisor,
	openScene,
	raise,
	runToItsEnd,
	type Scene,
	serving,
	startSupervisor,
	version,
} from "../scene.js";

let scene: Scene;
const at = (...path: string[]) => join(scene.root, "data", ...path);

/** What a program does to its files when it starts as another version: it keeps the state of its own migration in one of them. */
const migrating = (number: number, mark: string) => (source: string) =>
	`${version(number)(source)}
{
	const fs = require("node:fs");
	const migration = "data/uploads/.migrate";
	if (!fs.readFileSync(migration, "utf8").includes("${mark}")) {
		fs.writeFileSync(migration, "${mark}");
		fs.writeFileSync("data/uploads/${mark}.png", "${mark}");
		fs.rmSync("data/uploads/old", { recursive: true, force: true });
	}
}
`;

beforeAll(async () => {
	scene = await openScene({
		configure: (config) => {
			config.files = [{ path: "data", exclude: ["cache"] }];
		},
	});
	await mkdir(at("uploads", "old", "empty"), { recursive: true });
	await writeFile(at("uploads", ".migrate"), "one");
	await writeFile(at("uploads", "old", "photo"), "a photo");
	await chmod(at("uploads", "old", "photo"), 0o640);
	await raise(scene);
});
afterAll(() => close(scene));

async function uploads(): Promise<Record<string, string>> {
	const names = (await readdir(at("uploads"), { recursive: true, withFileTypes: true })).sort();
	const seen = names.map(async (entry) => {
		const path = join(entry.parentPath, entry.name);
		const { mode } = await stat(path);
		return [path.slice(at("uploads").length), entry.isFile() ? `${mode & 0o777} ${await readFile(path, "utf8")}` : ""];
	});
	return Object.fromEntries(await Promise.all(seen));
}

test("a rollback puts files back with the rows, tells which, and gives them back on request", async () => {
	const before = await uploads();
	const swap = await attempt(scene, "two", migrating(2, "two"), "awaiting_confirmation");
	expect(Object.keys(await uploads())).toEqual(["/.migrate", "/two.png"]);
	await mkdir(at("cache"));
	await writeFile(at("cache", "thumbnail"), "made anew");
	const ended = await finish(scene, swap.id, "rollback");
	expect(ended.status).toBe("rolled_back");
	expect(await uploads()).toEqual(before);
	expect(await readFile(at("cache", "thumbnail"), "utf8")).toBe("made anew");
	const files = ended.discarded.find(({ kind }: { kind?: string }) => kind === "files");
	expect(files).toMatchObject({ database: "data", inserted: 1, updated: 1, deleted: 3 });
	expect(files.note).toContain("uploads/two.png, uploads/.migrate, uploads/old");

	const shown = await execFileAsync(process.execPath, [deadmanBin, "data", "show", swap.id], { cwd: scene.root });
	expect(shown.stdout).toContain("1 files added, 1 changed, 3 removed");
	const { data } = await deadman(scene, "data", "replay", swap.id);
	expect(data.find(({ kind }: { kind?: string }) => kind === "files")).toMatchObject({ replayed: 1 });
	expect(await readFile(at("uploads", "two.png"), "utf8")).toBe("two");
	expect(await readFile(at("uploads", ".migrate"), "utf8")).toBe("one");
	await rm(at("uploads", "two.png"));
});

test("a supervisor that was killed in the window puts them back when it is over, and a confirm keeps the new ones", async () => {
	const before = await uploads();
	const swap = await attempt(scene, "three", migrating(3, "three"), "awaiting_confirmation");
	await killSupervisor(scene);
	await startSupervisor(scene);
	expect((await finish(scene, swap.id, "rollback")).status).toBe("rolled_back");
	expect(await uploads()).toEqual(before);

	const kept = await attempt(scene, "four", migrating(4, "four"), "awaiting_confirmation");
	expect((await finish(scene, kept.id, "confirm")).status).toBe("finalized");
	expect(Object.keys(await uploads())).toEqual(["/.migrate", "/four.png"]);
});

test("without a readable journal they go back by what stands beside the releases", async () => {
	const before = await uploads();
	const swap = await attempt(scene, "five", migrating(5, "five"), "awaiting_confirmation");
	expect(await uploads()).not.toEqual(before);
	await killSupervisor(scene);
	for (const suffix of ["-wal", "-shm"]) await rm(join(scene.root, ".deadman", `state.db${suffix}`), { force: true });
	await truncate(join(scene.root, ".deadman", "state.db"), 0);
	expect(await runToItsEnd(scene)).toMatchObject({ code: 5, out: { error: { code: "journal_unreadable" } } });
	expect(await uploads()).toEqual(before);
	expect(await serving(scene, (answer) => answer.version === "4")).toMatchObject({ version: "4" });
	expect(swap.status).toBe("awaiting_confirmation");
});
