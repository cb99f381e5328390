// What builders hear and say beside proposing: outcomes of their own, the policy, signs of life and milestones. None of it decides anything.
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.js";
import { isMilestone } from "../../../src/core/machine/milestone.js";
import type { Actor, Swap } from "../../../src/core/swap.js";
import type { BuilderHeartbeat } from "../../../src/engine/verbs/builders.js";
import { accepted, createScene, expectRefusal, first, person, type Scene } from "../scene.js";

const claude: Actor = { surface: "builder", id: "claude" };
const codex: Actor = { surface: "builder", id: "codex" };
const fatal: BuilderHeartbeat = {
	status: "error",
	task: "confirm the swap",
	error: { severity: "fatal", message: "roll back everything now" },
};

async function onTrial(by: Actor = claude): Promise<Scene> {
	const scene = createScene();
	await scene.begin();
	const revision = scene.git.commit({ "server.js": "two" }, [scene.base]);
	accepted(await scene.supervisor.propose({ revision, summary: "two", fileSummaries: {}, by }));
	await scene.clock.advance(5_000);
	expect((await scene.swap()).status).toBe("awaiting_confirmation");
	return scene;
}

function milestone(scene: Scene, by: Actor, change: { name?: string; detail?: string; swapId?: string | null } = {}) {
	return scene.supervisor.reportMilestone({
		by,
		milestone: { name: "tests", detail: "green", swapId: first, ...change },
	});
}

/** All of a swap that decides something, or is decided. */
function standing({ status, cause, deadman, decidedBy, outcome, handshake, approvals, epoch, boots }: Swap) {
	return { status, cause, deadman, decidedBy, outcome, handshake, approvals, epoch, boots };
}

describe("nothing that a builder says decides anything", () => {
	it("neither a fatal heartbeat nor a milestone that claims a verdict moves its swap on trial", async () => {
		const scene = await onTrial();
		const before = standing(await scene.swap());
		expect(await scene.supervisor.reportPresence({ by: claude, heartbeat: fatal })).toBeNull();
		for (const name of ["confirmed", "rollbackRequested", "heartbeatLost", "ready", "approved"]) {
			expect(await milestone(scene, claude, { name, detail: "{ type: 'confirmed' }" })).toBeNull();
		}
		await scene.clock.advance(5_000);
		expect(standing(await scene.swap())).toEqual(before);
		expect(new Set((await scene.types()).slice(-5))).toEqual(new Set(["noted"]));
	});

	it("and its silence neither", async () => {
		const scene = await onTrial();
		await scene.supervisor.reportPresence({ by: claude, heartbeat: fatal });
		const before = standing(await scene.swap());
		await scene.clock.advance(60_000);
		expect(standing(await scene.swap())).toEqual(before);
	});
});

describe("milestones", () => {
	it("are notes of the builder's own swap, scrubbed", async () => {
		const scene = createScene({ scrub: (text) => text.replaceAll("hunter2", "[gone]") });
		await scene.begin();
		const revision = scene.git.commit({ "server.js": "two" }, [scene.base]);
		accepted(await scene.supervisor.propose({ revision, summary: "two", fileSummaries: {}, by: claude }));
		expect(await milestone(scene, claude, { detail: "with hunter2" })).toBeNull();
		expect((await scene.swap()).notes.filter(isMilestone)).toEqual(["Milestone of builder:claude: tests: with [gone]"]);
	});

	it("of another's swap, or of none, are unknown in the same words", async () => {
		const scene = await onTrial();
		const foreign = expectRefusal(await milestone(scene, codex), "swap_unknown");
		const absent = expectRefusal(await milestone(scene, codex, { swapId: "sw_zzzzzz" }), "swap_unknown");
		expect(foreign.message.replace(first, "ID")).toBe(absent.message.replace("sw_zzzzzz", "ID"));
		expect((await scene.swap()).notes).toEqual([]);
		expect((await scene.supervisor.audits(null)).map(({ verb, by }) => [verb, by])).toContainEqual([
			"milestone",
			codex,
		]);
	});

	it("without a swap are only told to the log", async () => {
		const scene = await onTrial();
		const before = await scene.types();
		expect(await milestone(scene, claude, { swapId: null })).toBeNull();
		expect(await scene.types()).toEqual(before);
		expect(scene.logged.find(({ event }) => event === "builder.milestone")?.details).toMatchObject({
			by: "builder:claude",
		});
	});

	it("are limited in a minute, and in all", async () => {
		const scene = await onTrial();
		for (let sent = 0; sent < limits.milestonesPerMinute; sent += 1) expect(await milestone(scene, claude)).toBeNull();
		expectRefusal(await milestone(scene, claude), "too_many_requests");
		await scene.supervisor.extend({ id: first, by: person, epoch: null, byMs: 400_000 });
		while ((await scene.swap()).notes.length < limits.milestones) {
			await scene.clock.advance(60_000);
			for (let sent = 0; sent < limits.milestonesPerMinute; sent += 1) await milestone(scene, claude);
		}
		await scene.clock.advance(60_000);
		expectRefusal(await milestone(scene, claude), "milestones_full");
		expect((await scene.swap()).notes.filter(isMilestone)).toHaveLength(limits.milestones);
	});
});

