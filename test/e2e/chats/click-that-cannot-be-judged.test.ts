// One story: an earlier life stored a click that nothing can judge. The next start reads it and goes on: what is due is rolled back first, and
// the supervisor serves.
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
	ask,
	attempt,
	close,
	deadman,
	killSupervisor,
	living,
	openScene,
	raise,
	reach,
	type Scene,
	seen,
	serving,
	startSupervisor,
	state,
	until,
	version,
	writeNotes,
} from "../scene.js";

const Database: typeof import("better-sqlite3") = createRequire(import.meta.url)("better-sqlite3");

let scene: Scene;
beforeAll(async () => {
	scene = await openScene({
		configure(config) {
			config.deadman = { initial: "6s", afterDelivery: "6s", cap: "20s" };
		},
	});
	await raise(scene);
	await writeNotes(scene, 3);
});
afterAll(() => close(scene));

const console = { channel: "console" };

/** Bodies that no version has ever written, and one of a version to come. */
const bodies = (swapId: string) => [
	"{}",
	JSON.stringify(console),
	"[]",
	"null",
	JSON.stringify({
		...console,
		swapId,
		epoch: 1,
		verdict: "teleport",
		genuine: true,
		actorId: "0",
		atMs: 0,
		receipt: null,
	}),
	JSON.stringify({
		...console,
		swapId: { of: "another shape" },
		verdict: "extend",
		genuine: true,
		epoch: "x",
		actorId: 7,
	}),
];

test("the sweep goes first, and the start succeeds", { timeout: 120_000 }, async () => {
	const before = await state(scene);
	const swap = await attempt(scene, "next", version(2, "CREATE TABLE tags (tag TEXT)"), "awaiting_confirmation");
	await seen(scene, swap.id, "its card has arrived", ({ handshake }) => handshake === "message1_sent");
	await killSupervisor(scene);
	const journal = new Database(join(scene.root, ".deadman", "state.db"), { fileMustExist: true });
	const keep = journal.prepare("INSERT INTO clicks (channel, event, body, answer) VALUES ('console', NULL, ?, NULL)");
	for (const body of bodies(swap.id)) keep.run(body);
	journal.close();
	await until("the window is over", async () => {
		return (await deadman(scene, "status", swap.id)).swap.deadman.remainingMs === 0;
	});

	await startSupervisor(scene);
	const end = await reach(scene, swap.id, "rolled_back", "stranded");
	expect(end).toMatchObject({ status: "rolled_back", cause: { code: "deadline_passed" } });
	expect(await serving(scene, (now) => now.version === "1")).toEqual({ version: "1", schema: 1, notes: 3 });
	expect(await state(scene)).toEqual(before);
	expect(await living(scene)).toHaveLength(1);
	expect((await ask(scene, "/v1/status")).supervisor.pid).toBe(scene.supervisor?.pid);
	expect(scene.supervisor?.exitCode).toBe(null);
	// Once is enough: the next life does not stumble over them again.
	await killSupervisor(scene);
	await raise(scene);
	expect(await living(scene)).toHaveLength(1);
});
