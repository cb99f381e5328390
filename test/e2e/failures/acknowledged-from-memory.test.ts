// One story: a rollback is asked for while the journal's disk answers with errors. It is acknowledged, the supervisor is killed in the same
// moment, and whatever comes after, the new version never runs again.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { arm, buildSysfault, type Injector, layControl, readControl, sysfaultCommand } from "../../crash/sysfault.js";
import {
	ask,
	attempt,
	close,
	factsOf,
	launch,
	living,
	openScene,
	post,
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

let injector: Injector;
let scene: Scene;
let folder: string;
beforeAll(async () => {
	injector = await buildSysfault();
	folder = await mkdtemp(join(tmpdir(), "control-"));
	scene = await openScene();
});
afterAll(async () => {
	if (scene !== undefined) await close(scene);
	await injector?.close();
	await rm(folder, { recursive: true, force: true });
});

test("rolled back by the next life, and never tried again", { timeout: 120_000 }, async () => {
	const control = join(folder, "control");
	await layControl(control, 1);
	const path = join(scene.root, ".deadman", "state.db-wal");
	const plan = { injector: injector.path, control, path, calls: "writes", errno: "EIO", lasting: true } as const;
	launch(scene, { under: (command) => sysfaultCommand({ ...plan, program: "node server.cjs" }, command) });
	const { supervisor } = await until("the program is proven", async () => {
		const status = await ask(scene, "/v1/status");
		return status?.supervisor.program.proven ? status : null;
	});
	await writeNotes(scene, 4);
	const before = await state(scene);
	const swap = await attempt(scene, "next", version(2, "CREATE TABLE tags (tag TEXT)"), "awaiting_confirmation");
	await seen(scene, swap.id, "its card has arrived", ({ handshake }) => handshake === "message1_sent");
	await writeNotes(scene, 3);

	await arm(control);
	const answer = await post(scene, `/v1/swaps/${swap.id}/rollback`, { reason: "the disk is failing" });
	process.kill(supervisor.pid, "SIGKILL");
	await until("it is dead", async () => (await readControl(control)).ended > 0);
	expect((await readControl(control)).fired).toBeGreaterThan(0);
	expect(answer).toMatchObject({ code: 0, swap: { status: "rolling_back" } });

	await startSupervisor(scene);
	const end = await reach(scene, swap.id, "rolled_back", "stranded", "finalized");
	expect(end).toMatchObject({ status: "rolled_back", cause: { code: "rollback_requested" } });
	expect(await serving(scene, (now) => now.version === "1")).toEqual({ version: "1", schema: 1, notes: 4 });
	expect(await state(scene)).toEqual(before);
	expect((await living(scene)).map(({ release }) => release)).toEqual([swap.previousRelease]);
	const watched = (await factsOf(scene, swap.id)).filter(
		({ type, step }) => type === "stepStarted" && step === "probation",
	);
	expect(new Set(watched.map(({ life }) => life)).size).toBe(1);
});
