// What only passes with time: waited for, named, told after 30 seconds, never final, never held against a tree (F39).
import { describe, expect, it } from "vitest";
import { limits } from "../../src/core/limits.js";
import { emptySwap, evolve } from "../../src/core/machine/evolve.js";
import { isRefusal, refuse } from "../../src/core/refusals.js";
import { accepted, createScene, expectEnd, expectRefusal, first } from "./scene.js";

const held = refuse("database_held", { pid: 7, command: "backup", database: "app.db" });

/** A world whose databases are held by somebody else while `holder` says so, and where it says so. */
function withHolder() {
	const state = { inStaging: false, atFence: false };
	const scene = createScene({
		adapt: ({ snapshots }) => ({
			snapshots: {
				...snapshots,
				holders: async () => (state.inStaging ? [{ pid: 7, command: "backup", database: "app.db" }] : []),
				fence: async () => (state.atFence ? held : null),
			},
		}),
	});
	return { scene, state };
}

describe("a rollback that something holds up", () => {
	async function heldUp() {
		const { scene, state } = withHolder();
		await scene.trial();
		scene.failAt("rollBack.flip", { times: 400, error: Object.assign(new Error("busy"), { code: "EBUSY" }) });
		await scene.rollback(first);
		await scene.clock.advance(20_000);
		return { scene, state };
	}

	it("stays a rollback under one intent, with its cause, for as long as it takes", async () => {
		const scene = createScene();
		await scene.trial();
		const busy = Object.assign(new Error("busy"), { code: "EBUSY" });
		scene.failAt("rollBack.flip", { times: 100, error: busy });
		await scene.rollback(first);
		await scene.clock.advance(300_000);
		const swap = await scene.swap();
		expect(swap).toMatchObject({ status: "rolling_back", attempts: 0, blockedBy: { cause: { code: "ebusy" } } });
		const types = await scene.types();
		expect(types.filter((type) => type === "blocked")).toHaveLength(1);
		expect(types.filter((type) => type === "attemptFailed")).toHaveLength(0);
		await scene.clock.advance(600_000);
		const end = await expectEnd(scene, "rolled_back");
		expect(end.blockedBy).toBeNull();
		expect((await scene.types()).filter((type) => type === "stepStarted" || type === "restored").slice(-3)).toEqual([
			"stepStarted",
			"restored",
			"stepStarted",
		]);
	});

	it("is told to people once, after 30 seconds", async () => {
		const { scene } = await heldUp();
		const told = () => scene.chat.notices.filter((text) => text.includes("held up"));
		expect(told()).toEqual([]);
		await scene.clock.advance(20_000);
		expect(told()).toHaveLength(1);
		expect(told()[0]).toContain(`${first}: Going back is held up. busy`);
		await scene.clock.advance(300_000);
		expect(told()).toHaveLength(1);
		expect((await scene.swap()).blockedBy?.told).toBe(true);
		await scene.clock.advance(3_000_000);
	});

	it("strands for what time cannot mend, as ever", async () => {
		const scene = createScene();
		await scene.trial();
		scene.failAt("rollBack.flip", { times: limits.stepAttempts });
		await scene.rollback(first);
		await scene.clock.advance(60_000);
		expect((await scene.swap()).status).toBe("stranded");
	});
});

describe("somebody who holds a database", () => {
	it("is waited for in staging, named, and live is not touched", async () => {
		const { scene, state } = withHolder();
		await scene.begin();
		state.inStaging = true;
		await scene.propose("version 2");
		await scene.clock.advance(limits.holdersMs / 2);
		expect((await scene.swap()).status).toBe("staging");
		await scene.clock.advance(limits.holdersMs);
		expect(await scene.swap()).toMatchObject({
			status: "drafting",
			cause: { code: "database_held", site: "stage.holders", message: expect.stringContaining("Process 7 (backup)") },
		});
		expect(scene.trace).not.toContain("cutOver.stop");
	});

	it("who lets go in time costs nothing", async () => {
		const { scene, state } = withHolder();
		await scene.begin();
		state.inStaging = true;
		await scene.propose("version 2");
		await scene.clock.advance(5_000);
		state.inStaging = false;
		await scene.clock.advance(5_000);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
	});

	it("who comes at the fence has the swap rolled back, and the tree is not blamed", async () => {
		const { scene, state } = withHolder();
		await scene.begin();
		scene.doAt("cutOver.stop", () => {
			state.atFence = true;
		});
		await scene.propose("version 2");
		await scene.clock.advance(5_000);
		state.atFence = false;
		await scene.clock.advance(10_000);
		const end = await expectEnd(scene, "rolled_back");
		expect(end).toMatchObject({ boots: 0, cause: { code: "database_held" } });
		expect(isRefusal(await scene.propose("version 2"))).toBe(false);
	});
});

describe("a proposal", () => {
	it("is refused where a database would not outlive its version, before anybody is asked", async () => {
		const no = refuse("database_unprotected", { database: "app.db", why: "it is outside", remedy: "share it" });
		const scene = createScene({
			settings: { approval: "required" },
			adapt: ({ snapshots }) => ({ snapshots: { ...snapshots, protection: async () => no } }),
		});
		await scene.begin();
		const live = scene.git.branches.get("main") ?? "";
		const revision = scene.git.commit({ "server.js": "version 2" }, [live]);
		const by = { surface: "builder", id: "b" } as const;
		const answer = await scene.supervisor.propose({ revision, summary: "Two", fileSummaries: {}, by });
		expectRefusal(answer, "database_unprotected");
		expect(await scene.supervisor.swaps()).toEqual([]);
	});
});

describe("a confirm while the operator's git is in the middle of something", () => {
	it("counts: a good change is not lost to a merge", async () => {
		const scene = createScene();
		await scene.trial();
		scene.git.operation = "merge";
		expect(accepted(await scene.confirm(first)).handshake).toBe("confirmed");
		await scene.clock.advance(5_000);
		const swap = await scene.swap();
		expect(swap.status).toBe("finalized");
		expect(await scene.served()).toBe(swap.candidateRelease);
	});
});

describe("a draft that was never submitted", () => {
	it("of an earlier deadman that died in between is withdrawn at the next start", async () => {
		const scene = createScene();
		await scene.begin();
		const drafted = {
			type: "drafted",
			target: "host",
			workspace: null,
			proposer: { surface: "cli", id: "1" },
		} as const;
		const next = evolve(emptySwap(first), { ...drafted, atMs: 1 });
		scene.disk.swaps.set(first, JSON.stringify(next));
		scene.disk.facts.set(first, [JSON.stringify({ ...drafted, atMs: 1 })]);
		await scene.restart();
		await scene.clock.advance(2_000);
		expect(accepted(await scene.supervisor.swap(first)).status).toBe("rejected");
	});
});
