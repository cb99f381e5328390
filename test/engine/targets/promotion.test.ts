// From a confirmed change of one agent to the template of those to come: the reviewed content as one commit, once, and never under a
// swap of the host.
import { describe, expect, it } from "vitest";
import { isRefusal } from "../../../src/core/refusals.js";
import type { Actor } from "../../../src/core/swap.js";
import { builder } from "../../simulation/world.js";
import { accepted, createScene, expectRefusal, first, person, releasesOf, type Scene } from "../scene.js";

const agents = ["alice", "bob"];
const skill = { "skills/hello.md": "hello 2" };
const by = (actor: Actor = person, id = first) => ({ id, by: actor, epoch: null });

async function offered(options: Parameters<typeof createScene>[0] = {}): Promise<Scene> {
	const scene = createScene({ agents, ...options });
	await scene.begin();
	await scene.submit("alice", skill);
	await scene.clock.advance(5_000);
	accepted(await scene.confirm(first));
	await scene.clock.advance(5_000);
	expect((await scene.swap()).promotion?.state).toBe("offered");
	return scene;
}

const templateOf = (scene: Scene) => scene.git.filesOf(scene.git.branches.get("main") ?? "").get("skills/hello.md");

async function expectApplied(scene: Scene): Promise<void> {
	const head = scene.git.branches.get("main");
	expect(templateOf(scene)).toBe("hello 2");
	expect(scene.git.commits.get(head ?? "")?.parents).toEqual([scene.base]);
	expect((await scene.releases.readLive())?.head).toBe(head);
	expect(await scene.swap()).toMatchObject({
		status: "finalized",
		tidied: true,
		promotion: { state: "applied", by: "cli:1000" },
	});
	expect((await scene.types()).filter((type) => type === "promotionApplied")).toHaveLength(1);
}

describe("a promotion", () => {
	it("is one commit on the branch, and what proposals start from; nobody's release changes", async () => {
		const scene = await offered();
		const before = [await scene.programs.running(), await scene.of("bob").programs.running()];
		accepted(await scene.supervisor.promote(by()));
		await scene.clock.advance(2_000);
		await expectApplied(scene);
		expect([await scene.programs.running(), await scene.of("bob").programs.running()]).toEqual(before);
		expect(await releasesOf(scene, "bob")).toEqual(["base-bob", "base-bob", "base-bob"]);
		expect(scene.chat.shown.at(-1)).toMatchObject({ kind: "promotion", decided: true, buttons: [] });
	});

	it("writes what was reviewed, not what lies there now", async () => {
		const scene = await offered();
		scene.of("alice").releases.tamper(`${first}-1`, "skills/hello.md", "edited by hand");
		accepted(await scene.supervisor.promote(by()));
		await scene.clock.advance(2_000);
		expect(templateOf(scene)).toBe("hello 2");
	});

	it("is what later proposals start from: the host's, and an agent's, which keeps its own copy", async () => {
		const scene = await offered();
		accepted(await scene.supervisor.promote(by()));
		await scene.clock.advance(2_000);
		const head = scene.git.branches.get("main");
		const second = await scene.propose("version 3");
		await scene.clock.advance(5_000);
		expect((await scene.swap(second.id)).proposal).toMatchObject({ base: head, branchHead: head });
		accepted(await scene.confirm(second.id));
		await scene.clock.advance(5_000);
		expect((await scene.swap(second.id)).status).toBe("finalized");
		const third = await scene.submit("bob", { "groups/bob/me.md": "I am Bob" });
		expect(third.proposal?.files.map(({ path }) => path)).toEqual(["groups/bob/me.md"]);
		expect(scene.git.filesOf(third.proposal?.tree ?? "").get("skills/hello.md")).toBe("hello 1");
	});

	it("kept local leaves the template as it is, and is asked once", async () => {
		const scene = await offered();
		accepted(await scene.supervisor.keep(by()));
		await scene.clock.advance(2_000);
		expect((await scene.swap()).promotion).toMatchObject({ state: "kept", by: "cli:1000" });
		expect(scene.git.branches.get("main")).toBe(scene.base);
		expectRefusal(await scene.supervisor.promote(by()), "nothing_to_promote");
		expectRefusal(await scene.supervisor.keep(by()), "nothing_to_promote");
	});

	it("by two clicks at once is one commit", async () => {
		const scene = await offered();
		const answers = await Promise.all([
			scene.supervisor.promote(by()),
			scene.supervisor.promote(by()),
			scene.supervisor.keep(by()),
		]);
		expect(answers.filter((answer) => !isRefusal(answer))).toHaveLength(1);
		await scene.clock.advance(2_000);
		expect(["applied", "kept"]).toContain((await scene.swap()).promotion?.state);
	});

	it("is refused where the template moved meanwhile, and changes nothing", async () => {
		const scene = await offered();
		const moved = scene.git.commit({ "skills/hello.md": "another" }, [scene.base]);
		scene.git.branches.set("main", moved);
		accepted(await scene.supervisor.promote(by()));
		await scene.clock.advance(2_000);
		const { promotion } = await scene.swap();
		expect(promotion?.state).toBe("refused");
		expect(promotion?.sentence).toContain("skills/hello.md");
		expect(scene.git.branches.get("main")).toBe(moved);
		expect((await scene.releases.readLive())?.head).toBeUndefined();
	});

	it("is not for builders, and not for another agent's swap that has none", async () => {
		const scene = await offered();
		expectRefusal(await scene.supervisor.promote(by(builder)), "not_authorised");
		expectRefusal(await scene.supervisor.promote(by(person, "sw_nobody")), "swap_unknown");
		expect((await scene.swap()).promotion?.state).toBe("offered");
	});
});

