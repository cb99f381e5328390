// The milestones of hosted programs and the registry of workspaces on the wire, row by row of their tables, over real sockets.
import { describe, expect, it } from "vitest";
import { limits } from "../../../../src/core/limits.js";
import { isRefusal } from "../../../../src/core/refusals.js";
import { head } from "../../tcp-door.js";
import { type Gateway, openGateway } from "./gateway-door.js";

const ready = "/v1/tenant_status/agent_ready";
const sent = "/v1/tenant_status/first_dm_sent";
const ts = { slack_message_ts: "1712.0001" };

async function installationOf({ scene }: Gateway) {
	const [installation] = await scene.disk.agents.installations.values();
	return installation;
}

describe("2.1 a milestone", () => {
	it("is answered 204 with nothing, whoever the caller shows to be: by the path, by its run's token, by an agent's, on the socket", async () => {
		const gateway = await openGateway();
		const token = gateway.runToken();
		const agent = await gateway.agent("planner");
		const answers = [
			await gateway.post(`/run/${token}${ready}`, { transport: "socket" }),
			await gateway.post(ready, { transport: "socket" }, token),
			await gateway.post(ready, { transport: "socket" }, agent),
			await gateway.say(ready, { transport: "socket" }, token),
			await gateway.say(`/run/${token}${sent}`, ts),
			await gateway.post(`/run/${token}${sent}`, ts, "whatever-it-has-of-its-own"),
		];
		expect(answers.map(({ status, text }) => [status, text])).toEqual(answers.map(() => [204, ""]));
	});

	it.each([
		[ready, {}],
		[ready, { transport: "" }],
		[ready, { transport: "  " }],
		[ready, { transport: 1 }],
		[ready, { transport: "http", tenant_id: "another" }],
		[sent, {}],
		[sent, { slack_message_ts: "" }],
		[sent, '{"slack_message_ts": '],
	])("%s is refused with 400 for %j, and counts for nothing", async (path, body) => {
		const gateway = await openGateway();
		const { status, json } = await gateway.post(path, body, gateway.runToken());
		expect([status, typeof json.error]).toEqual([400, "string"]);
		expect(await installationOf(gateway)).toBeUndefined();
	});

	it("of nobody, or of a program that is gone, is refused with 401", async () => {
		const gateway = await openGateway();
		const token = gateway.runToken();
		gateway.scene.programs.die("run-1");
		await gateway.scene.clock.advance(5_000);
		expect(gateway.scene.programs.starts.length).toBe(2);
		const answers = [
			await gateway.post(`/run/${token}${ready}`, { transport: "socket" }),
			await gateway.post(ready, { transport: "socket" }, token),
			await gateway.say(ready, { transport: "socket" }),
			await gateway.post(ready, { transport: "socket" }),
			await gateway.post(`/run/${token}/v1/status`, {}),
		];
		expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401));
		expect(await installationOf(gateway)).toBeUndefined();
	});
});

it("2.2a ready and active are kept once, in this order, and said again they change nothing", async () => {
	const gateway = await openGateway();
	const token = gateway.runToken();
	for (const _ of [1, 2]) await gateway.post(`/run/${token}${ready}`, { transport: " http " });
	expect(await installationOf(gateway)).toMatchObject({
		target: "host",
		state: "ready",
		transport: "http",
		firstMessageAtMs: null,
	});
	for (const stamp of ["1712.1", "1712.2"]) await gateway.post(`/run/${token}${sent}`, { slack_message_ts: stamp });
	expect(await installationOf(gateway)).toMatchObject({ state: "active", firstMessageTs: "1712.1" });
	const events = (await gateway.scene.supervisor.feed({ after: 0, limit: 99 })).flatMap((entry) =>
		"event" in entry ? [entry.event.type] : [],
	);
	expect(events).toEqual(["installation.ready", "installation.active"]);
});

it("the path makes nobody an operator: what is no row of the gateway does not know it", async () => {
	const gateway = await openGateway();
	const answers = [
		await gateway.get(`/run/${gateway.runToken()}/v1/swaps`),
		await gateway.post(`/run/${gateway.runToken()}/v1/tokens`, { name: "x", role: "operator" }),
		await gateway.get("/v1/status", await gateway.agent("planner")),
	];
	expect(answers.map(({ status }) => status)).toEqual([401, 401, 403]);
});

it("a run speaks for the agents of its own target and no other's", async () => {
	const gateway = await openGateway({ agents: ["alice"] });
	const alice = await gateway.agent("alice");
	const planner = await gateway.agent("planner");
	const path = `/run/${gateway.runToken()}/api/v1/agent/heartbeat`;
	expect((await gateway.post(path, { status: "online" }, alice)).status).toBe(401);
	expect((await gateway.post(path, { status: "online" }, planner)).status).toBe(200);
	const found = await gateway.scene.supervisor.showAgent("planner");
	expect(isRefusal(found) ? null : found.release).toBe(gateway.scene.programs.starts[0]?.release);
});

