// The supervised program's socket: reports by token, and nothing that could decide.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aSwap, createFakeSupervisor, type FakeSupervisor } from "../../support/memory/supervisor.js";
import { call, createDoorway, type Doorway } from "../doorway.js";

let supervisor: FakeSupervisor;
let door: Doorway;

beforeEach(async () => {
	supervisor = createFakeSupervisor(aSwap({ status: "awaiting_confirmation" }));
	door = await createDoorway(supervisor);
	await door.open();
});
afterEach(() => door.remove());

const report = (what: string, body?: object | string, token: string | null = "right") => {
	const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
	return call({ socketPath: door.program, method: "POST", path: `/v1/program/${what}`, headers, body });
};

it.each([
	["ready", undefined, "reportReady", "right"],
	["progress", {}, "reportProgress", "right"],
	["heartbeat", {}, "reportHeartbeat", ["right", { fatal: null }]],
	["heartbeat", { fatal: "no database" }, "reportHeartbeat", ["right", { fatal: "no database" }]],
])("passes on %s %j", async (what, body, verb, request) => {
	const { status, json } = await report(what, body);
	expect([status, json]).toEqual([200, { schemaVersion: 1, acknowledged: true }]);
	expect(supervisor.calls).toEqual([{ verb, request }]);
});

it.each(["ready", "progress", "heartbeat"])("refuses %s without the right token", async (what) => {
	for (const token of [null, "wrong", ""]) {
		const { status, json } = await report(what, {}, token);
		expect([status, json.error.code]).toEqual([403, "token_invalid"]);
	}
});

it.each([{ fatal: 1 }, { fatal: "x".repeat(5_000) }, { status: "fatal" }, "{"])(
	"refuses the heartbeat %j",
	async (body) => {
		expect((await report("heartbeat", body)).status).toBe(400);
		expect(supervisor.calls).toEqual([]);
	},
);

describe("decides nothing", () => {
	const paths = ["confirm", "approve", "rollback", "extend", "reject", "withdraw", "promote", "keep"].map(
		(verb) => `/v1/swaps/sw_aaaaaa/${verb}`,
	);
	it.each([...paths, "/v1/swaps", "/v1/workspaces", "/v1/program/confirm"])("POST %s", async (path) => {
		const headers = { authorization: "Bearer right", "deadman-actor": "cli:0" };
		const { status } = await call({ socketPath: door.program, method: "POST", path, headers, body: {} });
		expect([status, supervisor.calls]).toEqual([404, []]);
	});

	it.each(["/v1/status", "/v1/swaps", "/v1/events", "/v1/audits"])("GET %s", async (path) => {
		const headers = { authorization: "Bearer right" };
		expect((await call({ socketPath: door.program, path, headers })).status).toBe(404);
	});
});
