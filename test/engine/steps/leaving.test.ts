// The planned restart: on disk before the supervisor leaves, once, with "restart me"; the next life goes on behind it. No real exit here.
import { describe, expect, it } from "vitest";
import { restartMeExitCode } from "../../../src/engine/steps/leaving.js";
import { createScene, expectEnd, first } from "../scene.js";

const settings = { restart: "exit" } as const;

/** The process manager: the supervisor that left is gone, and the next one starts. */
async function respawn(scene: ReturnType<typeof createScene>): Promise<void> {
	await scene.restart();
	await scene.clock.advance(5_000);
}

describe("cutting over", () => {
	it("plans the restart on disk, then leaves once with 75, and starts nothing before that", async () => {
		const scene = createScene({ settings });
		let planned: unknown = null;
		scene.doAt("cutOver.exit", async () => {
			planned = await scene.swap();
		});
		await scene.trial();
		expect(planned).toMatchObject({ restartPlannedBy: "life-1", status: "cutting_over", boots: 0 });
		expect(scene.exits).toEqual([restartMeExitCode]);
		expect(restartMeExitCode).toBe(75);
		await scene.clock.advance(20_000);
		expect(scene.exits).toEqual([75]);
		expect(await scene.served()).toBe("none");
		expect(await scene.releases.current()).toBe(`${first}-1`);
	});

	it("goes on behind it in the next life: no second stop, snapshot, flip or exit", async () => {
		const scene = createScene({ settings });
		await scene.trial();
		const from = scene.trace.length;
		await respawn(scene);
		const later = scene.trace.slice(from);
		expect(later.filter((site) => /cutOver\.(pin|stop|snapshot|flip|exit)|fact\.armed/.test(site))).toEqual([]);
		expect(await scene.swap()).toMatchObject({ status: "awaiting_confirmation", boots: 1, cause: null });
		await scene.confirm(first);
		await scene.clock.advance(5_000);
		await expectEnd(scene, "finalized");
		expect(scene.exits).toEqual([75]);
	});

	it("keeps the window that was armed before it", async () => {
		const scene = createScene({ settings, channels: [] });
		await scene.trial();
		const armed = (await scene.swap()).deadman;
		scene.kill();
		await scene.clock.advance(60_000);
		await scene.begin();
		expect((await scene.swap()).deadman).toEqual(armed);
		await scene.clock.advance(60_000);
		expect((await expectWayBack(scene)).cause?.code).toBe("deadline_passed");
	});

	it("counts an unplanned death behind it as one: the cut-over is undone", async () => {
		const scene = createScene({ settings });
		scene.killAt("fact.bootStarted", "after");
		await scene.trial();
		await respawn(scene);
		await respawn(scene);
		expect((await scene.swap()).cause?.code).toBe("supervisor_died");
		await expectWayBack(scene);
	});

	it("is no crash when the supervisor dies between the plan and the exit", async () => {
		const scene = createScene({ settings });
		scene.killAt("cutOver.exit");
		await scene.trial();
		expect(scene.exits).toEqual([]);
		await respawn(scene);
		expect(await scene.swap()).toMatchObject({ status: "awaiting_confirmation", cause: null });
	});
});

describe("rolling back", () => {
	it("leaves once more when the code was switched back, and proves the previous version in the next life", async () => {
		const scene = createScene({ settings });
		await scene.trial();
		await respawn(scene);
		const from = scene.trace.length;
		await scene.rollback(first);
		await scene.clock.advance(1_000);
		expect(scene.exits).toEqual([75, 75]);
		expect(await scene.swap()).toMatchObject({ status: "rolling_back", restartPlannedBy: "life-2" });
		expect(await scene.served()).toBe("none");
		await respawn(scene);
		await expectEnd(scene, "rolled_back");
		expect(scene.exits).toEqual([75, 75]);
		const again = /^rollBack\.(stop|fence|restore|flip|exit)$/;
		expect(scene.trace.slice(from).filter((site) => again.test(site))).toEqual(
			["stop", "fence", "restore", "flip", "exit"].map((name) => `rollBack.${name}`),
		);
	});

	it("does not leave where nothing was switched", async () => {
		const scene = createScene({ settings });
		scene.failAt("cutOver.snapshot");
		await scene.trial();
		await expectEnd(scene, "rolled_back");
		expect(scene.exits).toEqual([]);
	});

	it("ends also when the life behind the restart dies while it proves the previous version", async () => {
		const scene = createScene({ settings });
		await scene.trial();
		await respawn(scene);
		await scene.rollback(first);
		await scene.clock.advance(1_000);
		scene.killAt("rollBack.start");
		await respawn(scene);
		await respawn(scene);
		await expectEnd(scene, "rolled_back");
	});
});

/** A rollback with one more planned restart in the middle. */
async function expectWayBack(scene: ReturnType<typeof createScene>) {
	await scene.clock.advance(5_000);
	if ((await scene.swap()).status === "rolling_back") await respawn(scene);
	return expectEnd(scene, "rolled_back");
}
