// A workspace is its builder's: others neither see nor submit nor remove it, and learn nothing of it; people may all.
import { describe, expect, it } from "vitest";
import type { Actor } from "../../../src/core/swap.js";
import { accepted, createScene, expectRefusal, person, type Scene } from "../scene.js";

const claude: Actor = { surface: "builder", id: "claude" };
const codex: Actor = { surface: "builder", id: "codex" };
const agents = ["alice"];

async function begun(options: Parameters<typeof createScene>[0] = {}): Promise<Scene> {
	const scene = createScene({ settings: { approval: "required" }, ...options });
	await scene.begin();
	return scene;
}

function make(scene: Scene, name: string, by?: Actor, target = "host") {
	return scene.supervisor.createWorkspace({ name, target, kind: "worktree", ...(by === undefined ? {} : { by }) });
}

async function names(scene: Scene, by?: Actor): Promise<string[]> {
	return (await scene.supervisor.listWorkspaces(by)).map(({ name }) => name);
}

describe("a builder's workspace", () => {
	it("is listed to it and to people alone", async () => {
		const scene = await begun();
		expect(accepted(await make(scene, "mine", claude)).owner).toBe("builder:claude");
		accepted(await make(scene, "anyone", person));
		accepted(await make(scene, "embedded"));
		expect(await names(scene, claude)).toEqual(["mine", "anyone", "embedded"]);
		expect(await names(scene, codex)).toEqual(["anyone", "embedded"]);
		expect(await names(scene, person)).toEqual(["mine", "anyone", "embedded"]);
		expect(await names(scene)).toEqual(["mine", "anyone", "embedded"]);
	});

	it("is unknown to another builder, in exactly the words of one that is not there", async () => {
		const scene = await begun();
		accepted(await make(scene, "mine", claude));
		scene.workspaces.edit("mine", { "server.js": "edited" });
		scene.workspaces.commit("mine");
		const submission = { workspace: "mine", summary: "a change", fileSummaries: {}, by: codex };
		const hidden = [await scene.supervisor.submit(submission), await scene.supervisor.removeWorkspace("mine", codex)];
		accepted(await scene.supervisor.removeWorkspace("mine", claude));
		const absent = [await scene.supervisor.submit(submission), await scene.supervisor.removeWorkspace("mine", codex)];
		expect(hidden).toEqual(absent);
		for (const answer of hidden) expectRefusal(answer, "workspace_unknown");
	});

	it("is unknown to another also while it is frozen by a swap", async () => {
		const scene = await begun();
		accepted(await make(scene, "mine", claude));
		scene.workspaces.edit("mine", { "server.js": "edited" });
		scene.workspaces.commit("mine");
		const submission = { workspace: "mine", summary: "a change", fileSummaries: {}, by: claude };
		accepted(await scene.supervisor.submit(submission));
		expectRefusal(await scene.supervisor.removeWorkspace("mine", codex), "workspace_unknown");
		expectRefusal(await scene.supervisor.submit({ ...submission, by: codex }), "workspace_unknown");
		expectRefusal(await scene.supervisor.removeWorkspace("mine", claude), "workspace_frozen");
	});

	it("is submitted and removed by its owner and by people", async () => {
		const scene = await begun();
		accepted(await make(scene, "mine", claude));
		scene.workspaces.edit("mine", { "server.js": "edited" });
		scene.workspaces.commit("mine");
		const submission = { workspace: "mine", summary: "a change", fileSummaries: {}, by: person };
		accepted(await scene.supervisor.submit(submission));
		accepted(await make(scene, "other", claude));
		expect(await scene.supervisor.removeWorkspace("other", person)).toBeNull();
	});
});

describe("of an agent", () => {
	it("the living one of another builder is not wound down", async () => {
		const scene = await begun({ agents });
		accepted(await make(scene, "first", claude, "alice"));
		const refusal = expectRefusal(await make(scene, "second", codex, "alice"), "workspace_of_another");
		expect(JSON.stringify(refusal)).not.toContain("first");
		expect(await names(scene)).toEqual(["first"]);
	});

	it("its own, nobody's, or any for a person, is", async () => {
		const scene = await begun({ agents });
		accepted(await make(scene, "first", claude, "alice"));
		accepted(await make(scene, "second", claude, "alice"));
		expect(await names(scene)).toEqual(["second"]);
		accepted(await make(scene, "third", person, "alice"));
		accepted(await make(scene, "fourth", codex, "alice"));
		expect(await names(scene)).toEqual(["fourth"]);
	});
});
