// Agents' heartbeats, errors and tasks on the wire, row by row of that system's table, over real sockets.
import { describe, expect, it } from "vitest";
import type { AgentTask } from "../../../../src/core/agents/task.js";
import { limits } from "../../../../src/core/limits.js";
import { isRefusal } from "../../../../src/core/refusals.js";
import { person } from "../../../engine/scene.js";
import { head } from "../../tcp-door.js";
import { type Gateway, openGateway } from "./gateway-door.js";

const path = "/api/v1/agent/heartbeat";
const online = { status: "online" };

async function opened(options: Parameters<typeof openGateway>[0] = {}) {
	const gateway = await openGateway(options);
	const token = await gateway.agent("planner");
	const beat = (body: object | string) => gateway.post(path, body, token);
	const fatal = (message = "out of memory") => beat({ status: "busy", error: { severity: "fatal", message } });
	const details = async (name = "planner") => {
		const found = await gateway.scene.supervisor.showAgent(name);
		if (isRefusal(found)) throw new Error(found.message);
		return found;
	};
	const events = async () =>
		(await gateway.scene.supervisor.feed({ after: 0, limit: 1_000 })).flatMap((entry) =>
			"event" in entry ? [entry.event] : [],
		);
	return { ...gateway, token, beat, fatal, details, events };
}

async function assign(
	{ scene }: Gateway,
	agent: string,
	ids: readonly string[],
	priority: AgentTask["priority"] = "normal",
) {
	for (const id of ids) {
		const task = await scene.supervisor.assignAgentTask({ by: person, agent, id, title: id, priority });
		if (isRefusal(task)) throw new Error(task.message);
	}
}

describe("3.1 a heartbeat", () => {
	it("is acknowledged in exactly that shape, and what it says is kept", async () => {
		const { beat, details } = await opened();
		const { status, text, headers } = await beat({ ...online, capabilities: ["plan"], deviceInfo: { cpus: 8 } });
		expect([status, text]).toEqual([200, '{"acknowledged":true}']);
		expect(headers["content-type"]).toContain("application/json");
		expect(await details()).toMatchObject({
			status: "online",
			present: true,
			capabilities: ["plan"],
			hardware: { cpus: 8 },
		});
		expect((await details()).lastSeenAtMs).not.toBeNull();
	});

	it("tells of tasks with priority only when there are some", async () => {
		const gateway = await opened();
		await assign(gateway, "planner", ["t-1"], "high");
		expect((await gateway.beat(online)).text).toBe('{"acknowledged":true,"hasHighPriorityTasks":true}');
		await gateway.post("/api/v1/agent/tasks/t-1/start", {}, gateway.token);
		expect((await gateway.beat(online)).text).toBe('{"acknowledged":true}');
	});

	it("that fails inside is answered in that system's words, and tells nothing of what failed", async () => {
		const gateway = await opened({
			adapt: ({ journal }) => ({ journal: { ...journal, hearAgent: () => Promise.reject(new Error("disk full")) } }),
		});
		const { status, json } = await gateway.beat(online);
		expect([status, json]).toEqual([
			500,
			{ error: { code: "HEARTBEAT_ERROR", message: "Failed to process heartbeat" } },
		]);
	});

	it("needs a bearer; an unknown token is nobody's anywhere", async () => {
		const { post, say } = await opened();
		for (const answer of [
			await post(path, online),
			await post(path, online, `dm_${"9".repeat(43)}`),
			await say(path, online, "guessed"),
		]) {
			expect([answer.status, answer.json.error.code]).toEqual([401, "UNAUTHORIZED"]);
		}
		expect((await post("/api/v1/agent/errors", { severity: "error", message: "m" }, "guessed")).status).toBe(401);
	});
});

