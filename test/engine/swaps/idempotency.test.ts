// Keys of requests: the same one again is the same swap, whatever became of it; two at once are one; and a kill in between leaves a new attempt.
import { describe, expect, it } from "vitest";
import type { Actor } from "../../../src/core/swap.js";
import type { ProposeRequest } from "../../../src/engine/verbs/supervisor.js";
import { accepted, createScene, expectRefusal, first, type Scene } from "../scene.js";

const builder: Actor = { surface: "builder", id: "claude" };
const required = { settings: { approval: "required" as const } };
const idempotencyKey = "a1 key";

async function begun(options: Parameters<typeof createScene>[0] = required): Promise<Scene> {
	const scene = createScene(options);
	await scene.begin();
	return scene;
}

function request(scene: Scene, change: Partial<ProposeRequest> = {}): ProposeRequest {
	const revision = scene.git.commit({ "server.js": "proposed" }, [scene.git.branches.get("main") ?? ""]);
	return { revision, summary: "a change", fileSummaries: {}, by: builder, idempotencyKey, ...change };
}

describe("a request with a key", () => {
	it("sent again is the same swap, as it is now", async () => {
		const scene = await begun();
		const asked = request(scene);
		expect(accepted(await scene.supervisor.propose(asked)).status).toBe("pending_approval");
		accepted(await scene.supervisor.reject({ id: first, by: { surface: "cli", id: "1" }, epoch: null, reason: "no" }));
		expect(accepted(await scene.supervisor.propose(asked))).toMatchObject({ id: first, status: "rejected" });
		expect(await scene.supervisor.swaps()).toHaveLength(1);
		expect((await scene.types()).filter((type) => type === "submitted")).toHaveLength(1);
	});

	it("sent twice at once is one swap", async () => {
		const scene = await begun();
		const asked = request(scene);
		const answers = await Promise.all(Array.from({ length: 4 }, () => scene.supervisor.propose(asked)));
		expect(answers.map((answer) => accepted(answer).id)).toEqual([first, first, first, first]);
		expect(await scene.supervisor.swaps()).toHaveLength(1);
	});

	it("is the same one in the next life", async () => {
		const scene = await begun();
		const asked = request(scene);
		accepted(await scene.supervisor.propose(asked));
		await scene.restart();
		expect(accepted(await scene.supervisor.propose(asked)).id).toBe(first);
		expect(await scene.supervisor.swaps()).toHaveLength(1);
	});

	it("of a workspace is answered though the workspace is frozen by it", async () => {
		const scene = await begun();
		accepted(await scene.supervisor.createWorkspace({ name: "fix", target: "host", kind: "worktree", by: builder }));
		scene.workspaces.edit("fix", { "server.js": "fixed" });
		scene.workspaces.commit("fix");
		const asked = { workspace: "fix", summary: "a fix", fileSummaries: {}, by: builder, idempotencyKey };
		expect(accepted(await scene.supervisor.submit(asked)).epoch).toBe(1);
		expect(accepted(await scene.supervisor.submit(asked)).epoch).toBe(1);
	});

	it("is another actor's own: keys are never shared", async () => {
		const scene = await begun();
		const asked = request(scene);
		accepted(await scene.supervisor.propose(asked));
		const other = { ...asked, by: { surface: "builder", id: "codex" } as const };
		expectRefusal(await scene.supervisor.propose(other), "swap_in_flight");
	});

	it("that was refused may be sent again: nothing had come of it", async () => {
		const scene = await begun();
		const asked = request(scene);
		expectRefusal(await scene.supervisor.propose({ ...asked, revision: "nowhere" }), "revision_unknown");
		expect(accepted(await scene.supervisor.propose(asked)).id).toBe(first);
	});
});

describe("a key", () => {
	it.each([
		["another summary", { summary: "another" }],
		["another sentence", { fileSummaries: { "server.js": "another" } }],
		["insistence", { insist: true }],
	])("with %s is refused (key_reused)", async (_, change) => {
		const scene = await begun();
		const asked = request(scene);
		accepted(await scene.supervisor.propose(asked));
		const refusal = expectRefusal(await scene.supervisor.propose({ ...asked, ...change }), "key_reused");
		expect(refusal.message).toContain(first);
	});

	it.each(["", " ", "x".repeat(129), "a\nb", "ключ"])("%j is none (key_malformed)", async (idempotencyKey) => {
		const scene = await begun();
		expectRefusal(await scene.supervisor.propose(request(scene, { idempotencyKey })), "key_malformed");
		expect(await scene.supervisor.swaps()).toEqual([]);
	});

	it("may have 128 printable characters", async () => {
		const scene = await begun();
		accepted(await scene.supervisor.propose(request(scene, { idempotencyKey: `${"~".repeat(127)}!` })));
	});
});

describe("a life that was killed", () => {
	it.each([
		["propose.key", "before"],
		["propose.key", "after"],
		["fact.submitted", "before"],
	] as const)("at %s (%s) leaves a new attempt, and no draft that nobody owns", async (site, moment) => {
		const scene = await begun();
		const asked = request(scene);
		scene.killAt(site, moment);
		void scene.supervisor.propose(asked).catch(() => null);
		await scene.clock.settle();
		await scene.restart();
		const swap = accepted(await scene.supervisor.propose(asked));
		expect(swap.status).toBe("pending_approval");
		expect(accepted(await scene.supervisor.propose(asked)).id).toBe(swap.id);
		expect((await scene.supervisor.swaps()).map(({ id }) => id)).toEqual([swap.id]);
	});

	it("after the submission answers with it", async () => {
		const scene = await begun();
		const asked = request(scene);
		scene.killAt("fact.submitted", "after");
		void scene.supervisor.propose(asked).catch(() => null);
		await scene.clock.settle();
		await scene.restart();
		expect(accepted(await scene.supervisor.propose(asked)).id).toBe(first);
		expect(await scene.supervisor.swaps()).toHaveLength(1);
	});
});
