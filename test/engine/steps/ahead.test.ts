// What the engine does beside a swap's main way for its data: copies ahead in stage, and tells on trial what no rollback puts back.
import { expect, it } from "vitest";
import { limits } from "../../../src/core/limits.js";
import type { Snapshots } from "../../../src/ports/ports.js";
import { createScene } from "../scene.js";

/** Notes which verbs of the snapshots came, and may change them. */
function watched(change: Partial<Snapshots> = {}) {
	const calls: string[] = [];
	const scene = createScene({
		adapt: ({ snapshots }) => ({
			snapshots: {
				...snapshots,
				copyAhead: async (id) => void calls.push(`ahead ${id}`),
				forget: async (id) => void calls.push(`forget ${id}`),
				...change,
			},
		}),
	});
	return { scene, calls };
}

it("data is copied ahead as late as the stage can, while the old version runs", async () => {
	const { scene, calls } = watched();
	await scene.trial();
	expect(calls).toEqual(["ahead sw_000001"]);
	const order = ["stage.ballast", "stage.ahead", "stage.holders", "cutOver.stop", "cutOver.snapshot"] as const;
	expect(scene.trace.filter((site) => (order as readonly string[]).includes(site))).toEqual(order);
});

it("a copy ahead that fails is removed, and fails no stage", async () => {
	const { scene, calls } = watched({ copyAhead: () => Promise.reject(new Error("The disk is full.")) });
	expect((await scene.trial()).status).toBe("awaiting_confirmation");
	expect(calls).toEqual(["forget sw_000001"]);
});

it("a stage that fails leaves no copy behind, also where that one cannot be removed", async () => {
	const one = watched();
	await one.scene.begin();
	one.scene.failAt("stage.rehearse");
	expect((await one.scene.trial()).status).toBe("drafting");
	expect(one.calls).toEqual(["forget sw_000001"]);
	const other = watched({ forget: () => Promise.reject(new Error("The disk is read-only.")) });
	await other.scene.begin();
	other.scene.failAt("stage.rehearse");
	expect((await other.scene.trial()).cause?.message).toBe("planted at stage.rehearse");
});

it("what a trial writes where nothing goes back is on record once for each folder, and on the card", async () => {
	let folders: readonly string[] = [];
	const { scene } = watched({ written: async () => folders });
	await scene.trial();
	await scene.clock.advance(limits.uncoveredLookMs + 1_000);
	expect((await scene.swap()).notes).toEqual([]);
	folders = ["data/cache"];
	await scene.clock.advance(2 * limits.uncoveredLookMs + 2_000);
	folders = ["data/cache", "data/more"];
	await scene.clock.advance(limits.uncoveredLookMs + 1_000);
	const swap = await scene.swap();
	expect(swap.status).toBe("awaiting_confirmation");
	expect(swap.notes.map((note) => /into (\S+),/.exec(note)?.[1])).toEqual(["data/cache", "data/more"]);
	expect(JSON.stringify(scene.chat.shown.at(-1))).toContain("into data/cache");
});

it("a look that fails ends no trial", async () => {
	const { scene } = watched({ written: () => Promise.reject(new Error("EACCES")) });
	await scene.trial();
	await scene.clock.advance(2 * limits.uncoveredLookMs + 2_000);
	expect((await scene.swap()).status).toBe("awaiting_confirmation");
});
