// Swaps listen to agents: a connected channel ends the start, a first message and warnings stand on the card, a fatal or a silence ends the trial.
// Only the run that is on trial is heard.
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.js";
import { isRefusal } from "../../../src/core/refusals.js";
import { cardOf } from "../../../src/core/words/card.js";
import type { AgentCaller } from "../../../src/engine/verbs/agents.js";
import { candidate, createScene, expectEnd, first, person, type Scene } from "../scene.js";

async function callerOf({ supervisor, programs }: Scene, run: string): Promise<AgentCaller> {
	const caller = await supervisor.agentOf({ path: programs.tokenOf(run), bearer: null });
	if (caller === null) throw new Error(`Nobody is ${run}.`);
	return caller;
}

const agentReady: NonNullable<Parameters<typeof createScene>[0]>["adapt"] = ({ probe }) => ({
	probe: { ...probe, awaitsReport: true, report: "agent_ready" as const, description: "agent_ready" },
});

const warning = (message: string) => ({ status: "busy" as const, error: { severity: "warning" as const, message } });
const fatal = (message: string, context: object = {}) => ({
	status: "online" as const,
	error: { severity: "fatal" as const, message, context: context as never },
});

/** Begun, with a live version whose channel has connected. */
async function connected(options: Parameters<typeof createScene>[0] = {}): Promise<Scene> {
	const scene = createScene({ adapt: agentReady, ...options });
	await scene.begin();
	await scene.supervisor.agentReady(await callerOf(scene, "run-1"), "socket");
	await scene.clock.advance(2_000);
	return scene;
}

const lines = async (scene: Scene) => cardOf(await scene.swap(), "card").lines;

describe("a start that waits for agent_ready", () => {
	it("2.2a ends when the new version's channel has connected, not by ready() and not by the old version's", async () => {
		const scene = await connected();
		const old = await callerOf(scene, "run-1");
		await scene.trial({}, 10);
		expect((await scene.swap()).status).toBe("cutting_over");
		await scene.supervisor.reportReady(scene.programs.tokenOf("run-2"));
		await scene.supervisor.agentReady(old, "socket");
		await scene.clock.advance(5_000);
		expect((await scene.swap()).status).toBe("cutting_over");
		await scene.supervisor.agentReady(await callerOf(scene, "run-2"), "socket");
		await scene.clock.advance(2_000);
		expect(await scene.swap()).toMatchObject({
			status: "awaiting_confirmation",
			evidence: { probe: "agent_ready: over socket", tiedBy: "token" },
		});
	});

	it("counts only once it is on disk", async () => {
		let broken = false;
		const scene = await connected({
			adapt: (ports) => ({
				...agentReady(ports),
				journal: {
					...ports.journal,
					reachMilestone: (reached) =>
						broken ? Promise.reject(new Error("full")) : ports.journal.reachMilestone(reached),
				},
			}),
		});
		await scene.trial({}, 5);
		broken = true;
		const caller = await callerOf(scene, "run-2");
		await expect(scene.supervisor.agentReady(caller, "socket")).rejects.toThrow("full");
		await scene.clock.advance(5_000);
		expect((await scene.swap()).status).toBe("cutting_over");
		broken = false;
		await scene.supervisor.agentReady(caller, "socket");
		await scene.clock.advance(2_000);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
	});

	it("is known by the next life of the supervisor for the run that said it", async () => {
		const scene = await connected();
		await scene.restart();
		await scene.clock.advance(3_000);
		expect((await scene.supervisor.status()).program.proven).toBe(true);
	});

	it("fails like any other where nothing is reported", async () => {
		const scene = await connected();
		await scene.trial({}, 40);
		expect((await scene.swap()).cause).toMatchObject({
			code: "not_ready",
			message: expect.stringContaining("agent_ready yet"),
		});
	});
});

