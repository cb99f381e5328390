// The alarm and the clocks: it rings for whoever is on trial, in time, also when the wall clock jumps (F9) or the machine sleeps. It only rings.
import { describe, expect, it } from "vitest";
import { arm } from "../../src/core/deadman.js";
import { emptySwap } from "../../src/core/machine/evolve.js";
import type { Swap } from "../../src/core/swap.js";
import { createAlarm } from "../../src/engine/alarm.js";
import { createMemoryClock } from "../support/memory/clock.js";
import { createScene, expectEnd, expectRefusal, first } from "./scene.js";

const hourMs = 3_600_000;

function onTrial(id: string, lengthMs: number, clock = createMemoryClock()): { clock: typeof clock; swap: Swap } {
	const deadman = arm({ initialMs: lengthMs, afterDeliveryMs: lengthMs, capMs: 600_000 }, clock.now());
	return { clock, swap: { ...emptySwap(id), status: "awaiting_confirmation", deadman } };
}

describe("the alarm", () => {
	it("rings when the window is over, not before, and once", async () => {
		const { clock, swap } = onTrial("sw_a", 10_500);
		const rung: string[] = [];
		createAlarm(clock, (id) => rung.push(id)).follow(swap);
		await clock.advance(10_499);
		expect(rung).toEqual([]);
		await clock.advance(60_000);
		expect(rung).toEqual(["sw_a"]);
		expect(clock.pending).toBe(0);
	});

	it("follows the newest window of a swap, and forgets it when it moves on", async () => {
		const { clock, swap } = onTrial("sw_a", 5_000);
		const rung: string[] = [];
		const alarm = createAlarm(clock, (id) => rung.push(id));
		alarm.follow(swap);
		alarm.follow(onTrial("sw_a", 20_000, clock).swap);
		await clock.advance(10_000);
		expect(rung).toEqual([]);
		alarm.follow({ ...swap, status: "promoting" });
		await clock.advance(60_000);
		expect(rung).toEqual([]);
	});

	it("keeps several apart, and is silent once it is stopped", async () => {
		const { clock, swap } = onTrial("sw_a", 5_000);
		const rung: string[] = [];
		const alarm = createAlarm(clock, (id) => rung.push(id));
		alarm.follow(swap);
		alarm.follow(onTrial("sw_b", 3_000, clock).swap);
		await clock.advance(4_000);
		expect(rung).toEqual(["sw_b"]);
		alarm.stop();
		await clock.advance(60_000);
		expect(rung).toEqual(["sw_b"]);
	});
});

describe("silence", () => {
	it("rolls back when the window ends, with the cause", async () => {
		const scene = createScene();
		await scene.trial();
		const leftMs = await scene.leftMs();
		await scene.clock.advance(leftMs - 1);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		await scene.clock.advance(2_000);
		const end = await expectEnd(scene, "rolled_back");
		expect(end.cause).toMatchObject({ code: "deadline_passed", message: "Nobody confirmed before the window ended." });
	});

	it("and a confirm after it is told what happened (F3)", async () => {
		const scene = createScene();
		await scene.trial();
		await scene.clock.advance(await scene.leftMs());
		const late = expectRefusal(await scene.confirm(first), "already_decided");
		expect(late.message).toContain("Nobody confirmed");
		await scene.clock.advance(5_000);
		await expectEnd(scene, "rolled_back");
	});
});

describe("the wall clock (F9)", () => {
	it.each([
		["an hour ahead", hourMs],
		["an hour back", -hourMs],
	])("jumps %s: neither early nor never", async (_, jumpMs) => {
		const scene = createScene();
		await scene.trial();
		const leftMs = await scene.leftMs();
		scene.clock.setWall(scene.clock.now().wallMs + jumpMs);
		await scene.clock.advance(leftMs - 1_000);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		await scene.clock.advance(6_000);
		await expectEnd(scene, "rolled_back");
	});

	it.each([
		["an hour ahead", hourMs],
		["an hour back", -hourMs],
	])("jumps %s over a kill: the boot clock still decides", async (_, jumpMs) => {
		const scene = createScene();
		await scene.trial();
		const leftMs = await scene.leftMs();
		scene.clock.setWall(scene.clock.now().wallMs + jumpMs);
		await scene.restart();
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		expect(await scene.leftMs()).toBe(leftMs - 2_000);
		await scene.clock.advance(leftMs + 3_000);
		await expectEnd(scene, "rolled_back");
	});

	it("jumps to 1970 in the window", async () => {
		const scene = createScene();
		await scene.trial();
		const leftMs = await scene.leftMs();
		scene.clock.setWall(0);
		await scene.clock.advance(leftMs + 5_000);
		await expectEnd(scene, "rolled_back");
	});
});

describe("suspend", () => {
	it("beyond the window: the deadline is handled before a click", async () => {
		const scene = createScene();
		await scene.trial();
		scene.suspend(hourMs);
		expectRefusal(await scene.confirm(first), "window_over");
		await scene.clock.advance(5_000);
		expect((await expectEnd(scene, "rolled_back")).cause?.code).toBe("deadline_passed");
	});

	it("beyond the window, without a click: noticed within a second or two of waking", async () => {
		const scene = createScene();
		await scene.trial();
		scene.suspend(hourMs);
		await scene.clock.advance(1_000);
		expect(await scene.types()).toContain("deadlinePassed");
	});

	it("within the window takes its time off it", async () => {
		const scene = createScene();
		await scene.trial();
		const leftMs = await scene.leftMs();
		scene.suspend(60_000);
		await scene.clock.advance(leftMs - 60_000 - 1_000);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		await scene.clock.advance(3_000);
		expect(await scene.types()).toContain("deadlinePassed");
	});
});
