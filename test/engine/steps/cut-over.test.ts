// Cutting over: the order is the safety. What is pinned before anything is stopped, what is snapshot before anything new runs, and that
// nothing switched means nothing undone.
import { describe, expect, it } from "vitest";
import type { Site } from "../../../src/core/machine/sites.js";
import type { Card } from "../../../src/core/words/card.js";
import type { Live } from "../../../src/ports/ports.js";
import { candidate, createScene, expectEnd, first } from "../scene.js";

describe("the order", () => {
	it("holds: armed and pinned, stopped, fenced, snapshot, flipped, counted, started", async () => {
		const scene = createScene();
		await scene.trial();
		const order: readonly Site[] = [
			"fact.armed",
			"cutOver.pin",
			"cutOver.stop",
			"cutOver.fence",
			"cutOver.snapshot",
			"fact.snapshotTaken",
			"cutOver.flip",
			"fact.bootStarted",
			"cutOver.start",
			"fact.ready",
			"fact.cardDelivered",
		];
		expect(scene.trace.filter((site) => order.includes(site))).toEqual(order);
	});

	it("has the clock and both releases on disk while the old version still runs", async () => {
		const scene = createScene();
		let seen: { live: Live | null; served: string; left: number } | null = null;
		scene.doAt("cutOver.stop", async () => {
			seen = { live: await scene.releases.readLive(), served: await scene.served(), left: await scene.leftMs() };
		});
		const { proposal } = await scene.trial();
		const previous = { id: proposal?.previousRelease, commit: proposal?.base, tree: scene.git.treeOf(scene.base) };
		expect(seen).toEqual({
			live: {
				schemaVersion: 1,
				release: previous,
				proven: true,
				trial: {
					swapId: first,
					previous,
					candidate: { id: candidate, commit: proposal?.commit, tree: proposal?.tree },
					dueMs: expect.any(Number),
				},
			},
			served: proposal?.previousRelease,
			left: 120_000,
		});
	});

	it("takes the snapshot when nothing runs, before the flip (F15)", async () => {
		const scene = createScene();
		let served = "";
		let current: string | null = null;
		scene.doAt("cutOver.snapshot", async () => {
			served = await scene.served();
			current = await scene.releases.current();
		});
		const { proposal } = await scene.trial();
		expect(served).toBe("none");
		expect(current).toBe(proposal?.previousRelease);
	});

	it("has the boot on disk before the start", async () => {
		const scene = createScene();
		let boots = -1;
		scene.doAt("cutOver.start", async () => {
			boots = (await scene.swap()).boots;
		});
		await scene.trial();
		expect(boots).toBe(1);
	});

	it("sends the card only when the new version is ready", async () => {
		const scene = createScene();
		await scene.trial({ readyAfterMs: 20_000 }, 19);
		expect(scene.chat.shown).toEqual([]);
		await scene.clock.advance(5_000);
		expect((scene.chat.shown as Card[]).map((card) => card.buttons)).toEqual([
			["confirm", "rollback", "extend"],
			["confirm", "rollback", "extend"],
		]);
	});
});

describe("a failure", () => {
	it.each(["cutOver.pin", "cutOver.stop", "fact.armed"] as const)(
		"at %s, before the stop, leaves the old run alive (F19)",
		async (site) => {
			const scene = createScene();
			await scene.begin();
			const [before] = await scene.programs.running();
			scene.failAt(site);
			await scene.trial();
			await expectEnd(scene, "rolled_back");
			expect(await scene.programs.running()).toEqual([before]);
			expect(scene.data.restored).toEqual([]);
		},
	);

	it.each(["cutOver.fence", "cutOver.snapshot", "cutOver.flip", "fact.snapshotTaken", "fact.bootStarted"] as const)(
		"at %s, before the candidate ran, starts the old version again and leaves the data alone",
		async (site) => {
			const scene = createScene();
			scene.failAt(site);
			await scene.trial();
			await expectEnd(scene, "rolled_back");
			expect(scene.data.restored).toEqual([]);
		},
	);

	it("at the start, once the boot was counted, restores the data too", async () => {
		const scene = createScene();
		scene.failAt("cutOver.start");
		await scene.trial();
		await expectEnd(scene, "rolled_back");
		expect(scene.data.restored).toEqual([first]);
	});

	it("of the write that says `ready` neither starts the candidate again nor arms the clock anew", async () => {
		const scene = createScene();
		scene.failAt("fact.ready", { times: 2 });
		const swap = await scene.trial();
		expect(swap).toMatchObject({ status: "awaiting_confirmation", boots: 1 });
		expect((await scene.types()).filter((type) => type === "armed")).toHaveLength(1);
		expect(scene.programs.starts.filter((run) => run.release === candidate)).toHaveLength(1);
	});

	it("by refusal, a database that somebody holds open, is the cause with its code", async () => {
		const scene = createScene({
			adapt: ({ snapshots }) => ({
				snapshots: {
					...snapshots,
					fence: async () => ({
						refused: true,
						kind: "conflict",
						code: "database_held",
						message: "Process 7 (vi) holds app.db open.",
						next: "Stop it.",
					}),
				},
			}),
		});
		await scene.trial();
		const end = await expectEnd(scene, "rolled_back");
		expect(end.cause).toMatchObject({ code: "database_held", site: "cutOver.fence" });
	});
});

describe("interrupted in the middle", () => {
	it("by a click on rollback: no further effect goes forward", async () => {
		const scene = createScene();
		scene.doAt("cutOver.snapshot", async () => void (await scene.rollback(first)));
		await scene.trial();
		expect((await expectEnd(scene, "rolled_back")).notes).toEqual([]);
		expect(scene.trace).not.toContain("cutOver.flip");
		expect(scene.trace).not.toContain("cutOver.start");
	});

	it("by a click, and then by a failure: the click is the cause, the failure is noted", async () => {
		const scene = createScene();
		scene.doAt("cutOver.snapshot", async () => {
			await scene.rollback(first);
			throw new Error("the disk is full");
		});
		await scene.trial();
		const end = await expectEnd(scene, "rolled_back");
		expect(end.cause?.code).toBe("rollback_requested");
		expect(end.notes).toEqual(["failed: the disk is full"]);
	});

	it("by the deadline, in a snapshot that takes too long", async () => {
		const scene = createScene();
		scene.doAt("cutOver.snapshot", () => scene.clock.sleep(150_000));
		await scene.trial();
		await scene.clock.advance(160_000);
		const end = await expectEnd(scene, "rolled_back");
		expect(end.cause?.code).toBe("deadline_passed");
		expect(scene.trace).not.toContain("cutOver.flip");
	});
});
