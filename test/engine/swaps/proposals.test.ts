// From a revision to a swap: each reason to refuse with its code, one swap at a time, and what a builder writes is scrubbed at the door.
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.js";
import type { RefusalCode } from "../../../src/core/refusals.js";
import { isRefusal, refuse } from "../../../src/core/refusals.js";
import type { Actor } from "../../../src/core/swap.js";
import type { ProposeRequest } from "../../../src/engine/verbs/supervisor.js";
import { accepted, createScene, expectRefusal, first } from "../scene.js";

type Scene = ReturnType<typeof createScene>;

const builder: Actor = { surface: "builder", id: "claude" };
const required = { settings: { approval: "required" as const } };

function request(scene: Scene, change: Partial<ProposeRequest> = {}): ProposeRequest {
	const revision = scene.git.commit({ "server.js": "proposed" }, [scene.git.branches.get("main") ?? ""]);
	return { revision, summary: "a change", fileSummaries: {}, by: builder, ...change };
}

async function begun(options: Parameters<typeof createScene>[0] = required): Promise<Scene> {
	const scene = createScene(options);
	await scene.begin();
	return scene;
}

describe("a proposal", () => {
	it("is a swap with the merged tree, its files and sentences, on the exact live release", async () => {
		const scene = await begun();
		const swap = accepted(await scene.supervisor.propose(request(scene, { fileSummaries: { "server.js": "greets" } })));
		expect(swap).toMatchObject({ id: first, status: "pending_approval", epoch: 1, proposer: builder, workspace: null });
		expect(swap.proposal).toMatchObject({
			summary: "a change",
			classification: "host",
			base: scene.base,
			branchHead: scene.base,
			previousRelease: `base-${scene.base.slice(0, 12)}`,
			files: [{ path: "server.js", change: "modified", summary: "greets" }],
		});
		expect(scene.git.treeOf(swap.proposal?.commit ?? "")).toBe(swap.proposal?.tree);
		await scene.clock.advance(1_000);
		const [intro, files, diff] = scene.chat.notices;
		expect(intro).toContain(`${first} asks for approval: a host change of host, proposed by \`builder:claude\`.`);
		expect(files).toContain("modified `server.js`: `greets`");
		expect(diff).toContain("+proposed");
		expect(scene.chat.shown.at(-1)).toMatchObject({ kind: "approval", buttons: ["approve", "reject"] });
	});

	it("leaves secrets at the door: summary and sentences are scrubbed in journal and messages", async () => {
		const scene = await begun({ ...required, scrub: (text) => text.replaceAll("hunter2", "[gone]") });
		const swap = accepted(
			await scene.supervisor.propose(
				request(scene, { summary: "uses hunter2", fileSummaries: { "server.js": "has hunter2" } }),
			),
		);
		expect(swap.proposal).toMatchObject({ summary: "uses [gone]", files: [{ summary: "has [gone]" }] });
		await scene.clock.advance(1_000);
		expect(JSON.stringify([...scene.disk.facts.values(), scene.chat.notices])).not.toContain("hunter2");
	});
});

