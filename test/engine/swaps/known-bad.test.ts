// A tree that ended badly is refused at the door with where to read why, unless somebody insists; what was only taken back is not.
import { describe, expect, it } from "vitest";
import { isRefusal } from "../../../src/core/refusals.js";
import type { Actor } from "../../../src/core/swap.js";
import { accepted, createScene, expectRefusal, first, person, type Scene } from "../scene.js";

const builder: Actor = { surface: "builder", id: "claude" };
const required = { settings: { approval: "required" as const } };

async function begun(options: Parameters<typeof createScene>[0] = required) {
	const scene = createScene(options);
	await scene.begin();
	const revision = scene.git.commit({ "server.js": "bad" }, [scene.base]);
	return { scene, asked: { revision, summary: "bad", fileSummaries: {}, by: builder } };
}

async function approved(scene: Scene, insist = false): Promise<void> {
	accepted(await scene.supervisor.approve({ id: first, by: person, epoch: null, insist, typed: null }));
	await scene.clock.advance(5_000);
}

describe("the same tree again", () => {
	it("after a rollback is refused, and told in which swap and why", async () => {
		const { scene, asked } = await begun();
		accepted(await scene.supervisor.propose(asked));
		await approved(scene);
		accepted(await scene.supervisor.rollback({ id: first, by: person, epoch: null, reason: "it swears" }));
		await scene.clock.advance(5_000);
		const refusal = expectRefusal(await scene.supervisor.propose(asked), "known_bad");
		expect(refusal.message).toContain(`in ${first}. It was rolled back by cli:1000.`);
		expect(refusal.message).toContain("it swears");
		expect(refusal.next).toContain("explain_last_rollback");
		expect(refusal.next).toContain(`deadman status ${first}`);
		expect(await scene.supervisor.swaps()).toHaveLength(1);
	});

	it("after a person's no is refused with the reason", async () => {
		const { scene, asked } = await begun();
		accepted(await scene.supervisor.propose(asked));
		accepted(await scene.supervisor.reject({ id: first, by: person, epoch: null, reason: "too large" }));
		await scene.clock.advance(1_000);
		expect(expectRefusal(await scene.supervisor.propose(asked), "known_bad").message).toContain("too large");
	});

	it("as another commit with another summary is the same tree", async () => {
		const { scene, asked } = await begun();
		accepted(await scene.supervisor.propose(asked));
		accepted(await scene.supervisor.reject({ id: first, by: person, epoch: null, reason: "no" }));
		await scene.clock.advance(1_000);
		const step = scene.git.commit({ "other.js": "x" }, [scene.base]);
		const revision = scene.git.commit({ "server.js": "bad", "other.js": null }, [step]);
		expectRefusal(await scene.supervisor.propose({ ...asked, revision, summary: "better" }), "known_bad");
	});

	it("changed is another tree", async () => {
		const { scene, asked } = await begun();
		accepted(await scene.supervisor.propose(asked));
		accepted(await scene.supervisor.reject({ id: first, by: person, epoch: null, reason: "no" }));
		await scene.clock.advance(1_000);
		const revision = scene.git.commit({ "server.js": "good" }, [scene.base]);
		accepted(await scene.supervisor.propose({ ...asked, revision }));
	});

	it("after it was withdrawn or expired is welcome", async () => {
		const { scene, asked } = await begun({ settings: { approval: "required", approvalMs: 60_000 } });
		accepted(await scene.supervisor.propose(asked));
		accepted(await scene.supervisor.withdraw({ id: first, by: builder, epoch: null }));
		await scene.clock.advance(1_000);
		const second = accepted(await scene.supervisor.propose(asked));
		await scene.restart();
		await scene.clock.advance(120_000);
		await scene.restart();
		await scene.clock.advance(1_000);
		expect((await scene.swap(second.id)).status).toBe("rejected");
		expect(isRefusal(await scene.supervisor.propose(asked))).toBe(false);
	});

	it("of a stage that failed may be submitted again: nobody judged it", async () => {
		const { scene } = await begun({});
		accepted(await scene.supervisor.createWorkspace({ name: "fix", target: "host", kind: "worktree" }));
		scene.workspaces.edit("fix", { "server.js": "flaky" });
		scene.workspaces.commit("fix");
		scene.failAt("stage.build");
		const again = { workspace: "fix", summary: "flaky", fileSummaries: {}, by: builder };
		accepted(await scene.supervisor.submit(again));
		await scene.clock.advance(2_000);
		expect((await scene.swap()).status).toBe("drafting");
		accepted(await scene.supervisor.submit(again));
	});
});

describe("insisting", () => {
	async function bad() {
		const { scene, asked } = await begun();
		accepted(await scene.supervisor.propose(asked));
		accepted(await scene.supervisor.reject({ id: first, by: person, epoch: null, reason: "no" }));
		await scene.clock.advance(1_000);
		return { scene, asked };
	}

	it("passes the door, and the approver insists too", async () => {
		const { scene, asked } = await bad();
		const { id, proposal } = accepted(await scene.supervisor.propose({ ...asked, insist: true }));
		expect(proposal?.knownBad).toBe(first);
		const decision = { id, by: person, epoch: null, typed: null };
		expectRefusal(await scene.supervisor.approve({ ...decision, insist: false }), "insist_needed");
		accepted(await scene.supervisor.approve({ ...decision, insist: true }));
	});

	it("is no builder's where nobody is asked afterwards", async () => {
		const { scene, asked } = await begun({});
		accepted(await scene.supervisor.propose(asked));
		await scene.clock.advance(5_000);
		await scene.rollback(first);
		await scene.clock.advance(5_000);
		expectRefusal(await scene.supervisor.propose({ ...asked, insist: true }), "known_bad");
		accepted(await scene.supervisor.propose({ ...asked, insist: true, by: person }));
	});
});