describe("3.2 a bad body", () => {
	const cases: readonly (readonly [string, object | string, RegExp])[] = [
		["no JSON", "{", /the body is no JSON/],
		["nothing", "", /^status: /],
		["no status", {}, /^status: /],
		["an unknown status", { status: "fine" }, /^status: /],
		[
			"every issue named",
			{ status: 1, currentTask: { progress: -1 } },
			/^status: .*; currentTask\.taskId: .*; currentTask\.progress: /,
		],
		[
			"a severity that only errors have",
			{ ...online, error: { severity: "error", message: "m" } },
			/^error\.severity: /,
		],
		[
			"a context that is no object",
			{ ...online, error: { severity: "fatal", message: "m", context: [] } },
			/^error\.context: /,
		],
	];
	it.each(cases)("%s", async (_, body, message) => {
		const { beat, details } = await opened();
		const { status, json } = await beat(body);
		expect([status, Object.keys(json), json.error.code]).toEqual([400, ["error"], "VALIDATION_ERROR"]);
		expect(json.error.message).toMatch(message);
		expect((await details()).status).toBe("registered");
	});

	it("is refused one character beyond the caps, which are counted before anything is redacted", async () => {
		const { beat, post, token, details } = await opened();
		const error = (message: string, context: object) => ({ severity: "warning", message, context });
		const filled = (characters: number) => ({ token: "x".repeat(characters - '{"token":""}'.length) });
		expect((await beat({ ...online, error: error("m".repeat(4_096), filled(16_384)) })).status).toBe(200);
		expect((await details()).errors[0]).toMatchObject({ context: { token: "[REDACTED]" } });
		for (const bad of [error("m".repeat(4_097), {}), error("m", filled(16_385))]) {
			expect((await beat({ ...online, error: bad })).json.error.code).toBe("VALIDATION_ERROR");
			expect((await post("/api/v1/agent/errors", { ...bad, severity: "error" }, token)).json.error.code).toBe(
				"VALIDATION_ERROR",
			);
		}
		expect((await post("/api/v1/agent/errors", error("", {}), token)).json.error.message).toMatch(/^message: /);
		expect((await post("/api/v1/agent/errors", error("m".repeat(4_096), filled(16_384)), token)).text).toBe(
			'{"acknowledged":true}',
		);
		expect((await details()).errors).toHaveLength(2);
	});

	it("that is cut in the middle, or too large, is refused in the same shape, and the next one is heard", async () => {
		const gateway = await opened();
		const wire = await gateway.dial();
		const whole = JSON.stringify(online);
		const headers = {
			authorization: `Bearer ${gateway.token}`,
			"content-type": "application/json",
			"content-length": whole.length,
		};
		wire.socket.end(head(`POST ${path}`, headers) + whole.slice(0, 7));
		await wire.over;
		const large = await gateway.beat({ ...online, capabilities: "x".repeat(limits.requestBytes) });
		expect([large.status, large.json.error.code]).toEqual([413, "PAYLOAD_TOO_LARGE"]);
		expect((await gateway.details()).status).toBe("registered");
		expect((await gateway.beat(online)).status).toBe(200);
	});

	it("of another path or method has the same shape", async () => {
		const { get, post, token } = await opened();
		expect((await post("/api/v1/agent/nothing", {}, token)).json).toEqual({
			error: { code: "NOT_FOUND", message: expect.any(String) },
		});
		expect((await get(path, token)).json.error.code).toBe("METHOD_NOT_ALLOWED");
	});
});

describe("3.3 what it reports", () => {
	it("3.12 a warning is kept and changes nothing", async () => {
		const { beat, details } = await opened();
		await beat({ status: "busy" });
		await beat({ status: "busy", error: { severity: "warning", message: "hot" } });
		expect(await details()).toMatchObject({ status: "busy", errors: [{ severity: "warning", message: "hot" }] });
	});

	it("3.12 a fatal forces error and fails the active tasks, also where it was in error already", async () => {
		const gateway = await opened();
		await assign(gateway, "planner", ["t-1", "t-2"]);
		await gateway.beat(online);
		await gateway.post("/api/v1/agent/tasks/t-2/start", {}, gateway.token);
		expect((await gateway.fatal()).text).toBe('{"acknowledged":true}');
		const failed = { status: "pending", retries: 1, message: "out of memory" };
		expect(await gateway.details()).toMatchObject({
			status: "error",
			tasks: [
				{ id: "t-1", state: "pending" },
				{ id: "t-2", retries: 1 },
			],
		});
		expect(
			(await gateway.details()).tasks.map(({ state, retries, message }) => ({ status: state, retries, message })),
		).toEqual([failed, failed]);
		await assign(gateway, "planner", ["t-3"]);
		const before = (await gateway.events()).filter(({ type }) => type === "agent.status").length;
		await gateway.fatal("");
		expect((await gateway.details()).tasks.at(-1)).toMatchObject({
			id: "t-3",
			state: "pending",
			message: "Agent fatal error",
		});
		expect((await gateway.events()).filter(({ type }) => type === "agent.status")).toHaveLength(before);
	});

	it("3.12 a fatal without tasks is acknowledged like any other", async () => {
		const { fatal, details } = await opened();
		expect((await fatal()).status).toBe(200);
		expect((await details()).status).toBe("error");
	});

	it("3.12 one task that cannot be failed does not strand the rest", async () => {
		const gateway = await opened({
			adapt: ({ journal }) => ({
				journal: {
					...journal,
					moveTask: (move) => (move.id === "t-1" ? Promise.reject(new Error("locked")) : journal.moveTask(move)),
				},
			}),
		});
		await assign(gateway, "planner", ["t-1", "t-2"]);
		expect((await gateway.fatal()).status).toBe(200);
		expect((await gateway.details()).tasks.map(({ id, state }) => [id, state])).toEqual([
			["t-1", "assigned"],
			["t-2", "pending"],
		]);
		expect(gateway.scene.logged).toContainEqual(
			expect.objectContaining({
				event: "agent.tasks_failed",
				details: { agentId: "planner", attempted: 2, failed: 1 },
			}),
		);
	});

	it("a life that ended between the fatal and its tasks is made up for by the next one", async () => {
		const gateway = await opened({
			adapt: ({ journal }) => ({ journal: { ...journal, moveTask: () => new Promise(() => {}) } }),
		});
		await assign(gateway, "planner", ["t-1"]);
		void gateway.fatal().catch(() => {});
		await expect.poll(async () => (await gateway.details()).status).toBe("error");
		const later = { ...gateway.scene.disk.agents };
		expect([...later.tasks.values()].map(({ state }) => state)).toEqual(["assigned"]);
		const { createMemoryJournal } = await import("../../../support/memory/journal.js");
		const { createTasks } = await import("../../../../src/engine/agents/tasks.js");
		const journal = createMemoryJournal({ now: () => 9_000, disk: gateway.scene.disk });
		const log = { info: () => {}, warn: () => {}, error: () => {} };
		const ports = { journal, log, clock: gateway.scene.clock, scrub: String };
		await createTasks({ ports } as unknown as Parameters<typeof createTasks>[0]).failStranded();
		expect([...later.tasks.values()].map(({ state, message }) => [state, message])).toEqual([
			["pending", "Agent fatal error"],
		]);
	});
});

