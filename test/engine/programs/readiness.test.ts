// Readiness: how a run proves that it serves, what keeps a slow start alive, and that an error in a probe is an unhealthy answer.
import { describe, expect, it } from "vitest";
import { candidate, createScene, expectEnd } from "../scene.js";

const wide = { deadman: { initialMs: 600_000, afterDeliveryMs: 120_000, capMs: 600_000 } };

describe("evidence", () => {
	it("names the release, what was asked, and how the answer is tied to it", async () => {
		const scene = createScene();
		const { evidence } = await scene.trial({ readyAfterMs: 3_000 });
		expect(evidence).toMatchObject({
			release: candidate,
			probe: `GET memory: 200 from ${candidate}`,
			tiedBy: "header",
		});
		expect(evidence?.coldStartMs).toBeGreaterThanOrEqual(3_000);
		expect(evidence?.coldStartMs).toBeLessThan(4_000);
		expect(evidence?.uptimeMs).toBe(evidence?.coldStartMs);
	});

	it("is taken only of a run that has been up for the least uptime", async () => {
		const scene = createScene({
			settings: { readiness: { timeoutMs: 30_000, minUptimeMs: 10_000, intervalMs: 1_000 } },
		});
		await scene.begin();
		await scene.clock.advance(20_000);
		await scene.trial({}, 9);
		expect((await scene.swap()).status).toBe("cutting_over");
		await scene.clock.advance(2_000);
		expect((await scene.swap()).evidence).toMatchObject({ uptimeMs: 10_000, coldStartMs: 0 });
	});

	it("of a program that reports is its own ready(), and it is not polled", async () => {
		const scene = createScene({ awaitsReport: true });
		await scene.begin();
		expect(await scene.supervisor.reportReady(scene.programs.tokenOf("run-1"))).toBeNull();
		await scene.clock.advance(2_000);
		await scene.trial();
		expect((await scene.swap()).status).toBe("cutting_over");
		await scene.supervisor.reportReady(scene.programs.tokenOf("run-2"));
		await scene.clock.advance(2_000);
		const swap = await scene.swap();
		expect(swap.status).toBe("awaiting_confirmation");
		expect(swap.evidence).toMatchObject({ probe: "ready(): ready()", tiedBy: "token" });
		expect(scene.probe.asked).toBe(0);
	});
});

describe("a slow start", () => {
	it("goes on for as long as it makes progress, under the cap (F14)", async () => {
		const scene = createScene({ settings: wide });
		await scene.trial({ readyAfterMs: 500_000, progressEveryMs: 20_000 }, 505);
		expect(await scene.swap()).toMatchObject({ status: "awaiting_confirmation", boots: 1, cause: null });
	});

	it("never goes on beyond the cap, whatever it reports", async () => {
		const scene = createScene({ settings: wide });
		await scene.trial({ readyAfterMs: null, progressEveryMs: 1_000 }, 598);
		expect((await scene.swap()).status).toBe("cutting_over");
		await scene.clock.advance(10_000);
		expect((await expectEnd(scene, "rolled_back")).cause?.code).toBe("deadline_passed");
	});

	it("longer than the first window goes on too, while it makes progress", async () => {
		const scene = createScene();
		await scene.trial({ readyAfterMs: 180_000, progressEveryMs: 10_000 }, 185);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
	});

	it("is given up one timeout after its last progress", async () => {
		const scene = createScene();
		await scene.trial({ readyAfterMs: null, progressEveryMs: 40_000 }, 28);
		expect((await scene.swap()).status).toBe("cutting_over");
		await scene.clock.advance(7_000);
		expect((await expectEnd(scene, "rolled_back")).cause?.code).toBe("not_ready");
	});

	it("may also say that it makes progress by its token", async () => {
		const scene = createScene();
		await scene.trial({ readyAfterMs: 60_000 }, 20);
		for (let second = 20; second < 60; second += 20) {
			expect(await scene.supervisor.reportProgress(scene.programs.tokenOf("run-2"))).toBeNull();
			await scene.clock.advance(20_000);
		}
		await scene.clock.advance(5_000);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
	});
});

describe("a probe that throws (F28)", () => {
	it("is an unhealthy answer while cutting over, and the rollback is reached", async () => {
		const scene = createScene();
		scene.failAt("cutOver.probe", { times: Number.POSITIVE_INFINITY, error: new Error("the resolver is broken") });
		await scene.trial({}, 40);
		const end = await expectEnd(scene, "rolled_back");
		expect(end.cause).toMatchObject({ code: "not_ready" });
		expect(end.cause?.message).toContain("the resolver is broken");
	});

	it("once is weather", async () => {
		const scene = createScene();
		scene.failAt("cutOver.probe", { times: 2 });
		expect((await scene.trial()).status).toBe("awaiting_confirmation");
	});

	it("also where it rejects by itself, in probation too", async () => {
		const scene = createScene({
			adapt: ({ probe }) => ({
				probe: {
					description: probe.description,
					awaitsReport: false,
					progress: () => Promise.reject(new Error("no log")),
					ask: async (run, folder, signal) => {
						if (run.release === candidate && (await scene.swap()).status === "awaiting_confirmation")
							throw new Error("EMFILE");
						return probe.ask(run, folder, signal);
					},
				},
			}),
		});
		await scene.trial({}, 10);
		const end = await expectEnd(scene, "rolled_back");
		expect(end.cause).toMatchObject({ code: "unhealthy", message: "The new version stopped answering: EMFILE." });
	});
});
