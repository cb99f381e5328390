// One story: a process that is nobody's of ours has the database open, as a backup job does. A rollback waits for it as long as it takes, says
// so, and goes on by itself; a cut-over waits for it with live untouched, and the tree is not blamed.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
	attempt,
	build,
	close,
	deadman,
	living,
	openScene,
	raise,
	reach,
	type Scene,
	seen,
	serving,
	state,
	until,
	version,
	writeNotes,
} from "../scene.js";

const sqlite = createRequire(import.meta.url).resolve("better-sqlite3");
const reading = `const D = require(${JSON.stringify(sqlite)});
const d = new D("data/notes.db");
d.prepare("select count(*) from notes").get();
console.log("reads");
setInterval(() => d, 60_000);`;

let scene: Scene;
let holder: ChildProcess | null = null;
beforeAll(async () => {
	scene = await openScene();
	await raise(scene);
	await writeNotes(scene, 3);
});
afterAll(async () => {
	if (holder?.exitCode === null && holder.signalCode === null) await letGo(holder);
	await close(scene);
});

async function hold(): Promise<ChildProcess> {
	const child = spawn(process.execPath, ["-e", reading], { cwd: scene.root, stdio: ["ignore", "pipe", "inherit"] });
	holder = child;
	await once(child.stdout, "data");
	return child;
}

async function letGo(child: ChildProcess): Promise<void> {
	const ended = once(child, "exit");
	child.kill("SIGKILL");
	await ended;
}

test("before the cut-over: named, waited for, live untouched, and nobody blames the tree", {
	timeout: 180_000,
}, async () => {
	const before = await state(scene);
	const programs = await living(scene);
	const child = await hold();
	await build(scene, "held", version(2, "CREATE TABLE tags (tag TEXT)"));
	const { swap } = await deadman(scene, "submit", "held", "--summary", "Held up");
	const draft = await reach(scene, swap.id, "drafting", "rolled_back", "stranded", "awaiting_confirmation");
	expect(draft).toMatchObject({ status: "drafting", boots: 0, deadman: null });
	expect(JSON.stringify(draft.cause)).toContain(String(child.pid));
	expect(await living(scene)).toEqual(programs);
	expect(await state(scene)).toEqual(before);
	await letGo(child);
	const again = await deadman(scene, "submit", "held", "--summary", "Nobody holds it any more");
	expect(again).toMatchObject({ code: 0, swap: { id: swap.id } });
	const tried = await reach(scene, swap.id, "awaiting_confirmation", "drafting", "rolled_back");
	expect(tried.status).toBe("awaiting_confirmation");
	await deadman(scene, "rollback", swap.id);
	expect((await reach(scene, swap.id, "rolled_back", "stranded")).status).toBe("rolled_back");
	expect(await state(scene)).toEqual(before);
});

test("in a rollback: it waits and says so, people are told, and it ends by itself", { timeout: 180_000 }, async () => {
	const before = await state(scene);
	const swap = await attempt(scene, "trial", version(3, "CREATE TABLE tags (tag TEXT)"), "awaiting_confirmation");
	const child = await hold();
	expect((await deadman(scene, "rollback", swap.id)).code).toBe(0);
	const blocked = await seen(
		scene,
		swap.id,
		"blocked",
		({ blockedBy, status }) => blockedBy != null || status === "stranded",
	);
	expect(blocked.status).toBe("rolling_back");
	expect(blocked.blockedBy).toMatchObject({
		code: expect.any(String),
		message: expect.stringContaining(String(child.pid)),
	});
	const shown = await deadman(scene, "status", swap.id);
	expect(shown.swap.blockedBy).toMatchObject({ code: blocked.blockedBy.code });
	const log = () => readFile(join(scene.root, "supervisor.log"), "utf8");
	await until("people are told", async () => /^==.*\n(?:.*\n){0,8}?.*\bProcess \d+/m.test(await log()), 60_000);
	expect((await deadman(scene, "status", swap.id)).swap.status).toBe("rolling_back");

	await letGo(child);
	const end = await reach(scene, swap.id, "rolled_back", "stranded");
	expect(end).toMatchObject({ status: "rolled_back", cause: { code: "rollback_requested" } });
	expect(await serving(scene, (now) => now.version === "1")).toEqual({ version: "1", schema: 1, notes: 3 });
	expect(await state(scene)).toEqual(before);
	expect((await deadman(scene, "status", swap.id)).swap.blockedBy).toBe(null);
});