describe("on trial", () => {
	it("a fatal of the new version rolls back at once, with the redacted error on the card", async () => {
		const scene = createScene({ scrub: (text) => text.replaceAll("hunter22", "[gone]") });
		await scene.trial();
		await scene.supervisor.agentHeartbeat(
			await callerOf(scene, "run-2"),
			fatal("no database for hunter22", { dbPassword: "canary" }),
		);
		await scene.clock.advance(2_000);
		const swap = await expectEnd(scene, "rolled_back");
		expect(swap.cause).toMatchObject({ code: "fatal_reported", log: ['{"dbPassword":"[REDACTED]"}'] });
		expect((await lines(scene)).join("\n")).toContain(
			"Cause: The new version reported a fatal error: no database for [gone]",
		);
		expect(JSON.stringify([...scene.disk.facts])).not.toMatch(/canary|hunter22/);
	});

	it("a fatal rolls back where agents cannot be written down", async () => {
		const scene = createScene({
			adapt: ({ journal }) => ({ journal: { ...journal, hearAgent: () => Promise.reject(new Error("full")) } }),
		});
		await scene.trial();
		await expect(scene.supervisor.agentHeartbeat(await callerOf(scene, "run-2"), fatal("lost"))).rejects.toThrow(
			"full",
		);
		await scene.clock.advance(2_000);
		await expectEnd(scene, "rolled_back");
	});

	it("a fatal by itself, as an error, rolls back too; a warning and an error do not", async () => {
		const scene = createScene();
		await scene.trial();
		const caller = await callerOf(scene, "run-2");
		await scene.supervisor.agentError(caller, { severity: "error", message: "odd" });
		await scene.clock.advance(2_000);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		await scene.supervisor.agentError(caller, { severity: "fatal", message: "lost" });
		await scene.clock.advance(2_000);
		await expectEnd(scene, "rolled_back");
	});

	it("warnings are counted on the card, the first at once, a flood in a few facts", async () => {
		const scene = createScene();
		await scene.trial();
		const caller = await callerOf(scene, "run-2");
		await scene.supervisor.agentHeartbeat(caller, warning("hot 1"));
		expect(await lines(scene)).toContain("It warned once, last: hot 1.");
		for (let nth = 2; nth <= 30; nth += 1) await scene.supervisor.agentHeartbeat(caller, warning(`hot ${nth}`));
		await scene.clock.advance(limits.warningsToldMs + 1_000);
		expect(await lines(scene)).toContain("It warned 30 times, last: hot 30.");
		expect((await scene.types()).filter((type) => type === "heard")).toHaveLength(2);
		expect(scene.chat.shown.some(({ lines: shown }) => shown.includes("It warned 30 times, last: hot 30."))).toBe(true);
	});

	it("the first message of the new version stands on the card; of the old one it does not", async () => {
		const scene = createScene();
		await scene.begin();
		await scene.supervisor.firstMessageSent(await callerOf(scene, "run-1"), "1.1");
		await scene.trial();
		expect((await lines(scene)).join()).not.toContain("first message");
		await scene.supervisor.firstMessageSent(await callerOf(scene, "run-2"), "1.2");
		expect(await lines(scene)).toContain("It has sent its first message.");
	});

	it("what an agent says without its program's token counts for no swap", async () => {
		const scene = createScene();
		await scene.trial();
		const made = await scene.supervisor.createToken({ name: "planner", role: "agent", target: null, by: person });
		if (isRefusal(made)) throw new Error(made.message);
		const planner = await scene.supervisor.agentOf({ path: null, bearer: made.secret });
		if (planner === null) throw new Error("It is nobody.");
		await scene.supervisor.agentHeartbeat(planner, fatal("lost"));
		await scene.clock.advance(2_000);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		const ofRun = await scene.supervisor.agentOf({ path: scene.programs.tokenOf("run-2"), bearer: made.secret });
		await scene.supervisor.agentHeartbeat(ofRun as AgentCaller, fatal("lost"));
		await scene.clock.advance(2_000);
		await expectEnd(scene, "rolled_back");
	});

	it("an old process that lingers is nobody any more: it neither vouches nor kills", async () => {
		const scene = createScene();
		await scene.begin();
		const lingering = scene.programs.starts[0];
		scene.programs.runOfToken = (
			(known) => async (token: string) =>
				token === "token-1" ? (lingering ?? null) : known(token)
		)(scene.programs.runOfToken);
		await scene.trial();
		expect(await scene.supervisor.agentOf({ path: "token-1", bearer: null })).toBeNull();
		expect(await scene.supervisor.agentOf({ path: null, bearer: "token-1" })).toBeNull();
		expect(await scene.supervisor.agentOf({ path: "token-2", bearer: null })).toMatchObject({
			run: { release: candidate },
		});
		expect((await scene.swap(first)).status).toBe("awaiting_confirmation");
	});
});

describe("3.11 a limit on silence", () => {
	const settings = { heartbeatMs: 20_000 };

	it("is kept by whatever the new version reports, and passes without it", async () => {
		const scene = createScene({ settings });
		await scene.trial({}, 2);
		const caller = await callerOf(scene, "run-2");
		const says = [
			() => scene.supervisor.agentHeartbeat(caller, { status: "online" }),
			() => scene.supervisor.agentError(caller, { severity: "warning", message: "m" }),
			() => scene.supervisor.agentReady(caller, "socket"),
			() => scene.supervisor.reportHeartbeat(scene.programs.tokenOf("run-2"), { fatal: null }),
			() => scene.supervisor.registerAgentWorkspace(caller, { workspaceId: "w", runtime: "external" }),
		];
		for (const say of says) {
			await scene.clock.advance(15_000);
			await say();
		}
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		await scene.supervisor.agentTasks(caller);
		await scene.supervisor.workspaceActivity(caller, "w");
		await scene.clock.advance(21_000);
		expect((await scene.swap()).cause?.code).toBe("heartbeat_lost");
	});

	it("is not kept by somebody else's signs of life", async () => {
		const scene = createScene({ settings, agents: ["alice"] });
		await scene.trial({}, 2);
		const { programs } = scene.of("alice");
		const alice = (await scene.supervisor.agentOf({
			path: programs.tokenOf("alice-run-1"),
			bearer: null,
		})) as AgentCaller;
		for (let nth = 0; nth < 5; nth += 1) {
			await scene.clock.advance(5_000);
			await scene.supervisor.agentHeartbeat(alice, { status: "online" });
		}
		expect((await scene.swap()).cause?.code).toBe("heartbeat_lost");
	});
});
