// One story: a target that restarts by leaving. The supervisor exits with 75, its process manager starts it again, and the sweep goes
// on behind the planned restart: forward in a cut-over, back in a rollback.
import { afterAll, beforeAll, expect, test } from "vitest";
import { keepAlive, type Manager } from "../respawn.js";
import {
	ask,
	attempt,
	close,
	factsOf,
	finish,
	habit,
	living,
	openScene,
	programOf,
	type Scene,
	serving,
	state,
	until,
	version,
	writeNotes,
} from "../scene.js";

let scene: Scene;
let manager: Manager;
beforeAll(async () => {
	scene = await openScene({
		configure(config) {
			config.program.restart = "exit";
		},
	});
	manager = keepAlive(scene);
	await until("the program is proven", async () => (await programOf(scene))?.proven, 20_000);
	await writeNotes(scene, 4);
});
afterAll(async () => {
	await manager.stop();
	await close(scene);
});

const lifeNow = async () => (await ask(scene, "/v1/status"))?.supervisor.life;

test("rolled back: leaves once to go forward and once to go back", { timeout: 60_000 }, async () => {
	const before = await state(scene);
	const life = await lifeNow();
	const swap = await attempt(scene, "back", version(2, "CREATE TABLE tags (tag TEXT)"), "awaiting_confirmation");
	expect(swap).toMatchObject({ status: "awaiting_confirmation", boots: 1, cause: null });
	expect(manager.codes).toEqual([75]);
	expect(await lifeNow()).not.toBe(life);
	expect(await serving(scene, (answer) => answer.version === "2")).toEqual({ version: "2", schema: 2, notes: 4 });
	await writeNotes(scene, 3);

	const end = await finish(scene, swap.id, "rollback");
	expect(end).toMatchObject({ status: "rolled_back", handshake: "rolled_back", cause: { code: "rollback_requested" } });
	expect(manager.codes).toEqual([75, 75]);
	expect(await serving(scene, (answer) => answer.version === "1")).toEqual({ version: "1", schema: 1, notes: 4 });
	expect(await state(scene)).toEqual(before);
	const planned = (await factsOf(scene, swap.id)).filter(({ type }) => type === "restartPlanned");
	expect(planned.map(({ exitCode }) => exitCode)).toEqual([75, 75]);
	expect((await living(scene)).map(({ release }) => release)).toEqual([swap.previousRelease]);
});

test("confirmed: leaves once", { timeout: 60_000 }, async () => {
	const swap = await attempt(scene, "kept", version(3), "awaiting_confirmation");
	expect(manager.codes).toEqual([75, 75, 75]);
	expect(await finish(scene, swap.id, "confirm")).toMatchObject({ status: "finalized", handshake: "confirmed" });
	expect(await serving(scene, (answer) => answer.version === "3")).toEqual({ version: "3", schema: 1, notes: 4 });
	expect(manager.codes).toHaveLength(3);
	expect(await state(scene)).toMatchObject({ branch: swap.commit, current: `releases/${swap.candidateRelease}` });
	expect((await living(scene)).map(({ release }) => release)).toEqual([swap.candidateRelease]);
});

test("a version that dies at boot comes back by itself", { timeout: 60_000 }, async () => {
	const before = await state(scene);
	const swap = await attempt(scene, "dies", habit("dies-at-boot"), "rolled_back");
	expect(swap).toMatchObject({ status: "rolled_back", cause: { code: "candidate_died" } });
	expect(manager.codes).toEqual([75, 75, 75, 75, 75]);
	expect(await serving(scene, (answer) => answer.version === "3")).toMatchObject({ notes: 4 });
	expect(await state(scene)).toEqual(before);
});
