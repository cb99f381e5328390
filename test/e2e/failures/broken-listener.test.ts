// One story, twice: a host listens to its supervisor with a listener that throws, or that answers with a promise that rejects. The swap goes
// its way all the same, and nobody's silence keeps the new version.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, attempt, close, living, openScene, reach, type Scene, serving, state, until, version } from "../scene.js";

const host = fileURLToPath(new URL("../../support/listening.js", import.meta.url));

describe.each(["throws", "rejects"])("a listener that %s", (how) => {
	let scene: Scene;
	let child: ChildProcess;
	let said = "";
	beforeAll(async () => {
		scene = await openScene({
			configure(config) {
				config.deadman = { initial: "4s", afterDelivery: "4s", cap: "20s" };
			},
		});
		child = spawn(process.execPath, [host, scene.root, how], { cwd: scene.root });
		scene.supervisor = child;
		for (const stream of [child.stdout, child.stderr]) {
			stream?.on("data", (piece) => {
				said += piece;
			});
		}
	});
	afterAll(() => close(scene));

	test("the deadman fires, and the old version serves", { timeout: 90_000 }, async () => {
		await until("the program is proven", async () => {
			if (child.exitCode !== null) throw new Error(`The host ended: ${said}`);
			return (await ask(scene, "/v1/status"))?.supervisor.program.proven;
		});
		const before = await state(scene);
		const swap = await attempt(scene, "next", version(2, "CREATE TABLE tags (tag TEXT)"), "awaiting_confirmation");
		expect(swap.status).toBe("awaiting_confirmation");
		const end = await reach(scene, swap.id, "rolled_back", "stranded");
		expect(end).toMatchObject({ status: "rolled_back", cause: { code: "deadline_passed" } });
		expect(await serving(scene, (now) => now.version === "1")).toMatchObject({ version: "1", schema: 1 });
		expect(await state(scene)).toEqual(before);
		expect(await living(scene)).toHaveLength(1);
		expect(said).toContain("heard something");
		expect(child.exitCode).toBe(null);
		const left = once(child, "exit");
		child.kill("SIGTERM");
		expect(await left).toEqual([0, null]);
	});
});
