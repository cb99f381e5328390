// Which swaps may be on their way at the same time (1.15): those of two agents, and nothing beside one of the host.
import { describe, expect, it } from "vitest";
import { accepted, createScene, expectRefusal, person, releasesOf, type Scene } from "../scene.js";

const agents = ["alice", "bob"];
const skill = { "skills/hello.md": "hello 2" };
const own = (name: string) => ({ [`groups/${name}/me.md`]: `I am ${name} 2` });
const [one, two] = ["sw_000001", "sw_000002"];

async function begun(options: Parameters<typeof createScene>[0] = {}): Promise<Scene> {
	const scene = createScene({ agents, ...options });
	await scene.begin();
	return scene;
}

async function refusedSubmit(scene: Scene, target: string, files: Readonly<Record<string, string>>) {
	const workspace = await scene.draft(target, files);
	return expectRefusal(await scene.supervisor.submit(scene.submission(workspace, files)), "swap_in_flight");
}

describe("swaps of two agents", () => {
	it("are on trial together; one is kept and one goes back, each with its own program and data", async () => {
		const scene = await begun();
		await scene.submit("alice", skill);
		await scene.submit("bob", skill);
		await scene.clock.advance(5_000);
		expect([(await scene.swap(one)).status, (await scene.swap(two)).status]).toEqual(
			Array(2).fill("awaiting_confirmation"),
		);
		accepted(await scene.confirm(one));
		accepted(await scene.rollback(two));
		await scene.clock.advance(5_000);
		expect([(await scene.swap(one)).status, (await scene.swap(two)).status]).toEqual(["finalized", "rolled_back"]);
		expect(await releasesOf(scene, "alice")).toEqual([`${one}-1`, `${one}-1`, `${one}-1`]);
		expect(await releasesOf(scene, "bob")).toEqual(["base-bob", "base-bob", "base-bob"]);
		expect([scene.of("alice").data.restored, scene.of("bob").data.restored]).toEqual([[], [two]]);
		expect(scene.doubles).toEqual([]);
	});

	it("survive a death of the supervisor, each with its own window", async () => {
		const scene = await begun();
		await scene.submit("alice", skill);
		await scene.clock.advance(60_000);
		await scene.submit("bob", skill);
		await scene.clock.advance(5_000);
		const runs = [await scene.of("alice").programs.running(), await scene.of("bob").programs.running()];
		await scene.restart();
		expect([await scene.of("alice").programs.running(), await scene.of("bob").programs.running()]).toEqual(runs);
		await scene.clock.advance(58_000);
		expect([(await scene.swap(one)).status, (await scene.swap(two)).status]).toEqual([
			"rolled_back",
			"awaiting_confirmation",
		]);
		accepted(await scene.confirm(two));
		await scene.clock.advance(5_000);
		expect(await releasesOf(scene, "alice")).toEqual(["base-alice", "base-alice", "base-alice"]);
		expect(await releasesOf(scene, "bob")).toEqual([`${two}-1`, `${two}-1`, `${two}-1`]);
	});

	it("that die do not end each other's trial", async () => {
		const scene = await begun();
		scene.of("bob").programs.script(`${two}-1`, { diesAfterMs: 0 });
		await scene.submit("alice", skill);
		await scene.submit("bob", skill);
		await scene.clock.advance(10_000);
		expect([(await scene.swap(one)).status, (await scene.swap(two)).status]).toEqual([
			"awaiting_confirmation",
			"rolled_back",
		]);
	});
});

