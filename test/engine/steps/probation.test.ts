// Probation: what ends a trial and what does not. Deaths, hangs, silence and fatal reports, and the lives of supervisor and machine in the window.
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.js";
import { accepted, candidate, createScene, expectEnd, expectRefusal, first } from "../scene.js";

const heartbeat = { settings: { heartbeatMs: 20_000 } };

function forced(scene: ReturnType<typeof createScene>, times: number): void {
	let left = times;
	scene.probe.answer(() => {
		left -= 1;
		if (left <= 0) scene.probe.answer(null);
		return { healthy: false, detail: "503", tiedBy: null };
	});
}

describe("health", () => {
	it("one bad answer, or two, is weather", async () => {
		const scene = createScene();
		await scene.trial();
		forced(scene, limits.probeFailures - 1);
		await scene.clock.advance(20_000);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
	});

	it("three in a row are a dead program (F12: hangs, spins)", async () => {
		const scene = createScene();
		await scene.trial();
		forced(scene, limits.probeFailures);
		await scene.clock.advance(10_000);
		const end = await expectEnd(scene, "rolled_back");
		expect(end.cause).toMatchObject({ code: "unhealthy", message: "The new version stopped answering: 503." });
	});

	it("bad answers that are not in a row are forgiven", async () => {
		const scene = createScene();
		await scene.trial();
		for (let round = 0; round < 4; round += 1) {
			forced(scene, 2);
			await scene.clock.advance(5_000);
		}
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
	});

	it("a program that wedges after a minute rolls back before the window ends", async () => {
		const scene = createScene();
		await scene.trial({ wedgesAfterMs: 60_000 }, 70);
		expect((await expectEnd(scene, "rolled_back")).cause?.code).toBe("unhealthy");
	});
});

describe("deaths", () => {
	it("one in the window is a restart, counted", async () => {
		const scene = createScene();
		await scene.trial((nth) => (nth === 1 ? { diesAfterMs: 60_000 } : {}), 70);
		expect(await scene.swap()).toMatchObject({ status: "awaiting_confirmation", boots: 2, quickDeaths: 0 });
		expect(await scene.served()).toBe(candidate);
		accepted(await scene.confirm(first));
		await scene.clock.advance(5_000);
		await expectEnd(scene, "finalized");
	});

	it("three are the end, though each came after a while", async () => {
		const scene = createScene();
		await scene.trial({ diesAfterMs: 15_000 }, 60);
		const end = await expectEnd(scene, "rolled_back");
		expect(end).toMatchObject({ boots: 3, quickDeaths: 0, cause: { code: "candidate_died" } });
	});

	it("a restarted one that does not come up again is dead", async () => {
		const scene = createScene();
		await scene.trial((nth) => (nth === 1 ? { diesAfterMs: 20_000 } : { readyAfterMs: null }), 60);
		expect((await expectEnd(scene, "rolled_back")).cause?.code).toBe("not_ready");
	});

	it("of a program that exits 0 count as well", async () => {
		const scene = createScene();
		await scene.trial({ diesAfterMs: 2_000, exit: { code: 0, signal: null } }, 10);
		expect((await expectEnd(scene, "rolled_back")).cause?.message).toBe("The new version ended with code 0.");
	});
});

