// The keeper: the live program runs whenever no swap owns it, once, restarted with back-off, and taken over where it outlived its supervisor.
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.js";
import { candidate, createScene, expectEnd, first } from "../scene.js";

const baseOf = (scene: ReturnType<typeof createScene>) => `base-${scene.base.slice(0, 12)}`;
const status = async (scene: ReturnType<typeof createScene>) => (await scene.supervisor.status()).program;

describe("at boot", () => {
	it("starts the live version and proves it", async () => {
		const scene = createScene();
		await scene.begin();
		expect(await scene.served()).toBe(baseOf(scene));
		expect(await status(scene)).toMatchObject({ state: "running", proven: true, restarts: 0 });
		expect((await scene.releases.readLive())?.proven).toBe(true);
	});

	it("takes over a run that outlived its supervisor", async () => {
		const scene = createScene();
		await scene.begin();
		const runs = await scene.programs.running();
		await scene.restart();
		expect(await scene.programs.running()).toEqual(runs);
		expect(await status(scene)).toMatchObject({ state: "running", proven: true });
		expect(scene.programs.starts).toHaveLength(1);
	});

	it("ends what runs besides: the run of another release", async () => {
		const scene = createScene();
		await scene.begin();
		scene.kill();
		await scene.programs.start({ release: "stray", folder: "/", swapId: null });
		await scene.begin();
		expect(await scene.served()).toBe(baseOf(scene));
	});

	it("starts it after a reboot", async () => {
		const scene = createScene();
		await scene.begin();
		await scene.reboot();
		expect(await scene.served()).toBe(baseOf(scene));
		expect(scene.programs.starts).toHaveLength(2);
	});

	it("does not start it while a swap owns the program", async () => {
		const scene = createScene();
		await scene.trial();
		await scene.reboot();
		expect(scene.programs.starts.map((run) => run.release)).toEqual([baseOf(scene), candidate, candidate]);
		expect(await status(scene)).toMatchObject({ state: "swapping" });
	});

	it("vouches for a program that said ready() to an earlier life", async () => {
		const scene = createScene({ awaitsReport: true });
		await scene.begin();
		await scene.supervisor.reportReady(scene.programs.tokenOf("run-1"));
		await scene.clock.advance(2_000);
		await scene.restart();
		expect(await status(scene)).toMatchObject({ state: "running", proven: true });
	});
});

describe("a program that dies", () => {
	it("is started again, later each time, up to the cap", async () => {
		const scene = createScene();
		await scene.begin();
		scene.programs.script(baseOf(scene), { diesAfterMs: 0 });
		const [run] = await scene.programs.running();
		scene.programs.die(run?.runId ?? "");
		const died = scene.clock.now().wallMs;
		await scene.clock.advance(200_000);
		const starts = [died, ...scene.programs.starts.slice(1).map((one) => one.startedAtMs)];
		const pauses = starts.slice(1).map((ms, index) => ms - (starts[index] ?? 0));
		expect(pauses.slice(0, 7)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000]);
		expect(Math.max(...pauses)).toBe(limits.restartBackoffCapMs);
		expect(await status(scene)).toMatchObject({ state: "backing_off", proven: false });
	});

	it("after a long life is started again at once", async () => {
		const scene = createScene();
		await scene.begin();
		scene.programs.script(baseOf(scene), (nth) =>
			nth < 5 ? { diesAfterMs: 0 } : { diesAfterMs: limits.restartResetMs },
		);
		const [run] = await scene.programs.running();
		scene.programs.die(run?.runId ?? "");
		await scene.clock.advance(20_000);
		expect(scene.programs.starts).toHaveLength(5);
		const fifth = scene.programs.starts[4]?.startedAtMs ?? 0;
		await scene.clock.advance(limits.restartResetMs);
		expect((scene.programs.starts[5]?.startedAtMs ?? 0) - fifth).toBe(limits.restartResetMs + limits.restartBackoffMs);
		expect(await status(scene)).toMatchObject({ restarts: 5 });
	});

	it("is proven anew by each life", async () => {
		const scene = createScene();
		await scene.begin();
		const [run] = await scene.programs.running();
		expect(await status(scene)).toMatchObject({ proven: true });
		scene.programs.die(run?.runId ?? "");
		await scene.clock.advance(100);
		expect(await status(scene)).toMatchObject({ proven: false, state: "backing_off" });
		await scene.clock.advance(1_000);
		expect(await status(scene)).toMatchObject({ proven: true, state: "running" });
	});

	it("and cannot be started is tried again, with the reason in the status", async () => {
		const scene = createScene();
		scene.failAt("keeper.start", { times: 3, error: new Error("EAGAIN") });
		await scene.begin();
		expect((await status(scene)).detail).toBe("EAGAIN");
		await scene.clock.advance(10_000);
		expect(await scene.served()).toBe(baseOf(scene));
	});
});