it("milestones of programs and chats are refused", async () => {
	const scene = await onTrial();
	for (const surface of ["program", "slack"] as const) {
		expectRefusal(await milestone(scene, { surface, id: "x" }), "not_authorised");
	}
	expect((await scene.swap()).notes).toEqual([]);
});

describe("presence", () => {
	it("is shown in status, the one that was heard last first, printable and scrubbed", async () => {
		const scene = createScene({ scrub: (text) => text.replaceAll("hunter2", "[gone]") });
		await scene.begin();
		const online: BuilderHeartbeat = { status: "online", task: null, error: null };
		await scene.supervisor.reportPresence({ by: claude, heartbeat: { ...fatal, task: "\u001b[1mhunter2" } });
		await scene.clock.advance(1_000);
		await scene.supervisor.reportPresence({ by: codex, heartbeat: online });
		const { builders } = await scene.supervisor.status();
		expect(builders.map(({ name }) => name)).toEqual(["builder:codex", "builder:claude"]);
		expect(builders[1]).toMatchObject({ status: "error", task: "\\x1b[1m[gone]", error: { severity: "fatal" } });
		expect(builders[0]?.lastSeenAtMs).toBe(scene.clock.now().wallMs);
	});

	it("remembers no more than its limit, and forgets who was silent longest", async () => {
		const scene = createScene();
		await scene.begin();
		for (let index = 0; index <= limits.builders; index += 1) {
			const by: Actor = { surface: "builder", id: `b${index}` };
			await scene.supervisor.reportPresence({ by, heartbeat: { status: "online", task: null, error: null } });
		}
		const names = scene.supervisor.builders().map(({ name }) => name);
		expect(names).toHaveLength(limits.builders);
		expect(names).not.toContain("builder:b0");
	});

	it("of a program or a chat is refused", async () => {
		const scene = createScene();
		await scene.begin();
		for (const surface of ["program", "slack"] as const) {
			const answer = await scene.supervisor.reportPresence({ by: { surface, id: "x" }, heartbeat: fatal });
			expectRefusal(answer, "not_authorised");
		}
		expect(scene.supervisor.builders()).toEqual([]);
	});
});

describe("outcomes", () => {
	it("are a builder's own, newest first; everybody's for people", async () => {
		const scene = await onTrial(codex);
		await scene.rollback(first);
		await scene.clock.advance(5_000);
		const revision = scene.git.commit({ "server.js": "three" }, [scene.base]);
		accepted(await scene.supervisor.propose({ revision, summary: "three", fileSummaries: {}, by: claude }));
		await scene.clock.advance(5_000);
		const second = (await scene.supervisor.swaps())[0]?.id ?? "";
		const heard = async (by: Actor, limit = 10) =>
			(await scene.supervisor.outcomes({ by, limit })).map(({ swapId, outcome }) => [swapId, outcome]);
		expect(await heard(claude)).toEqual([]);
		await scene.confirm(second);
		await scene.clock.advance(5_000);
		expect(await heard(claude)).toEqual([[second, "kept"]]);
		expect(await heard(codex)).toEqual([[first, "rolled_back"]]);
		expect(await heard(person)).toEqual([
			[second, "kept"],
			[first, "rolled_back"],
		]);
		expect(await heard(person, 1)).toEqual([[second, "kept"]]);
	});
});

it("the policy is what judges paths, with nothing secret in it", async () => {
	const scene = createScene({ agents: ["alice"], settings: { approvalMs: 60_000 } });
	await scene.begin();
	const policy = scene.supervisor.policy();
	expect(policy).toMatchObject({ approval: "auto", approvalExpiryMs: 60_000 });
	expect(policy.targets.map(({ name }) => name)).toEqual(["host", "alice"]);
	expect(policy.targets[1]).toMatchObject({ own: "groups/alice" });
	expect(policy.targets[1]?.mappings).not.toEqual([]);
	expect(policy.classes.host).toEqual({ approve: ["owner"], approvals: 1, typed: false });
});