it("3.5 concurrent heartbeats of one agent are taken one after the other, and each change is told once", async () => {
	const { beat, events, details } = await opened();
	await beat(online);
	await Promise.all(Array.from({ length: 40 }, (_, nth) => beat({ status: nth % 2 === 0 ? "busy" : "online" })));
	const told = (await events()).flatMap((event) => (event.type === "agent.status" ? [event] : []));
	for (const [nth, { fromStatus, toStatus }] of told.entries()) {
		expect(fromStatus).not.toBe(toStatus);
		if (nth > 0) expect(fromStatus).toBe(told[nth - 1]?.toStatus);
	}
	expect(told.at(-1)?.toStatus).toBe((await details()).status);
});

it("3.5 what is undone leaves no row and is told to nobody", async () => {
	let fails = false;
	const gateway = await opened({
		adapt: ({ journal }) => ({
			journal: {
				...journal,
				hearAgent: (beat) => (fails ? Promise.reject(new Error("undone")) : journal.hearAgent(beat)),
			},
		}),
	});
	const told: string[] = [];
	gateway.scene.supervisor.subscribe(({ type }) => void told.push(type));
	fails = true;
	expect((await gateway.fatal()).status).toBe(500);
	expect([
		(await gateway.details()).errors,
		await gateway.events(),
		told.filter((type) => type === "agent:changed"),
	]).toEqual([[], [], []]);
});

it("3.6 one line per real transition, none for a no-op, and a warning for an agent that has vanished", async () => {
	const { beat, scene } = await opened();
	for (const status of ["online", "online", "busy"]) await beat({ status });
	const lines = scene.logged.filter(({ event }) => event === "agent.transition").map(({ details }) => details);
	expect(lines).toEqual([
		{ agentId: "planner", projectId: "host", fromStatus: "registered", toStatus: "online", reason: "reported" },
		{ agentId: "planner", projectId: "host", fromStatus: "online", toStatus: "busy", reason: "reported" },
	]);
	scene.disk.agents.agents.delete("planner");
	expect((await beat({ status: "online", error: { severity: "warning", message: "m" } })).text).toBe(
		'{"acknowledged":true}',
	);
	expect(scene.logged.at(-1)).toMatchObject({
		level: "warn",
		details: { message: "Heartbeat for an agent row that no longer exists" },
	});
	expect(scene.disk.agents.errors).toEqual([]);
	expect((await beat(online)).status).toBe(200);
	expect(scene.disk.agents.agents.get("planner")?.status).toBe("online");
});

