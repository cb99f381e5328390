// The candidate's bad habits while it is cut over to: each is dead as early as it can be known, and never after more starts than allowed.
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.js";
import { candidate, createScene, expectEnd } from "../scene.js";

const boots = (scene: ReturnType<typeof createScene>) =>
	scene.programs.starts.filter((run) => run.release === candidate).length;

describe("a candidate that dies", () => {
	it("at import counts as dead after two quick deaths, at once (F12)", async () => {
		const scene = createScene();
		const swap = await scene.trial({ diesAfterMs: 0, exit: { code: 1, signal: null } }, 3);
		expect(swap).toMatchObject({ status: "rolled_back", boots: 2, quickDeaths: 2, cause: { code: "candidate_died" } });
		expect(boots(scene)).toBe(limits.quickDeaths);
		await expectEnd(scene, "rolled_back");
	});

	it("shows the last lines that it wrote", async () => {
		const scene = createScene();
		await scene.begin();
		scene.programs.write(candidate, "TypeError: nothing is undefined");
		const swap = await scene.trial({ diesAfterMs: 0, exit: { code: null, signal: "SIGSEGV" } }, 3);
		expect(swap.cause).toMatchObject({
			message: "The new version was ended by SIGSEGV.",
			log: ["TypeError: nothing is undefined"],
		});
	});

	it("with code 0 before it was ready is as dead as any", async () => {
		const scene = createScene();
		await scene.trial({ readyAfterMs: 5_000, diesAfterMs: 1_000, exit: { code: 0, signal: null } });
		const end = await expectEnd(scene, "rolled_back");
		expect(end.cause?.message).toBe("The new version ended with code 0.");
	});

	it("slowly, three times before it is ready, has had its boots", async () => {
		const scene = createScene();
		await scene.trial({ readyAfterMs: null, diesAfterMs: 12_000 }, 60);
		const end = await expectEnd(scene, "rolled_back");
		expect(end).toMatchObject({ boots: limits.boots, quickDeaths: 0, cause: { code: "candidate_died" } });
		expect(boots(scene)).toBe(limits.boots);
	});

	it("once, and then lives, is on trial like any other", async () => {
		const scene = createScene();
		const swap = await scene.trial((nth) => (nth === 1 ? { diesAfterMs: 0 } : {}));
		expect(swap).toMatchObject({ status: "awaiting_confirmation", boots: 2, quickDeaths: 1 });
		const exits = (await scene.facts()).filter((fact) => fact.type === "candidateExited");
		expect(exits).toMatchObject([{ code: 1, quick: true }]);
	});

	it("with the machine each time has no fourth boot either", async () => {
		const scene = createScene({
			settings: { deadman: { initialMs: 600_000, afterDeliveryMs: 600_000, capMs: 600_000 } },
		});
		await scene.trial();
		for (let crash = 0; crash < 4; crash += 1) {
			await scene.reboot(20_000);
			await scene.clock.advance(12_000);
		}
		const end = await expectEnd(scene, "rolled_back");
		expect(end).toMatchObject({ boots: limits.boots, cause: { code: "candidate_died" } });
		expect(boots(scene)).toBe(limits.boots);
	});
});

describe("a candidate that cannot be started", () => {
	it("is a failed cut-over with the reason", async () => {
		const scene = createScene();
		await scene.trial({ failsToStart: true });
		const end = await expectEnd(scene, "rolled_back");
		expect(end.cause).toMatchObject({ site: "cutOver.start" });
		expect(end.cause?.message).toContain("could not be started");
	});
});

describe("a candidate that never answers", () => {
	it("is dead after the readiness timeout, and what still runs of it is ended", async () => {
		const scene = createScene();
		await scene.trial({ readyAfterMs: null }, 29);
		expect((await scene.swap()).status).toBe("cutting_over");
		await scene.clock.advance(5_000);
		const end = await expectEnd(scene, "rolled_back");
		expect(end.cause?.code).toBe("not_ready");
		expect(end.cause?.message).toContain("30000 ms without progress");
		expect(boots(scene)).toBe(1);
	});

	it("in its own name is not it", async () => {
		const scene = createScene();
		await scene.trial({ answersAs: "somebody-else" }, 40);
		const end = await expectEnd(scene, "rolled_back");
		expect(end.cause?.message).toContain(`somebody-else answered instead of ${candidate}`);
	});

	it("and ignores TERM is ended all the same", async () => {
		const scene = createScene();
		await scene.trial({ readyAfterMs: null, ignoresTerm: true }, 40);
		await expectEnd(scene, "rolled_back");
	});
});