describe("refused with swap_in_flight", () => {
	it("a second one of the same agent, from approval to the end", async () => {
		const scene = await begun({ settings: { approval: "required" } });
		await scene.submit("alice", skill);
		const workspace = accepted(
			await scene.supervisor.createWorkspace({ name: "other", target: "host", kind: "worktree" }),
		);
		expect(workspace.target).toBe("host");
		const asked = { revision: scene.git.commit(own("alice"), [scene.base]), summary: "another", fileSummaries: {} };
		const by = { surface: "builder", id: "claude" } as const;
		expectRefusal(await scene.supervisor.propose({ ...asked, by, target: "alice" }), "swap_in_flight");
		accepted(
			await scene.supervisor.propose({
				...asked,
				revision: scene.git.commit({ "groups/bob/new.md": "new" }, [scene.base]),
				by,
				target: "bob",
			}),
		);
	});

	it.each(["required", "auto"] as const)("everything beside one of the host (%s)", async (approval) => {
		const scene = await begun({ settings: { approval } });
		await scene.propose("version 2");
		await scene.clock.advance(5_000);
		await refusedSubmit(scene, "alice", skill);
		await refusedSubmit(scene, "bob", own("bob"));
	});

	it("one of the host beside one of an agent", async () => {
		const scene = await begun();
		await scene.submit("alice", own("alice"));
		await scene.clock.advance(5_000);
		await expect(scene.propose("version 2")).rejects.toThrow(`${one} is awaiting_confirmation`);
		await refusedSubmit(scene, "bob", { "server.js": "version 2" });
		await refusedSubmit(scene, "bob", { ...own("bob"), "server.js": "version 2" });
		accepted(await scene.rollback(one));
		await scene.clock.advance(5_000);
		await scene.propose("version 2");
	});

	it("all but one of many at once, host and agents mixed", async () => {
		const scene = await begun();
		const bobs = await scene.draft("bob", { ...own("bob"), "server.js": "bob's" });
		const alices = await scene.draft("alice", { "server.js": "alice's" });
		const answers = await Promise.allSettled([
			scene.supervisor.submit(scene.submission(bobs, { ...own("bob"), "server.js": "bob's" })),
			scene.propose("version 2"),
			scene.supervisor.submit(scene.submission(alices, { "server.js": "alice's" })),
		]);
		const taken = answers.filter((answer) => answer.status === "fulfilled" && !("refused" in answer.value));
		expect(taken).toHaveLength(1);
	});
});

describe("a baseline that has not proved itself", () => {
	it("of one agent holds up its own swaps, and a combined one, and nobody else's", async () => {
		const scene = createScene({ agents });
		scene.of("alice").programs.script("base-alice", { readyAfterMs: null });
		await scene.begin();
		await scene.clock.advance(40_000);
		const workspace = await scene.draft("alice", own("alice"));
		const refusal = expectRefusal(
			await scene.supervisor.submit(scene.submission(workspace, own("alice"))),
			"baseline_unproven",
		);
		expect(refusal.message).toContain("alice:");
		await scene.submit("bob", own("bob"));
		await scene.clock.advance(5_000);
		accepted(await scene.confirm(one));
		await scene.clock.advance(5_000);
		await scene.propose("version 2");
		await scene.clock.advance(5_000);
		expect((await scene.swap(two)).status).toBe("awaiting_confirmation");
	});

	it("of the host holds up what touches the host, and not an agent", async () => {
		const scene = createScene({ agents });
		scene.programs.script(`base-${scene.base.slice(0, 12)}`, { readyAfterMs: null });
		await scene.begin();
		await scene.clock.advance(40_000);
		await expect(scene.propose("version 2")).rejects.toThrow("has not proved");
		await scene.submit("bob", own("bob"));
		await scene.clock.advance(5_000);
		expect((await scene.swap(one)).status).toBe("awaiting_confirmation");
	});
});

describe("a target that is not there", () => {
	it("is refused for proposals and workspaces", async () => {
		const scene = await begun();
		const by = { surface: "builder", id: "claude" } as const;
		const request = { revision: scene.base, summary: "a change", fileSummaries: {}, by };
		expectRefusal(await scene.supervisor.propose({ ...request, target: "carol" }), "target_unknown");
		expectRefusal(
			await scene.supervisor.createWorkspace({ name: "x", target: "carol", kind: "worktree" }),
			"target_unknown",
		);
	});

	it("any more is refused to be approved, and what waits for it can be rejected", async () => {
		let gone = false;
		const scene = await begun({
			settings: { approval: "required" },
			adapt: ({ agents }) => (gone ? { agents: agents.filter(({ name }) => name !== "alice") } : {}),
		});
		await scene.submit("alice", skill);
		gone = true;
		await scene.restart();
		const asked = { id: one, by: person, epoch: null };
		expectRefusal(await scene.supervisor.approve({ ...asked, insist: false, typed: null }), "target_unknown");
		accepted(await scene.supervisor.reject({ ...asked, reason: "alice has left" }));
		await scene.clock.advance(30_000);
		expect(await scene.swap(one)).toMatchObject({ status: "rejected", tidied: true });
	});
});