describe("a registry", () => {
	const w1 = { workspace_id: "w-1" };

	async function registered(body: object = w1) {
		const gateway = await openGateway();
		const path = `/run/${gateway.runToken()}`;
		const { status, json } = await gateway.post(`${path}/registry/register`, body);
		expect(status).toBe(200);
		const state = async () => [...gateway.scene.disk.agents.workspaces.values()].map(({ state }) => state);
		return { ...gateway, path, answer: json, token: String(json.auth_token), state };
	}

	it("5.4 registering counts as presence and issues both secrets, of which only a hash is kept", async () => {
		const { answer, state, scene } = await registered();
		expect(answer).toEqual({
			...{ status: "registered", workspace_id: "w-1" },
			...{ auth_token: expect.any(String), platform_inbound_secret: expect.any(String) },
		});
		expect(answer.auth_token).not.toBe(answer.platform_inbound_secret);
		expect(await state()).toEqual(["online"]);
		const disk = JSON.stringify([...scene.disk.agents.workspaces.values()]);
		expect([disk.includes(answer.auth_token), disk.includes(answer.platform_inbound_secret)]).toEqual([false, false]);
	});

	it("5.1 takes the heartbeat with its headers exactly, the origin being the address that is called", async () => {
		const { dial, token, path } = await registered();
		const wire = await dial();
		const body = '{"workspace_id": "w-1"}';
		const host = `127.0.0.1:${wire.socket.remotePort}`;
		const headers = {
			host,
			authorization: `Bearer ${token}`,
			"content-type": "application/json",
			origin: `http://${host}${path}`,
			"content-length": body.length,
		};
		wire.socket.write(head(`POST ${path}/registry/heartbeat`, headers) + body);
		expect(await wire.over).toMatch(/^HTTP\/1\.1 200 [\s\S]*\{"status":"ok"\}/);
		const page = await dial();
		page.socket.write(head(`POST ${path}/registry/heartbeat`, { ...headers, origin: "http://evil.example" }) + body);
		expect(await page.over).toMatch(/^HTTP\/1\.1 403 [\s\S]*\{"error":"/);
	});

	it("5.4 who is silent for 90 seconds waits for its agent; a heartbeat brings it back, reading it does not", async () => {
		const { get, post, token, state, scene } = await registered();
		await scene.clock.advance(80_000);
		expect(await state()).toEqual(["online"]);
		expect((await get("/workspaces/w-1/activity", token)).json).toMatchObject({
			workspace_id: "w-1",
			status: "online",
			activity: [],
		});
		await scene.clock.advance(40_000);
		expect(await state()).toEqual(["awaiting_agent"]);
		expect((await get("/workspaces/w-1/activity", token)).json.status).toBe("awaiting_agent");
		const figures = { error_rate: 0.25, sample_error: "e", active_tasks: 2, uptime_seconds: 12.5, current_task: "c" };
		expect((await post("/registry/heartbeat", { ...w1, ...figures }, token)).text).toBe('{"status":"ok"}');
		expect((await get("/workspaces/w-1/activity", token)).json).toMatchObject({ status: "online", ...figures });
	});

	it("5.4 a workspace that is not external never waits", async () => {
		const { state, scene } = await registered({ id: "w-1", runtime: "docker" });
		await scene.clock.advance(300_000);
		expect(await state()).toEqual(["online"]);
	});

	it("refuses a workspace of another, a token of another workspace, and one of an earlier registration", async () => {
		const { post, path, token, get, agent } = await registered();
		const second = String((await post(`${path}/registry/register`, { workspace_id: "w-2" })).json.auth_token);
		const other = await agent("writer");
		const answers = [
			await post("/registry/heartbeat", { workspace_id: "w-2" }, token),
			await get("/workspaces/w-2/activity", token),
			await post("/registry/register", { workspace_id: "w-1" }, other),
			await post("/registry/heartbeat", w1, other),
			await post("/api/v1/agent/heartbeat", { status: "online" }, token),
			await post(ready, { transport: "x" }, token),
		];
		expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401));
		expect(typeof answers[0]?.json.error).toBe("string");
		await post(`${path}/registry/register`, w1);
		expect((await post("/registry/heartbeat", w1, token)).status).toBe(401);
		expect((await post("/registry/heartbeat", { workspace_id: "w-2" }, second)).status).toBe(200);
	});

	it("a flood is refused in that system's shape, and another workspace of the same agent is heard all the same", async () => {
		const { post, path, token } = await registered();
		const other = String((await post(`${path}/registry/register`, { workspace_id: "w-2" })).json.auth_token);
		const answers = [];
		for (let sent = 0; sent < limits.agentBeatsPerMinute + 5; sent += 1)
			answers.push(await post("/registry/heartbeat", w1, token));
		const refused = answers.filter(({ status }) => status !== 200);
		expect(refused.length).toBeGreaterThan(0);
		for (const { status, json, headers } of refused)
			expect([status, typeof json.error, Number(headers["retry-after"]) > 0]).toEqual([429, "string", true]);
		expect((await post("/registry/heartbeat", { workspace_id: "w-2" }, other)).status).toBe(200);
	});

	it("a token ends with the run that registered", async () => {
		const { post, scene, token, path } = await registered();
		expect((await post("/registry/heartbeat", w1, token)).status).toBe(200);
		scene.programs.die("run-1");
		await scene.clock.advance(5_000);
		expect((await post("/registry/heartbeat", w1, token)).status).toBe(401);
		expect((await post(`${path}/registry/register`, w1)).status).toBe(401);
		const again = await post(`/run/${scene.programs.tokenOf("run-2")}/registry/register`, w1);
		expect((await post("/registry/heartbeat", w1, String(again.json.auth_token))).status).toBe(200);
	});

	it.each([{}, { workspace_id: "" }, { workspace_id: "a b" }, { workspace_id: "w-1", error_rate: -1 }, "["])(
		"refuses the heartbeat %j",
		async (body) => {
			const { post, token } = await registered();
			const { status, json } = await post("/registry/heartbeat", body, token);
			expect([status, typeof json.error]).toEqual([400, "string"]);
		},
	);
});
