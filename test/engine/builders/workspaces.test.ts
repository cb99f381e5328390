// The workspace of a swap over its life: frozen while its change is decided or tried, thawed for another try, and never left frozen by a
// life that was killed.
import { describe, expect, it } from "vitest";
import { builder } from "../../simulation/world.js";
import { accepted, createScene, expectRefusal, first, person, type Scene } from "../scene.js";

const agents = ["alice", "bob"];
const required = { agents, settings: { approval: "required" as const } };
const skill = { "skills/hello.md": "hello 2" };
const approval = { id: first, by: person, epoch: null, insist: false, typed: null };

async function begun(options: Parameters<typeof createScene>[0] = { agents }): Promise<Scene> {
	const scene = createScene(options);
	await scene.begin();
	return scene;
}

async function isFrozen(scene: Scene, name: string): Promise<boolean | null> {
	const found = (await scene.supervisor.listWorkspaces()).find((workspace) => workspace.name === name);
	return found === undefined ? null : found.frozen;
}

async function submitted(scene: Scene): Promise<string> {
	const name = await scene.draft("alice", skill);
	accepted(await scene.supervisor.submit(scene.submission(name, skill)));
	return name;
}

describe("a workspace", () => {
	it("holds the private copies of its agent, and nothing of another", async () => {
		const scene = await begun();
		const { start } = accepted(
			await scene.supervisor.createWorkspace({ name: "w", target: "alice", kind: "worktree" }),
		);
		expect([...scene.git.filesOf(start).keys()].sort()).toEqual(["groups/alice/me.md", "server.js", "skills/hello.md"]);
	});

	it("of an agent winds its earlier one down, unless that one is being decided", async () => {
		const scene = await begun(required);
		accepted(await scene.supervisor.createWorkspace({ name: "one", target: "alice", kind: "worktree" }));
		accepted(await scene.supervisor.createWorkspace({ name: "two", target: "alice", kind: "worktree" }));
		accepted(await scene.supervisor.createWorkspace({ name: "bobs", target: "bob", kind: "worktree" }));
		expect((await scene.supervisor.listWorkspaces()).map(({ name }) => name)).toEqual(["two", "bobs"]);
		scene.workspaces.edit("two", skill);
		scene.workspaces.commit("two");
		accepted(await scene.supervisor.submit(scene.submission("two", skill)));
		const three = { name: "three", target: "alice", kind: "worktree" } as const;
		expectRefusal(await scene.supervisor.createWorkspace(three), "workspace_frozen");
		expectRefusal(await scene.supervisor.removeWorkspace("two"), "workspace_frozen");
		expect(await scene.swap()).toMatchObject({ status: "pending_approval" });
	});
});