describe("a program that is slow", () => {
	it("is not proven after its timeout, and is once it answers", async () => {
		const scene = createScene();
		scene.programs.script(baseOf(scene), { readyAfterMs: 90_000 });
		await scene.begin();
		await scene.clock.advance(40_000);
		expect(await status(scene)).toMatchObject({ state: "running", proven: false });
		expect((await status(scene)).detail).toContain("did not become ready");
		await scene.clock.advance(60_000);
		expect(await status(scene)).toMatchObject({ state: "running", proven: true });
		expect(scene.programs.starts).toHaveLength(1);
	});
});

describe("a program of somebody else", () => {
	it("is never started or stopped; only its probe tells", async () => {
		const scene = createScene({ hasCommand: false });
		scene.probe.answer(() => ({ healthy: false, detail: "ECONNREFUSED", tiedBy: null }));
		await scene.begin();
		await scene.clock.advance(40_000);
		expect(await status(scene)).toMatchObject({ proven: false });
		scene.probe.answer(null);
		await scene.clock.advance(40_000);
		expect(await status(scene)).toMatchObject({ state: "running", proven: true });
		expect(scene.programs.starts).toEqual([]);
	});
});

describe("with a swap", () => {
	it("hands the program over and takes it back, without a second copy", async () => {
		const scene = createScene();
		await scene.trial();
		expect(await status(scene)).toMatchObject({ state: "swapping" });
		await scene.confirm(first);
		await scene.clock.advance(5_000);
		await expectEnd(scene, "finalized");
		expect(await status(scene)).toMatchObject({ state: "running", proven: true });
		expect(scene.programs.starts).toHaveLength(2);
		const [run] = await scene.programs.running();
		scene.programs.die(run?.runId ?? "");
		await scene.clock.advance(5_000);
		expect(await scene.served()).toBe(candidate);
		expect(scene.doubles).toEqual([]);
	});

	it("keeps the old version while the candidate is staged", async () => {
		const scene = createScene();
		scene.doAt("stage.build", async () => {
			const [run] = await scene.programs.running();
			scene.programs.die(run?.runId ?? "");
			await scene.clock.sleep(3_000);
		});
		await scene.trial({}, 2);
		expect((await scene.swap()).status).toBe("staging");
		expect(await scene.served()).toBe(baseOf(scene));
	});

	it("leaves a stranded one alone: its previous version is not started behind its back", async () => {
		const scene = createScene();
		await scene.trial();
		scene.failAt("rollBack.flip", { times: 3 });
		await scene.rollback(first);
		await scene.clock.advance(60_000);
		expect((await scene.swap()).status).toBe("stranded");
		expect(await scene.served()).toBe("none");
	});
});

describe("stopping", () => {
	it("ends the program and starts nothing any more", async () => {
		const scene = createScene();
		await scene.begin();
		await scene.supervisor.stop();
		await scene.clock.advance(120_000);
		expect(await scene.served()).toBe("none");
		expect(scene.programs.starts).toHaveLength(1);
	});
});