describe("heartbeats", () => {
	it("that stop roll back after their limit", async () => {
		const scene = createScene(heartbeat);
		await scene.trial();
		const token = scene.programs.tokenOf("run-2");
		for (let beat = 0; beat < 3; beat += 1) {
			expect(await scene.supervisor.reportHeartbeat(token, { fatal: null })).toBeNull();
			await scene.clock.advance(15_000);
		}
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		await scene.clock.advance(6_000);
		const end = await expectEnd(scene, "rolled_back");
		expect(end.cause).toMatchObject({ code: "heartbeat_lost", message: "No heartbeat for 20000 ms (limit 20000 ms)." });
	});

	it("that never come roll back too", async () => {
		const scene = createScene(heartbeat);
		await scene.trial({}, 25);
		expect((await expectEnd(scene, "rolled_back")).cause?.code).toBe("heartbeat_lost");
	});

	it("with a fatal roll back at once", async () => {
		const scene = createScene();
		await scene.trial();
		await scene.supervisor.reportHeartbeat(scene.programs.tokenOf("run-2"), { fatal: "the model file is gone" });
		await scene.clock.advance(1_000);
		const end = await expectEnd(scene, "rolled_back");
		expect(end.cause).toMatchObject({
			code: "fatal_reported",
			message: "The new version reported a fatal error: the model file is gone",
		});
	});

	it("with a fatal while cutting over end the cut-over", async () => {
		const scene = createScene();
		await scene.trial({ readyAfterMs: 20_000 });
		await scene.supervisor.reportHeartbeat(scene.programs.tokenOf("run-2"), { fatal: "no schema" });
		await scene.clock.advance(1_000);
		expect((await expectEnd(scene, "rolled_back")).cause?.code).toBe("fatal_reported");
	});

	it("with a fatal after the verdict change nothing", async () => {
		const scene = createScene();
		await scene.trial();
		await scene.confirm(first);
		await scene.clock.advance(5_000);
		await scene.supervisor.reportHeartbeat(scene.programs.tokenOf("run-2"), { fatal: "late" });
		await scene.clock.advance(5_000);
		expect((await expectEnd(scene, "finalized")).cause).toBeNull();
		expect(scene.logged.at(-1)).toMatchObject({ event: "program.fatal", details: { message: "late" } });
	});
});

describe("the supervisor dies in the window (F10)", () => {
	it("and is back in time: the same run, and what is left of the window", async () => {
		const scene = createScene();
		await scene.trial();
		const runs = await scene.programs.running();
		scene.kill();
		await scene.clock.advance(60_000);
		await scene.begin();
		expect(await scene.programs.running()).toEqual(runs);
		expect(await scene.leftMs()).toBeLessThanOrEqual(56_000);
		accepted(await scene.confirm(first));
		await scene.clock.advance(5_000);
		expect(await expectEnd(scene, "finalized")).toMatchObject({ boots: 1 });
	});

	it("and is back too late: it rolls back at once, and a click changes nothing", async () => {
		const scene = createScene();
		await scene.trial();
		scene.kill();
		await scene.clock.advance(300_000);
		const begun = scene.begin();
		expectRefusal(await scene.confirm(first), "window_over");
		await begun;
		await scene.clock.advance(3_000);
		expect((await expectEnd(scene, "rolled_back")).cause?.code).toBe("deadline_passed");
	});

	it("with the candidate: the death that nobody saw is a boot", async () => {
		const scene = createScene();
		await scene.trial((nth) => (nth === 1 ? { diesAfterMs: 20_000 } : {}));
		scene.kill();
		await scene.clock.advance(30_000);
		await scene.begin();
		expect(await scene.swap()).toMatchObject({ status: "awaiting_confirmation", boots: 2 });
		expect(await scene.served()).toBe(candidate);
	});
});

describe("the machine", () => {
	it("reboots in the window: what is left goes on, and the candidate is started again", async () => {
		const scene = createScene();
		await scene.trial();
		const leftMs = await scene.leftMs();
		await scene.reboot(40_000);
		expect(await scene.swap()).toMatchObject({ status: "awaiting_confirmation", boots: 2 });
		expect(await scene.leftMs()).toBe(leftMs - 40_000 - 2_000);
		expect(await scene.types()).toContain("clockRebased");
		await scene.clock.advance(80_000);
		expect((await expectEnd(scene, "rolled_back")).cause?.code).toBe("deadline_passed");
	});

	it("is down for longer than the window: it rolls back without starting the candidate again", async () => {
		const scene = createScene();
		await scene.trial();
		await scene.reboot(200_000);
		await scene.clock.advance(5_000);
		await expectEnd(scene, "rolled_back");
		expect(scene.programs.starts.filter((run) => run.release === candidate)).toHaveLength(1);
	});

	it("comes up in 1970: the window is never longer than it was", async () => {
		const scene = createScene();
		await scene.trial();
		scene.kill();
		await scene.clock.settle();
		scene.clock.reboot();
		scene.clock.setWall(0);
		await scene.begin();
		expect(await scene.leftMs()).toBeLessThanOrEqual(120_000);
		await scene.clock.advance(125_000);
		await expectEnd(scene, "rolled_back");
	});
});