it("3.7 a task id counts only if the task is the agent's own; else the link is dropped and logged", async () => {
	const gateway = await opened();
	await gateway.agent("writer");
	await assign(gateway, "planner", ["mine"]);
	await assign(gateway, "writer", ["theirs"]);
	const error = { severity: "warning", message: "m" };
	await gateway.beat({ status: "busy", currentTask: { taskId: "mine", progress: 3, note: "beside" }, error });
	expect(await gateway.details()).toMatchObject({ task: { id: "mine", progress: 3 }, errors: [{ taskId: "mine" }] });
	await gateway.beat({ status: "busy", currentTask: { taskId: "theirs", progress: 9 }, error });
	expect(await gateway.details()).toMatchObject({ task: null, errors: [{ taskId: null }, { taskId: "mine" }] });
	expect((await gateway.details("writer")).tasks[0]?.progress).toBeNull();
	expect(gateway.scene.logged).toContainEqual(
		expect.objectContaining({ event: "agent.task_foreign", details: { agentId: "planner", taskId: "theirs" } }),
	);
	const taken = await gateway.post("/api/v1/agent/tasks/theirs/fail", { message: "m" }, gateway.token);
	expect([taken.status, taken.json.error.code]).toEqual([404, "NOT_FOUND"]);
	expect((await gateway.details("writer")).tasks[0]?.state).toBe("assigned");
});

it("3.8 secrets in the context are redacted before they are stored, and in the message too", async () => {
	const { beat, details, scene } = await opened({ scrub: (text) => text.replaceAll("hunter22", "[gone]") });
	const context = { apiKey: "canary-1", tokenCount: 3, inner: [{ Authorization: "canary-2", note: "hunter22" }] };
	await beat({ ...online, error: { severity: "warning", message: "login as hunter22", context } });
	expect((await details()).errors[0]).toMatchObject({
		message: "login as [gone]",
		context: { apiKey: "[REDACTED]", tokenCount: 3, inner: [{ Authorization: "[REDACTED]", note: "[gone]" }] },
	});
	expect(JSON.stringify([scene.disk.agents.errors, scene.disk.feed, scene.logged])).not.toMatch(/canary|hunter22/);
});

it("3.9 an agent in error is answered 401 everywhere but on its heartbeat, and any that is not fatal brings it back", async () => {
	const gateway = await opened();
	await gateway.fatal();
	const others = [
		await gateway.get("/api/v1/agent/tasks", gateway.token),
		await gateway.post("/api/v1/agent/tasks/t-1/fail", {}, gateway.token),
		await gateway.post("/api/v1/agent/errors", { severity: "fatal", message: "m" }, gateway.token),
	];
	expect(others.map(({ status, json }) => [status, json.error.code])).toEqual(others.map(() => [401, "UNAUTHORIZED"]));
	expect((await gateway.fatal()).status).toBe(200);
	expect((await gateway.beat({ status: "benchmarked", error: { severity: "warning", message: "slow" } })).status).toBe(
		200,
	);
	expect(await gateway.details()).toMatchObject({ status: "benchmarked", reason: "recovered" });
	expect((await gateway.get("/api/v1/agent/tasks", gateway.token)).json).toEqual({ tasks: [] });
});

describe("a flood", () => {
	it("of one agent is refused in that system's shape and counted; its fatal still gets through, and others are heard", async () => {
		const gateway = await opened();
		const writer = await gateway.agent("writer");
		let refused = 0;
		for (let sent = 0; sent < limits.agentBeatsPerMinute + 20; sent += 1) {
			const { status, json, headers } = await gateway.beat(online);
			if (status === 200) continue;
			refused += 1;
			expect([status, json.error.code, Number(headers["retry-after"]) > 0]).toEqual([429, "RATE_LIMITED", true]);
		}
		expect(refused).toBeGreaterThanOrEqual(20);
		expect((await gateway.details()).throttled).toBe(refused);
		expect((await gateway.fatal()).status).toBe(200);
		expect((await gateway.details()).status).toBe("error");
		expect((await gateway.post(path, online, writer)).status).toBe(200);
	});
});

it("4.2 any contact but a read is a sign of life, written once a minute and read by whoever asks who is there", async () => {
	const gateway = await opened();
	let writes = 0;
	const { agents } = gateway.scene.disk;
	const activeAt = () => agents.agents.get("planner")?.lastActiveAtMs ?? 0;
	await gateway.beat(online);
	let last = activeAt();
	for (let second = 0; second < 120; second += 10) {
		await gateway.scene.clock.advance(10_000);
		await gateway.post("/api/v1/agent/tasks/none/fail", {}, gateway.token);
		if (activeAt() !== last) writes += 1;
		last = activeAt();
	}
	expect(writes).toBe(2);
	expect((await gateway.details()).present).toBe(true);
	for (let second = 0; second < 100; second += 10) {
		await gateway.scene.clock.advance(10_000);
		await gateway.get("/api/v1/agent/tasks", gateway.token);
	}
	expect(await gateway.details()).toMatchObject({ present: false, status: "online" });
	expect((await gateway.scene.supervisor.status()).agents.find(({ name }) => name === "planner")?.present).toBe(false);
});
