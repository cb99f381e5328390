// A swap of one agent: what it touches, what it leaves alone, and where it ends. The host and the other agents never notice.
import { describe, expect, it } from "vitest";
import { accepted, createScene, expectRefusal, first, releasesOf, type Scene } from "../scene.js";

const agents = ["alice", "bob"];
const skill = { "skills/hello.md": "hello 2" };

async function onTrial(files: Readonly<Record<string, string | null>> = skill): Promise<Scene> {
	const scene = createScene({ agents });
	await scene.begin();
	await scene.submit("alice", files);
	await scene.clock.advance(5_000);
	expect((await scene.swap()).status).toBe("awaiting_confirmation");
	return scene;
}

describe("a swap of one agent", () => {
	it("begins from an agent that has taken over its folders, beside a host of its own", async () => {
		const scene = createScene({ agents });
		await scene.begin();
		const { program, targets } = await scene.supervisor.status();
		expect(program).toMatchObject({ state: "running", proven: true });
		expect(targets).toMatchObject([
			{ name: "alice", release: "base-alice", program: { state: "running", proven: true } },
			{ name: "bob", release: "base-bob", program: { state: "running", proven: true } },
		]);
	});

	it("is of class group, with the agent as its only target and the reviewed tree as its candidate", async () => {
		const scene = await onTrial({ ...skill, "groups/alice/me.md": "I am Alice" });
		const { proposal, target } = await scene.swap();
		expect(target).toBe("alice");
		expect(proposal).toMatchObject({
			classification: "group",
			templated: ["skills/hello.md"],
			previousRelease: "base-alice",
		});
		expect(proposal?.targets).toMatchObject([
			{ target: "alice", previous: { id: "base-alice" }, commit: proposal?.commit, tree: proposal?.tree },
		]);
		expect(scene.git.filesOf(proposal?.tree ?? "").get("groups/alice/me.md")).toBe("I am Alice");
	});

	it("stops, starts and flips nothing of anybody else, and never moves the branch", async () => {
		const scene = createScene({ agents });
		await scene.begin();
		const others = [await scene.programs.running(), await scene.of("bob").programs.running()];
		const from = scene.done.length;
		await scene.submit("alice", skill);
		await scene.clock.advance(5_000);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		accepted(await scene.confirm(first));
		await scene.clock.advance(5_000);
		expect(scene.done.slice(from)).toEqual([
			`alice pin ${first}-1`,
			"alice stop",
			"alice snapshot",
			`alice flip ${first}-1`,
			`alice start ${first}-1`,
			`alice unpin ${first}-1`,
			"alice stop",
		]);
		expect([await scene.programs.running(), await scene.of("bob").programs.running()]).toEqual(others);
		expect(scene.git.branches.get("main")).toBe(scene.base);
	});

	it("that is confirmed is the agent's version, and the template is offered once", async () => {
		const scene = await onTrial();
		accepted(await scene.confirm(first));
		await scene.clock.advance(5_000);
		const end = await scene.swap();
		expect(end).toMatchObject({ status: "finalized", tidied: true, outcome: { sentence: "Kept for alice." } });
		expect(end.promotion).toEqual({ state: "offered", paths: ["skills/hello.md"], by: null, sentence: null });
		expect(await releasesOf(scene, "alice")).toEqual([`${first}-1`, `${first}-1`, `${first}-1`]);
		expect(scene.chat.shown.at(-1)).toMatchObject({ kind: "promotion", buttons: ["promote", "keep"] });
		expect(scene.doubles).toEqual([]);
	});

	it("of its own folder alone has no template to offer", async () => {
		const scene = await onTrial({ "groups/alice/me.md": "I am Alice" });
		accepted(await scene.confirm(first));
		await scene.clock.advance(5_000);
		expect(await scene.swap()).toMatchObject({ status: "finalized", promotion: null });
	});

	it("that is silent goes back to what the agent had, with its data alone", async () => {
		const scene = await onTrial();
		await scene.clock.advance(130_000);
		expect(await scene.swap()).toMatchObject({ status: "rolled_back", cause: { code: "deadline_passed" } });
		expect(await releasesOf(scene, "alice")).toEqual(["base-alice", "base-alice", "base-alice"]);
		expect([scene.of("alice").data.restored, scene.data.restored, scene.of("bob").data.restored]).toEqual([
			[first],
			[],
			[],
		]);
	});

	it("starts from what the one before it left: the second change keeps the first", async () => {
		const scene = await onTrial();
		accepted(await scene.confirm(first));
		await scene.clock.advance(5_000);
		const second = await scene.submit("alice", { "groups/alice/me.md": "I am Alice" });
		await scene.clock.advance(5_000);
		const files = scene.git.filesOf((await scene.swap(second.id)).proposal?.tree ?? "");
		expect([files.get("skills/hello.md"), files.get("groups/alice/me.md")]).toEqual(["hello 2", "I am Alice"]);
		expect((await scene.swap(second.id)).proposal?.files.map(({ path }) => path)).toEqual(["groups/alice/me.md"]);
	});

	it("is not confirmed where the agent's files were edited meanwhile", async () => {
		const scene = await onTrial();
		scene.of("alice").releases.tamper(`${first}-1`, "skills/hello.md", "edited by hand");
		expectRefusal(await scene.confirm(first), "release_edited");
	});

	it("has the agent's own window, also behind the card and a click on extend", async () => {
		const deadman = { initialMs: 40_000, afterDeliveryMs: 60_000, capMs: 90_000 };
		const scene = createScene({ agents, agentSettings: { deadman } });
		await scene.begin();
		await scene.submit("alice", skill);
		await scene.clock.advance(5_000);
		expect(await scene.leftMs()).toBeGreaterThan(50_000);
		expect(await scene.leftMs()).toBeLessThanOrEqual(60_000);
		const before = await scene.leftMs();
		const click = { swapId: first, epoch: 1, nonce: `${first}.1`, verdict: "extend", actorId: "ana" } as const;
		expect(await scene.chat.click(click)).toContain("at most 2m more");
		expect(await scene.leftMs()).toBeLessThanOrEqual(before + 40_000);
		await scene.clock.advance(90_000);
		expect((await scene.swap()).status).toBe("rolled_back");
	});
});
