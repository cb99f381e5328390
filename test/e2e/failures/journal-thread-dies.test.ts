// One story: the thread that owns the journal dies in the window, and the process lives. It must not sit there: it leaves to be restarted,
// and the deadman of the running trial fires in time.
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
	ask,
	attempt,
	close,
	launch,
	living,
	openScene,
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

const preload = fileURLToPath(new URL("../../support/ends-journal-thread.cjs", import.meta.url));
const restartMe = 75;
let scene: Scene;
beforeAll(async () => {
	scene = await openScene({
		configure(config) {
			config.deadman = { initial: "15s", afterDelivery: "15s", cap: "40s" };
		},
	});
});
afterAll(() => close(scene));

test("it leaves with the restart code, and the next life goes back in time", { timeout: 120_000 }, async () => {
	const child = launch(scene, { node: ["--require", preload] });
	await until("the program is proven", async () => (await ask(scene, "/v1/status"))?.supervisor.program.proven);
	await writeNotes(scene, 3);
	const before = await state(scene);
	const swap = await attempt(scene, "next", version(2, "CREATE TABLE tags (tag TEXT)"), "awaiting_confirmation");
	const { deadman } = await seen(
		scene,
		swap.id,
		"its card has arrived",
		({ handshake }) => handshake === "message1_sent",
	);

	const left = once(child, "exit");
	child.kill("SIGUSR2");
	const log = () => readFile(join(scene.root, "supervisor.log"), "utf8");
	await until("its thread is ended", async () => (await log()).includes("ending 1 journal threads"));
	await until("it has left", () => child.exitCode !== null || child.signalCode !== null, 10_000);
	expect(await left).toEqual([restartMe, null]);
	expect(await serving(scene, () => true)).toMatchObject({ version: "2" });

	await startSupervisor(scene);
	const end = await reach(scene, swap.id, "rolled_back", "stranded");
	expect(end).toMatchObject({ status: "rolled_back", cause: { code: "deadline_passed" } });
	const lateMs = Date.now() - Date.parse(deadman.expiresAt);
	expect(lateMs).toBeGreaterThan(0);
	expect(lateMs).toBeLessThan(15_000);
	expect(await serving(scene, (now) => now.version === "1")).toEqual({ version: "1", schema: 1, notes: 3 });
	expect(await state(scene)).toEqual(before);
	expect(await living(scene)).toHaveLength(1);
});
