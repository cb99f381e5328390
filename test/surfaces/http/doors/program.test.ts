// The supervised program's socket: reports by token, and nothing that could decide.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aSwap, createFakeSupervisor, type FakeSupervisor } from "../../../support/memory/supervisor.js";
import { call, createDoorway, type Doorway } from "../../doorway.js";

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

describe("the mail of the program", () => {
	const message = { id: "sw_aaaaaa.1.card", kind: "notice", card: null, text: "Hello", receipt: null } as const;

	it("is handed to who has the token", async () => {
		supervisor.answers.takeMail = async () => message;
		expect((await report("mail/take")).json).toEqual({ schemaVersion: 1, message });
		expect(supervisor.calls).toMatchObject([{ verb: "takeMail", request: ["right", expect.anything()] }]);
	});

	it("ends its waiting when the program hangs up", async () => {
		const hangup = new AbortController();
		const ended = new Promise<boolean>((resolve) => {
			supervisor.answers.takeMail = async (_, signal) => {
				signal.addEventListener("abort", () => resolve(true));
				queueMicrotask(() => hangup.abort());
				return new Promise(() => {});
			};
		});
		const headers = { authorization: "Bearer right" };
		const path = "/v1/program/mail/take";
		const asked = call({ socketPath: door.program, method: "POST", path, headers, signal: hangup.signal });
		await expect(asked).rejects.toThrow();
		expect(await ended).toBe(true);
	});

	it.each([
		[{ id: "a", receipt: "r" }, { receipt: "r" }],
		[
			{ id: "a", error: "no" },
			{ error: "no", retryAfterMs: null, gone: false },
		],
		[
			{ id: "a", error: "no", retryAfterMs: 7, gone: true },
			{ error: "no", retryAfterMs: 7, gone: true },
		],
	])("is answered with %j", async (body, answer) => {
		expect((await report("mail/answer", body)).json).toEqual({ schemaVersion: 1, acknowledged: true });
		expect(supervisor.calls).toEqual([{ verb: "answerMail", request: ["right", { id: "a", answer }] }]);
	});

	it.each([
		["mail/answer", {}],
		["mail/answer", { id: "a" }],
		["mail/answer", { id: "a", receipt: "" }],
		["mail/answer", { id: "a", receipt: "r", error: "e" }],
		["mail/answer", { id: "a", error: "e", retryAfterMs: -1 }],
		["mail/take", { runId: "another" }],
		["click", {}],
		["click", { swapId: "sw_aaaaaa", epoch: 1, verdict: "destroy", actor: "U1" }],
		["click", { swapId: "sw_aaaaaa", epoch: 0, verdict: "rollback", actor: "U1" }],
		["click", { swapId: "../../etc", epoch: 1, verdict: "rollback", actor: "U1" }],
		["click", { swapId: "sw_aaaaaa", epoch: 1, verdict: "rollback", actor: "a b" }],
		["click", { swapId: "sw_aaaaaa", epoch: 1, verdict: "rollback", actor: "U1", nonce: "x" }],
	])("refuses %s %j", async (what, body) => {
		expect((await report(what, body)).status).toBe(400);
		expect(supervisor.calls).toEqual([]);
	});

	it("takes a click with who it was, and answers with the sentence", async () => {
		const click = { swapId: "sw_aaaaaa", epoch: 1, verdict: "rollback", actor: "U1" };
		const { json } = await report("click", click);
		expect(json).toMatchObject({ sentence: "sw_aaaaaa is being rolled back." });
		expect(supervisor.calls).toEqual([{ verb: "relayClick", request: ["right", { ...click, eventId: null }] }]);
	});

	it.each([
		["mail/take", {}],
		["mail/answer", { id: "a", receipt: "r" }],
		["click", { swapId: "sw_aaaaaa", epoch: 1, verdict: "rollback", actor: "U1" }],
	])("refuses %s without the right token", async (what, body) => {
		for (const token of [null, "wrong"]) {
			expect((await report(what, body, token)).json.error.code).toBe("token_invalid");
		}
	});
});

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
