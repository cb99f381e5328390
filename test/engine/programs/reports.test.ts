// What programs say of themselves: by the token that they were started with, for that run alone, and in memory only.
import { describe, expect, it } from "vitest";
import { createScene, expectRefusal, first } from "../scene.js";

const settings = { heartbeatMs: 20_000 };

describe("a token", () => {
	it("that this supervisor did not give is refused on every report", async () => {
		const scene = createScene();
		await scene.trial();
		const { supervisor } = scene;
		expectRefusal(await supervisor.reportReady("guessed"), "token_invalid");
		expectRefusal(await supervisor.reportProgress("guessed"), "token_invalid");
		expectRefusal(await supervisor.reportHeartbeat("guessed", { fatal: "all is lost" }), "token_invalid");
		await scene.clock.advance(2_000);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
	});

	it("of a program that has ended is refused", async () => {
		const scene = createScene();
		await scene.trial();
		expectRefusal(
			await scene.supervisor.reportHeartbeat(scene.programs.tokenOf("run-1"), { fatal: "old" }),
			"token_invalid",
		);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
	});
});

describe("ready()", () => {
	it("of the old run proves nothing of the new one", async () => {
		const scene = createScene({ awaitsReport: true });
		await scene.begin();
		await scene.supervisor.reportReady(scene.programs.tokenOf("run-1"));
		await scene.clock.advance(2_000);
		scene.doAt("cutOver.stop", async () => void (await scene.supervisor.reportReady(scene.programs.tokenOf("run-1"))));
		await scene.trial({}, 10);
		expect((await scene.swap()).status).toBe("cutting_over");
		expect(await scene.supervisor.reportReady(scene.programs.tokenOf("run-2"))).toBeNull();
		await scene.clock.advance(2_000);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
	});
});

describe("heartbeats", () => {
	it("of the run on trial keep it; after a kill the next life gives it a whole limit again", async () => {
		const scene = createScene({ settings });
		await scene.trial({}, 15);
		await scene.restart();
		await scene.clock.advance(15_000);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		await scene.clock.advance(5_000);
		expect((await scene.swap()).cause?.code).toBe("heartbeat_lost");
	});

	it("with a fatal outside of a swap are logged, scrubbed, and change nothing", async () => {
		const scene = createScene({ scrub: (text) => text.replaceAll("hunter2", "[gone]") });
		await scene.begin();
		await scene.supervisor.reportHeartbeat(scene.programs.tokenOf("run-1"), { fatal: "bad password hunter2" });
		expect(scene.logged.at(-1)).toMatchObject({ event: "program.fatal", details: { message: "bad password [gone]" } });
		expect(scene.disk.facts.has(first)).toBe(false);
		expect(await scene.served()).toContain("base-");
	});
});