describe("a promotion and a swap of the host", () => {
	it("wait for each other: no promotion while one is on its way", async () => {
		const scene = await offered();
		const second = await scene.propose("version 2");
		await scene.clock.advance(5_000);
		expect((await scene.swap(second.id)).status).toBe("awaiting_confirmation");
		expectRefusal(await scene.supervisor.promote(by()), "swap_in_flight");
		accepted(await scene.confirm(second.id));
		await scene.clock.advance(5_000);
		expect((await scene.swap(second.id)).status).toBe("finalized");
		accepted(await scene.supervisor.promote(by()));
		await scene.clock.advance(2_000);
		expect((await scene.swap()).promotion?.state).toBe("applied");
		expect(scene.git.filesOf(scene.git.branches.get("main") ?? "").get("server.js")).toBe("version 2");
	});

	it("wait for each other: none is proposed while the template is being written", async () => {
		const scene = await offered();
		scene.doAt("template.commit", () => scene.clock.sleep(5_000));
		accepted(await scene.supervisor.promote(by()));
		await scene.clock.settle();
		await expect(scene.propose("version 2")).rejects.toThrow("being applied to the template");
		await scene.clock.advance(10_000);
		expect((await scene.propose("version 2")).status).toBe("staging");
	});

	it("does not hold up another agent's swap", async () => {
		const scene = await offered();
		const second = await scene.submit("bob", { "groups/bob/me.md": "I am Bob" });
		await scene.clock.advance(5_000);
		accepted(await scene.supervisor.promote(by()));
		await scene.clock.advance(2_000);
		await expectApplied(scene);
		accepted(await scene.confirm(second.id));
		await scene.clock.advance(5_000);
		expect((await scene.swap(second.id)).status).toBe("finalized");
	});
});

describe("a promotion that is killed", () => {
	const sites = ["template.commit", "template.live", "fact.promotionApplied"] as const;
	const both = sites.flatMap((site) => (["before", "after"] as const).map((moment) => [moment, site] as const));
	const rows = [["after", "fact.promotionApproved"], ...both] as const;

	it.each(rows)("%s %s ends applied, with one commit", async (moment, site) => {
		const scene = await offered();
		scene.killAt(site, moment);
		void scene.supervisor.promote(by()).catch(() => null);
		await scene.clock.advance(2_000);
		await scene.restart();
		await scene.clock.advance(5_000);
		await expectApplied(scene);
	});

	it("fails three times: refused with the reason, and the swap stays what it is", async () => {
		const scene = await offered();
		scene.failAt("template.commit", { times: 3 });
		accepted(await scene.supervisor.promote(by()));
		await scene.clock.advance(30_000);
		expect(await scene.swap()).toMatchObject({ status: "finalized", promotion: { state: "refused" } });
		expect(scene.git.branches.get("main")).toBe(scene.base);
	});

	it("has tries of its own, also behind a tidying that failed for good", async () => {
		const scene = createScene({ agents });
		scene.failAt("tidy.prune", { times: 3 });
		await scene.begin();
		await scene.submit("alice", skill);
		await scene.clock.advance(5_000);
		accepted(await scene.confirm(first));
		await scene.clock.advance(30_000);
		expect((await scene.swap()).tidied).toBe(true);
		scene.failAt("template.live", { times: 2 });
		accepted(await scene.supervisor.promote(by()));
		await scene.clock.advance(30_000);
		await expectApplied(scene);
	});
});
