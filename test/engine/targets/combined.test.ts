// A swap of host and agent at once: one order of effects for both, one verdict, and what fails in one brings both back.
import { describe, expect, it } from "vitest";
import { accepted, createScene, first, releasesOf, type Scene } from "../scene.js";

const agents = ["alice", "bob"];
const both = { "server.js": "version 2", "skills/hello.md": "hello 2" };
const candidate = `${first}-1`;

async function begun(options: Parameters<typeof createScene>[0] = {}): Promise<Scene> {
	const scene = createScene({ agents, ...options });
	await scene.begin();
	return scene;
}

async function expectBoth(scene: Scene, version: "old" | "new"): Promise<void> {
	const base = `base-${scene.base.slice(0, 12)}`;
	const [host, agent] = version === "new" ? [candidate, candidate] : [base, "base-alice"];
	expect(await releasesOf(scene, "host")).toEqual([host, host, host]);
	expect(await releasesOf(scene, "alice")).toEqual([agent, agent, agent]);
	expect(await releasesOf(scene, "bob")).toEqual(["base-bob", "base-bob", "base-bob"]);
	expect(scene.doubles).toEqual([]);
}

describe("a combined swap", () => {
	it("does each thing to both before the next, the host first, forward and back", async () => {
		const scene = await begun();
		const from = scene.done.length;
		await scene.submit("alice", both);
		await scene.clock.advance(5_000);
		const there = scene.done.length;
		expect(scene.done.slice(from)).toEqual([
			`host pin ${candidate}`,
			`alice pin ${candidate}`,
			"host stop",
			"alice stop",
			"host snapshot",
			"alice snapshot",
			`host flip ${candidate}`,
			`alice flip ${candidate}`,
			`host start ${candidate}`,
			`alice start ${candidate}`,
		]);
		accepted(await scene.rollback(first));
		await scene.clock.advance(5_000);
		const base = `base-${scene.base.slice(0, 12)}`;
		expect(scene.done.slice(there, there + 11)).toEqual([
			"host stop",
			"alice stop",
			"host restore",
			"alice restore",
			`host flip ${base}`,
			"alice flip base-alice",
			`host start ${base}`,
			"alice start base-alice",
			`host unpin ${base}`,
			"alice unpin base-alice",
			"host stop",
		]);
		await expectBoth(scene, "old");
	});

	it("gives the host a commit without anything private, and the agent what was reviewed", async () => {
		const scene = await begun();
		await scene.submit("alice", { ...both, "groups/alice/me.md": "private" });
		await scene.clock.advance(5_000);
		const { proposal } = await scene.swap();
		expect(proposal).toMatchObject({ classification: "combined", templated: ["skills/hello.md"] });
		const [host, agent] = proposal?.targets ?? [];
		expect([host?.target, agent?.target]).toEqual(["host", "alice"]);
		expect(Object.fromEntries(scene.git.filesOf(host?.tree ?? ""))).toEqual({
			"server.js": "version 2",
			"skills/hello.md": "hello 1",
		});
		expect(agent?.tree).toBe(proposal?.tree);
		expect(scene.git.commits.get(host?.commit ?? "")?.parents).toEqual([scene.base]);
	});

	it("that is confirmed moves the branch to the host's commit, and keeps both", async () => {
		const scene = await begun();
		await scene.submit("alice", both);
		await scene.clock.advance(5_000);
		accepted(await scene.confirm(first));
		await scene.clock.advance(5_000);
		const { proposal, outcome, promotion } = await scene.swap();
		expect(scene.git.branches.get("main")).toBe(proposal?.targets?.[0]?.commit);
		expect(outcome?.sentence).toMatch(/^Kept\. main is at .* Kept for alice\.$/);
		expect(promotion).toMatchObject({ state: "offered" });
		await expectBoth(scene, "new");
	});

	it("of paths of the host alone touches the host alone, whoever asked", async () => {
		const scene = await begun();
		await scene.submit("alice", { "server.js": "version 2" });
		await scene.clock.advance(5_000);
		const { proposal } = await scene.swap();
		expect(proposal).toMatchObject({ classification: "host", templated: [] });
		expect(proposal?.targets?.map(({ target }) => target)).toEqual(["host"]);
		expect(await releasesOf(scene, "alice")).toEqual(["base-alice", "base-alice", "base-alice"]);
	});

	it("of paths that widen what the agent may reach is for the owner, and still touches the agent alone", async () => {
		const scene = await begun();
		await scene.submit("alice", { "skills/tools/mcp.json": "{}" });
		await scene.clock.advance(5_000);
		const { proposal } = await scene.swap();
		expect(proposal).toMatchObject({ classification: "combined", flags: [{ kind: "reach" }] });
		expect(proposal?.targets?.map(({ target }) => target)).toEqual(["alice"]);
	});
});

