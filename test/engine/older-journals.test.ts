// Swaps that an older deadman left behind: journals of before targets, reviews and people. They go on and end as they would have.
import { describe, expect, it } from "vitest";
import type { Fact } from "../../src/core/facts.js";
import { evolveAll } from "../../src/core/machine/evolve.js";
import type { Proposal } from "../../src/core/swap.js";
import { accepted, createScene, expectEnd, expectRefusal, first, person, type Scene } from "./scene.js";

/** What 0.1 knew of a proposal, and of the facts behind it. */
const oldKeys: readonly (keyof Proposal)[] = [
	"summary",
	"classification",
	"files",
	"proposed",
	"base",
	"branchHead",
	"tree",
	"commit",
	"previousRelease",
];

function asBefore(fact: Fact): Fact {
	switch (fact.type) {
		case "submitted": {
			const proposal = Object.fromEntries(oldKeys.map((key) => [key, fact.proposal[key]])) as unknown as Proposal;
			return { type: "submitted", atMs: fact.atMs, proposal };
		}
		case "approved":
			return { type: "approved", atMs: fact.atMs, by: fact.by };
		case "snapshotTaken":
			return { ...fact, snapshots: fact.snapshots.map(({ target: _, ...record }) => record) };
		default:
			return fact;
	}
}

/** The journal as 0.1 would have written it, and its rows without what was added since. */
async function older(scene: Scene): Promise<void> {
	const facts = (await scene.facts()).map(asBefore);
	scene.disk.facts.set(
		first,
		facts.map((fact) => JSON.stringify(fact)),
	);
	scene.disk.swaps.set(first, JSON.stringify(evolveAll(first, facts)));
	scene.disk.reviews.splice(0);
}

async function left(status: "pending_approval" | "awaiting_confirmation", agents: readonly string[]): Promise<Scene> {
	const approval = status === "pending_approval" ? "required" : "auto";
	const scene = createScene({ agents, settings: { approval } });
	await scene.trial();
	expect((await scene.swap()).status).toBe(status);
	scene.kill();
	await older(scene);
	await scene.begin();
	return scene;
}

describe.each([[[]], [["alice"]]])("a swap of before targets, with agents %j configured since", (agents) => {
	it("on trial is confirmed", async () => {
		const scene = await left("awaiting_confirmation", agents);
		const [run] = await scene.programs.running();
		accepted(await scene.confirm(first));
		await scene.clock.advance(5_000);
		const end = await expectEnd(scene, "finalized");
		expect(end.promotion).toBeNull();
		expect(scene.git.branches.get("main")).toBe(end.proposal?.commit);
		expect(await scene.programs.running()).toEqual([run]);
	});

	it("on trial is rolled back, by a click or by silence, with its data", async () => {
		for (const silent of [false, true]) {
			const scene = await left("awaiting_confirmation", agents);
			if (!silent) accepted(await scene.rollback(first));
			await scene.clock.advance(130_000);
			await expectEnd(scene, "rolled_back");
			expect(scene.data.restored).toEqual([first]);
		}
	});

	it("on trial goes back also where live.json is gone: the tree follows from the commit", async () => {
		const scene = await left("awaiting_confirmation", agents);
		scene.releases.tornLive = true;
		accepted(await scene.rollback(first));
		await scene.clock.advance(10_000);
		await expectEnd(scene, "rolled_back");
		const live = await scene.releases.readLive();
		expect(live?.release.tree).toBe(scene.git.treeOf(scene.base));
	});

	it("that dies in its window counts the starts from before", async () => {
		const scene = await left("awaiting_confirmation", agents);
		for (let nth = 0; nth < 3; nth += 1) {
			await scene.clock.advance(12_000);
			const [run] = await scene.programs.running();
			if (run !== undefined) scene.programs.die(run.runId);
		}
		await scene.clock.advance(5_000);
		expect(await expectEnd(scene, "rolled_back")).toMatchObject({ boots: 3, cause: { code: "candidate_died" } });
	});

	it("that waits for approval has no expiry and no review, and can be approved or rejected", async () => {
		const scene = await left("pending_approval", agents);
		expectRefusal(await scene.supervisor.review(first), "not_yet");
		await scene.clock.advance(3_600_000);
		accepted(await scene.supervisor.approve({ id: first, by: person, epoch: 1, insist: false, typed: null }));
		await scene.clock.advance(5_000);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		accepted(await scene.confirm(first));
		await scene.clock.advance(5_000);
		await expectEnd(scene, "finalized");
	});
});
