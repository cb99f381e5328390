// One story, with several kinds of damage: the supervisor dies in the window, and when it comes back its state is cut off, garbage,
// gone or newer than itself. It goes back by live.json where it must, touches nothing where it cannot know, and always says so.
import { copyFile, readdir, readFile, readlink, rm, stat, truncate, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
	attempt,
	close,
	deadman,
	finish,
	killSupervisor,
	living,
	openScene,
	raise,
	reach,
	runToItsEnd,
	type Scene,
	serving,
	startSupervisor,
	state,
	version,
	writeNotes,
} from "../scene.js";

const Database: typeof import("better-sqlite3") = createRequire(import.meta.url)("better-sqlite3");

let scene: Scene;
beforeAll(async () => {
	scene = await openScene();
	await raise(scene);
	await writeNotes(scene, 5);
});
afterAll(() => close(scene));

const path = (name: string) => join(scene.root, ".deadman", name);
const sidecars = ["-wal", "-shm"];

/** A swap in its window, with data of its own, whose supervisor has just been killed. */
async function trialWithoutSupervisor(name: string) {
	const before = await state(scene);
	const starred = version(2, "ALTER TABLE notes ADD COLUMN stars INTEGER");
	const edit = (source: string) => `${starred(source)}// ${name}\n`;
	const swap = await attempt(scene, name, edit, "awaiting_confirmation");
	expect(swap.status).toBe("awaiting_confirmation");
	await writeNotes(scene, 3);
	await killSupervisor(scene);
	expect(await serving(scene, () => true)).toEqual({ version: "2", schema: 2, notes: 8 });
	return { before, swap };
}

async function isBack(before: object): Promise<void> {
	expect(await serving(scene, (answer) => answer.version === "1")).toEqual({ version: "1", schema: 1, notes: 5 });
	expect(await state(scene)).toEqual(before);
	expect(await living(scene)).toHaveLength(1);
}

const live = async () => JSON.parse(await readFile(path("live.json"), "utf8"));

const before02 = "was written by a deadman of before 0.2";

const damages: Readonly<Record<string, () => Promise<void>>> = {
	"is cut off in its middle": async () => {
		for (const suffix of sidecars) await rm(path(`state.db${suffix}`), { force: true });
		await truncate(path("state.db"), Math.floor((await stat(path("state.db"))).size / 2) + 100);
	},
	"is empty": async () => {
		for (const suffix of sidecars) await rm(path(`state.db${suffix}`), { force: true });
		await truncate(path("state.db"), 0);
	},
	"is garbage": async () => {
		for (const suffix of sidecars) await rm(path(`state.db${suffix}`), { force: true });
		await writeFile(path("state.db"), "this is no database, and never was one\n".repeat(500));
	},
	[before02]: async () => void setSchema(4),
	"is another program's database": async () => {
		for (const suffix of ["", ...sidecars]) await rm(path(`state.db${suffix}`), { force: true });
		const other = new Database(path("state.db"));
		other.exec("CREATE TABLE swaps (id TEXT)");
		other.close();
	},
	"is gone, without its write-ahead log": () => rm(path("state.db")),
	"is gone, with all that belongs to it": async () => {
		for (const suffix of ["", ...sidecars]) await rm(path(`state.db${suffix}`), { force: true });
	},
};

describe.each(Object.keys(damages))("the journal %s", (damage) => {
	test("code and data go back by live.json, and the supervisor refuses", { timeout: 60_000 }, async () => {
		const { before, swap } = await trialWithoutSupervisor(damage.replace(/\W+/g, "-").slice(0, 40));
		expect((await live()).trial.swapId).toBe(swap.id);
		await damages[damage]?.();
		const { code: exit, out } = await runToItsEnd(scene);
		expect(exit).toBe(5);
		const code = damage === before02 ? "schema_older" : "journal_unreadable";
		expect(out).toMatchObject({ schemaVersion: 1, error: { code } });
		expect(out.error.message).toContain("state.db");
		expect(await live()).toMatchObject({ release: { id: swap.previousRelease }, trial: null });
		await isBack(before);

		// What it says to do next: move the file aside and start again.
		for (const suffix of ["", ...sidecars]) await rm(path(`state.db${suffix}`), { force: true });
		await raise(scene);
		await isBack(before);
		expect((await deadman(scene, "ls")).swaps).toEqual([]);
	});
});