describe("frozen", () => {
	it("from submission through the trial; removed when the change is kept", async () => {
		const scene = await begun(required);
		const name = await submitted(scene);
		expect(await isFrozen(scene, name)).toBe(true);
		accepted(await scene.supervisor.approve(approval));
		await scene.clock.advance(5_000);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		expect(await isFrozen(scene, name)).toBe(true);
		accepted(await scene.confirm(first));
		await scene.clock.advance(5_000);
		expect(await isFrozen(scene, name)).toBeNull();
	});

	it("what is edited meanwhile by who can is not what is applied", async () => {
		const scene = await begun(required);
		const name = await submitted(scene);
		scene.workspaces.edit(name, { "skills/hello.md": "slipped in" });
		scene.workspaces.commit(name);
		accepted(await scene.supervisor.approve(approval));
		await scene.clock.advance(5_000);
		const { proposal } = await scene.swap();
		expect(scene.git.filesOf(proposal?.tree ?? "").get("skills/hello.md")).toBe("hello 2");
		expect([...(scene.of("alice").releases.stored.get(`${first}-1`)?.files ?? [])]).toContainEqual([
			"skills/hello.md",
			"hello 2",
		]);
	});

	it("and thawed after a rollback, with everything still in it", async () => {
		const scene = await begun();
		const name = await submitted(scene);
		await scene.clock.advance(5_000);
		accepted(await scene.rollback(first));
		await scene.clock.advance(5_000);
		expect((await scene.swap()).status).toBe("rolled_back");
		expect(await isFrozen(scene, name)).toBe(false);
		scene.workspaces.edit(name, { "skills/hello.md": "hello 3" });
		scene.workspaces.commit(name);
		const again = accepted(await scene.supervisor.submit(scene.submission(name, skill)));
		expect(again).toMatchObject({ id: "sw_000002", epoch: 1, workspace: name });
		expect(await isFrozen(scene, name)).toBe(true);
	});

	it("and thawed when it cannot be staged; submitted again it is a new epoch, and the old cards are dead", async () => {
		const scene = await begun(required);
		const name = await submitted(scene);
		scene.failAt("stage.rehearse");
		accepted(await scene.supervisor.approve(approval));
		await scene.clock.advance(2_000);
		expect(await scene.swap()).toMatchObject({
			status: "drafting",
			epoch: 1,
			cause: { message: "planted at stage.rehearse" },
		});
		expect(await isFrozen(scene, name)).toBe(false);
		scene.workspaces.edit(name, { "skills/hello.md": "hello 3" });
		scene.workspaces.commit(name);
		accepted(await scene.supervisor.submit(scene.submission(name, skill)));
		expect(await scene.swap()).toMatchObject({ status: "pending_approval", epoch: 2, approvals: [], cause: null });
		expect(await isFrozen(scene, name)).toBe(true);
		expectRefusal(await scene.supervisor.approve({ ...approval, epoch: 1 }), "card_outdated");
		const click = { swapId: first, epoch: 1, nonce: `${first}.1`, verdict: "approve", actorId: "ana" } as const;
		expect(await scene.chat.click(click)).toContain("This card is of an earlier try");
		expect(await scene.chat.click({ ...click, epoch: 2 })).toContain("does not belong to this swap");
		// What was not read anywhere yet is approved by no click: its card has to arrive first.
		expect(await scene.chat.click({ ...click, epoch: 2, nonce: `${first}.2` })).not.toContain("was approved");
		expect((await scene.swap()).status).toBe("pending_approval");
		await scene.clock.advance(2_000);
		expect(await scene.chat.click({ ...click, epoch: 2, nonce: `${first}.2` })).toContain("is approved");
		await scene.clock.advance(5_000);
		expect(await scene.swap()).toMatchObject({ status: "awaiting_confirmation", candidateRelease: `${first}-2` });
	});

	it("and removed when it is withdrawn, if nothing was added", async () => {
		const scene = await begun(required);
		const name = await submitted(scene);
		accepted(await scene.supervisor.withdraw({ ...approval, by: builder }));
		await scene.clock.advance(2_000);
		expect(await scene.swap()).toMatchObject({ status: "rejected", tidied: true });
		expect(await isFrozen(scene, name)).toBeNull();
	});

	it("and thawed when a person rejects it, so that the builder can mend it there", async () => {
		const scene = await begun(required);
		const name = await submitted(scene);
		accepted(await scene.supervisor.reject({ ...approval, reason: "" }));
		await scene.clock.advance(2_000);
		expect(await scene.swap()).toMatchObject({ status: "rejected", tidied: true });
		expect(await isFrozen(scene, name)).toBe(false);
	});

	it("a failure to freeze is told, and stops nothing: what is applied is a commit", async () => {
		const scene = await begun();
		scene.failAt("propose.freeze");
		await submitted(scene);
		await scene.clock.advance(5_000);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		expect(scene.logged.map(({ event }) => event)).toContain("workspace.freeze_failed");
	});
});

describe("a draft of another builder", () => {
	it("is not submitted anew in its name, also by an operator who would approve it then", async () => {
		const scene = await begun(required);
		const name = await submitted(scene);
		scene.failAt("stage.rehearse");
		accepted(await scene.supervisor.approve(approval));
		await scene.clock.advance(2_000);
		const request = scene.submission(name, skill);
		expectRefusal(await scene.supervisor.submit({ ...request, by: person }), "role_missing");
		expectRefusal(
			await scene.supervisor.submit({ ...request, by: { surface: "builder", id: "other" } }),
			"role_missing",
		);
		expect((await scene.swap()).status).toBe("drafting");
		accepted(await scene.supervisor.submit(request));
	});
});

describe("a life that was killed", () => {
	it.each(["before", "after"] as const)("%s it froze the workspace: it is frozen at the next start", async (moment) => {
		const scene = await begun(required);
		const name = await scene.draft("alice", skill);
		scene.killAt("propose.freeze", moment);
		void scene.supervisor.submit(scene.submission(name, skill)).catch(() => null);
		await scene.clock.settle();
		await scene.restart();
		expect((await scene.swap()).status).toBe("pending_approval");
		expect(await isFrozen(scene, name)).toBe(true);
	});

	it("before the proposal was stored: the workspace is thawed, and can be submitted", async () => {
		const scene = await begun(required);
		const name = await scene.draft("alice", skill);
		scene.killAt("fact.submitted");
		void scene.supervisor.submit(scene.submission(name, skill)).catch(() => null);
		await scene.clock.settle();
		await scene.workspaces.freeze(name, true);
		await scene.restart();
		expect(await isFrozen(scene, name)).toBe(false);
		expect(accepted(await scene.supervisor.submit(scene.submission(name, skill)))).toMatchObject({
			id: first,
			epoch: 1,
		});
	});

	it("in the middle of a trial keeps it frozen", async () => {
		const scene = await begun();
		const name = await submitted(scene);
		await scene.clock.advance(5_000);
		await scene.workspaces.freeze(name, false);
		await scene.restart();
		expect(await isFrozen(scene, name)).toBe(true);
	});
});