describe("refused", () => {
	const cases: readonly [RefusalCode, (scene: Scene) => Partial<ProposeRequest>][] = [
		["not_authorised", () => ({ by: { surface: "program", id: "run-1" } })],
		["not_authorised", () => ({ by: { surface: "page", id: "ana" } })],
		["summary_missing", () => ({ summary: " \n " })],
		["input_invalid", () => ({ summary: "x".repeat(limits.summaryCharacters + 1) })],
		["file_summary_unknown", () => ({ fileSummaries: { "other.js": "not touched" } })],
		["revision_unknown", () => ({ revision: "nowhere" })],
		["no_change", (scene) => ({ revision: scene.base })],
		["path_refused", (scene) => ({ revision: scene.git.commit({ "a\\b": "x" }, [scene.base]) })],
		["merge_conflict", (scene) => ({ revision: scene.git.commit({ "server.js": "unrelated" }) })],
	];

	it.each(cases)("with %s (%#)", async (code, change) => {
		const scene = await begun();
		const given = request(scene, change(scene));
		const answer = await scene.supervisor.propose(given);
		expectRefusal(answer, code);
		expect(await scene.supervisor.swaps()).toEqual([]);
		expect(scene.chat.notices).toEqual([]);
	});

	it("with git_busy, in the middle of a merge", async () => {
		const scene = await begun();
		scene.git.operation = "rebase";
		expectRefusal(await scene.supervisor.propose(request(scene)), "git_busy");
	});

	it("with shared_path_tracked, where git tracks what releases share", async () => {
		const scene = await begun({ settings: { approval: "required", shared: ["data"] } });
		const revision = scene.git.commit({ "data/app.db": "rows" }, [scene.base]);
		expectRefusal(await scene.supervisor.propose(request(scene, { revision })), "shared_path_tracked");
	});

	it("with shared_kind_unknown, where nobody knows what releases share", async () => {
		const scene = await begun();
		scene.releases.unshared = refuse("shared_kind_unknown", { path: ".session" });
		expectRefusal(await scene.supervisor.propose(request(scene)), "shared_kind_unknown");
		expect(await scene.supervisor.swaps()).toEqual([]);
	});

	it("with known_bad at once where nobody is asked, without a draft left behind", async () => {
		const scene = await begun({});
		const again = request(scene);
		const swap = accepted(await scene.supervisor.propose(again));
		await scene.clock.advance(5_000);
		await scene.rollback(swap.id);
		await scene.clock.advance(5_000);
		const refusal = expectRefusal(await scene.supervisor.propose(again), "known_bad");
		expect(refusal.message).toContain(swap.id);
		expect(await scene.supervisor.swaps()).toHaveLength(1);
	});

	it.each(["pending_approval", "staging", "awaiting_confirmation"] as const)(
		"with swap_in_flight while another one is %s (F23)",
		async (status) => {
			const scene = await begun(status === "pending_approval" ? required : {});
			if (status === "staging") scene.doAt("stage.build", () => scene.clock.sleep(60_000));
			accepted(await scene.supervisor.propose(request(scene)));
			await scene.clock.advance(2_000);
			expect((await scene.swap()).status).toBe(status);
			const before = await scene.types();
			expect(expectRefusal(await scene.supervisor.propose(request(scene)), "swap_in_flight").message).toContain(first);
			expect(await scene.types()).toEqual(before);
		},
	);

	it("with swap_in_flight for all but one of many in parallel (F23)", async () => {
		const scene = await begun({});
		const answers = await Promise.all(Array.from({ length: 8 }, () => scene.supervisor.propose(request(scene))));
		expect(answers.filter((answer) => !isRefusal(answer))).toHaveLength(1);
		for (const answer of answers) if (isRefusal(answer)) expect(answer.code).toBe("swap_in_flight");
		expect(await scene.supervisor.swaps()).toHaveLength(1);
	});

	it("goes on after one that failed: a bug in one proposal blocks no later one", async () => {
		const scene = await begun();
		const treeOf = scene.repository.merge;
		scene.repository.merge = () => Promise.reject(new Error("git ended with code 128"));
		await expect(scene.supervisor.propose(request(scene))).rejects.toThrow("code 128");
		scene.repository.merge = treeOf;
		accepted(await scene.supervisor.propose(request(scene)));
	});
});

describe("from a workspace", () => {
	async function edited(scene: Scene, content: string): Promise<void> {
		scene.workspaces.edit("fix", { "server.js": content });
		scene.workspaces.commit("fix");
	}
	const submission = { workspace: "fix", summary: "a fix", fileSummaries: {}, by: builder };

	it("its committed head is submitted; uncommitted changes are refused", async () => {
		const scene = await begun();
		expectRefusal(await scene.supervisor.submit(submission), "workspace_unknown");
		accepted(await scene.supervisor.createWorkspace({ name: "fix", target: "host", kind: "worktree" }));
		scene.workspaces.edit("fix", { "server.js": "half done" });
		expectRefusal(await scene.supervisor.submit(submission), "workspace_dirty");
		scene.workspaces.commit("fix");
		expect(accepted(await scene.supervisor.submit(submission))).toMatchObject({ workspace: "fix", epoch: 1 });
	});

	it("a swap that could not be staged is submitted again as a new epoch of the same swap", async () => {
		const scene = await begun({});
		accepted(await scene.supervisor.createWorkspace({ name: "fix", target: "host", kind: "worktree" }));
		await edited(scene, "does not build");
		scene.failAt("stage.build");
		accepted(await scene.supervisor.submit(submission));
		await scene.clock.advance(2_000);
		expect(await scene.swap()).toMatchObject({
			status: "drafting",
			epoch: 1,
			cause: { message: "planted at stage.build" },
		});
		await edited(scene, "builds");
		accepted(await scene.supervisor.submit(submission));
		await scene.clock.advance(5_000);
		const again = await scene.swap();
		expect(again).toMatchObject({
			status: "awaiting_confirmation",
			epoch: 2,
			candidateRelease: `${first}-2`,
			cause: null,
		});
		expect(scene.git.filesOf(again.proposal?.tree ?? "").get("server.js")).toBe("builds");
		expect(await scene.supervisor.swaps()).toHaveLength(1);
	});

	it("a proposal without a workspace never takes over a draft of one", async () => {
		const scene = await begun({});
		scene.failAt("stage.build");
		accepted(await scene.supervisor.propose(request(scene)));
		await scene.clock.advance(2_000);
		accepted(await scene.supervisor.propose(request(scene)));
		expect((await scene.supervisor.swaps()).map((swap) => swap.epoch)).toEqual([1, 1]);
	});
});

it("is refused, and so is an approval, while state and repository do not belong together", async () => {
	const blocked = refuse("identity_mismatch", { path: "/state", root: "/app" });
	const scene = await begun({ settings: { approval: "required", blocked } });
	expectRefusal(await scene.supervisor.propose(request(scene)), "identity_mismatch");
	expect(await scene.supervisor.swaps()).toEqual([]);
});