test("a journal of a newer schema is refused, and nothing is touched", { timeout: 60_000 }, async () => {
	const { before, swap } = await trialWithoutSupervisor("newer");
	const version = setSchema(99);
	const untouched = await everything();
	const { code, out } = await runToItsEnd(scene);
	expect(code).toBe(5);
	expect(out.error).toMatchObject({ code: "schema_newer" });
	expect(out.error.message).toContain("schema 99");
	expect(await everything()).toEqual(untouched);
	const status = await deadman(scene, "status");
	expect(status.code).toBe(5);
	expect(status.error.code).toBe("schema_newer");

	setSchema(version);
	await startSupervisor(scene);
	expect((await finish(scene, swap.id, "rollback")).status).toBe("rolled_back");
	await isBack(before);
});

test("a journal of a newer schema stands before no rollback that is due", { timeout: 60_000 }, async () => {
	const { before, swap } = await trialWithoutSupervisor("due");
	const version = setSchema(99);
	const { trial, ...rest } = await live();
	await writeFile(path("live.json"), JSON.stringify({ ...rest, trial: { ...trial, dueMs: Date.now() - 1 } }));
	const { code, out } = await runToItsEnd(scene);
	expect([code, out.error.code]).toEqual([5, "schema_newer"]);
	expect(await serving(scene, (answer) => answer.version === "1")).toMatchObject({ version: "1", schema: 1, notes: 5 });
	expect(await live()).toMatchObject({ release: { id: swap.previousRelease }, trial: null });
	// The deadman that can read it takes in what was done.
	setSchema(version);
	await startSupervisor(scene);
	expect((await reach(scene, swap.id, "rolled_back", "stranded")).status).toBe("rolled_back");
	await isBack(before);
});

/** Answers with the schema it had. */
function setSchema(to: number): number {
	const database = new Database(path("state.db"), { fileMustExist: true });
	const had = database.pragma("user_version", { simple: true }) as number;
	database.pragma(`user_version = ${to}`);
	database.close();
	return had;
}

async function everything() {
	return {
		journal: (await readFile(path("state.db"))).toString("base64"),
		live: await live(),
		current: await readlink(path("current")),
		releases: (await readdir(path("releases"))).sort(),
		snapshots: (await readdir(path("snapshots"))).sort(),
		programs: await living(scene),
		served: await serving(scene, () => true),
	};
}

test.each(["truncated", "gone"])(
	"live.json is %s and the journal is whole: rolled back",
	{ timeout: 60_000 },
	async (how) => {
		const { before, swap } = await trialWithoutSupervisor(`live-${how}`);
		await copyFile(path("live.json"), path("live.json.kept"));
		if (how === "gone") await rm(path("live.json"));
		else await truncate(path("live.json"), 40);
		await startSupervisor(scene);
		const resumed = await deadman(scene, "status", swap.id);
		expect(resumed.swap.status).toBe("awaiting_confirmation");
		expect((await finish(scene, swap.id, "rollback")).status).toBe("rolled_back");
		await isBack(before);
		expect(await live()).toMatchObject({ release: { id: swap.previousRelease }, trial: null });
	},
);

test("live.json is gone and the trial is confirmed: the new version stays", { timeout: 60_000 }, async () => {
	const { swap } = await trialWithoutSupervisor("live-confirmed");
	await rm(path("live.json"));
	await startSupervisor(scene);
	const end = await finish(scene, swap.id, "confirm");
	expect(end.status).toBe("finalized");
	expect(await serving(scene, (answer) => answer.version === "2")).toEqual({ version: "2", schema: 2, notes: 8 });
	expect(await readlink(path("current"))).toBe(`releases/${swap.candidateRelease}`);
	expect(await live()).toMatchObject({ release: { id: swap.candidateRelease }, trial: null });
	expect(await reach(scene, swap.id, "finalized")).toMatchObject({ status: "finalized", handshake: "confirmed" });
	await killSupervisor(scene);
	await raise(scene);
	expect(await serving(scene, () => true)).toEqual({ version: "2", schema: 2, notes: 8 });
	expect((await living(scene)).map(({ release }) => release)).toEqual([swap.candidateRelease]);
});