describe("boots of a combined swap", () => {
	it("are counted for each target: two late deaths of each leave both on trial", async () => {
		const scene = await begun();
		const twice = (nth: number) => (nth <= 2 ? { diesAfterMs: 15_000 } : {});
		scene.programs.script(candidate, twice);
		scene.of("alice").programs.script(candidate, twice);
		await scene.submit("alice", both);
		await scene.clock.advance(60_000);
		expect(await scene.swap()).toMatchObject({
			status: "awaiting_confirmation",
			boots: 3,
			bootsBy: { host: 3, alice: 3 },
			quickDeaths: 0,
		});
		accepted(await scene.confirm(first));
		await scene.clock.advance(5_000);
		await expectBoth(scene, "new");
	});

	it.each(["host", "alice"])("used up by %s bring both back", async (target) => {
		const scene = await begun();
		scene.of(target).programs.script(candidate, { diesAfterMs: 15_000 });
		await scene.submit("alice", both);
		await scene.clock.advance(70_000);
		expect(await scene.swap()).toMatchObject({
			status: "rolled_back",
			bootsBy: { [target]: 3 },
			cause: { code: "candidate_died" },
		});
		await expectBoth(scene, "old");
	});
});

describe("one target that fails", () => {
	const habits = [
		["dies twice quickly", { diesAfterMs: 0 }],
		["never answers", { readyAfterMs: null }],
		["cannot be started", { failsToStart: true }],
		["wedges on trial", { wedgesAfterMs: 20_000 }],
		["answers as another", { answersAs: "somebody" }],
	] as const;
	const rows = habits.flatMap(([habit, script]) => ["host", "alice"].map((target) => [target, habit, script] as const));

	it.each(rows)("%s: %s, and both go back with the data of both", async (target, _, script) => {
		const scene = await begun();
		scene.of(target).programs.script(candidate, script);
		await scene.submit("alice", both);
		await scene.clock.advance(100_000);
		const end = await scene.swap();
		expect(end.status, JSON.stringify(end.cause)).toBe("rolled_back");
		await expectBoth(scene, "old");
		expect([scene.data.restored, scene.of("alice").data.restored]).toEqual([[first], [first]]);
		expect(scene.git.branches.get("main")).toBe(scene.base);
	});

	it("on the way back leaves the other one serving, and strands the swap only", async () => {
		const scene = await begun();
		await scene.submit("alice", both);
		await scene.clock.advance(5_000);
		scene.programs.script(`base-${scene.base.slice(0, 12)}`, { failsToStart: true });
		accepted(await scene.rollback(first));
		await scene.clock.advance(60_000);
		expect((await scene.swap()).status).toBe("stranded");
		expect([await scene.served("host"), await scene.served("alice")]).toEqual(["none", "base-alice"]);
		scene.programs.script(`base-${scene.base.slice(0, 12)}`, {});
		accepted(await scene.rollback(first));
		await scene.clock.advance(10_000);
		await expectBoth(scene, "old");
	});
});
