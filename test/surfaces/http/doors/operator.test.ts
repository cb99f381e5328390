// The operator's socket over a real unix socket: every verb, every error's shape, and who it says was calling.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../../src/core/limits.js";
import { refuse } from "../../../../src/core/refusals.js";
import {
	aSwap,
	createFakeSupervisor,
	type FakeSupervisor,
	reviewOf,
	tables,
} from "../../../support/memory/supervisor.js";
import { type Answer, type Call, call, createDoorway, type Doorway, until } from "../../doorway.js";

let supervisor: FakeSupervisor;
let door: Doorway;

beforeEach(async () => {
	supervisor = createFakeSupervisor(aSwap({ status: "pending_approval" }));
	door = await createDoorway(supervisor);
	await door.open();
});
afterEach(() => door.remove());

const ask = (path: string, more: Partial<Call> = {}): Promise<Answer> =>
	call({ socketPath: door.operator, path, ...more });
const post = (path: string, body: object | string = {}, headers: Record<string, string> = {}): Promise<Answer> =>
	ask(path, { method: "POST", body, headers });
const lastCall = () => supervisor.calls.at(-1);

describe("reading", () => {
	it("answers status with the supervisor and the swap", async () => {
		const { status, json } = await ask("/v1/status");
		expect(status).toBe(200);
		expect(json).toMatchObject({ schemaVersion: 1, swap: { id: "sw_aaaaaa" } });
		expect(json.supervisor.targets).toEqual([
			expect.objectContaining({
				name: "alice",
				release: "a-previous",
				program: expect.objectContaining({ state: "none" }),
			}),
		]);
		expect(json.supervisor).toMatchObject({
			life: "life-1",
			live: { release: "r-previous" },
			program: { proven: true },
		});
	});

	it.each([
		["/v1/swaps", { swaps: [{ id: "sw_aaaaaa" }] }],
		["/v1/swaps/current", { swap: { id: "sw_aaaaaa" } }],
		["/v1/swaps/sw_aaaaaa", { swap: { id: "sw_aaaaaa", status: "pending_approval" } }],
		["/v1/swaps/sw_aaaaaa/facts", { facts: [{ type: "approved", at: "2026-11-21T12:00:00.000Z" }] }],
		["/v1/swaps/sw_aaaaaa/data", { data: tables }],
		["/v1/workspaces", { workspaces: [] }],
		["/v1/audits?swap=sw_aaaaaa", { audits: [{ code: "phrase_needed", at: "2026-11-21T11:59:59.000Z" }] }],
		["/v1/audits?swap=sw_none", { audits: [] }],
	])("%s", async (path, expected) => {
		expect((await ask(path)).json).toMatchObject({ schemaVersion: 1, ...expected });
	});

	it("answers with everything that was refused, newest first", async () => {
		const { json } = await ask("/v1/audits");
		expect(json.audits.map(({ code }: { code: string }) => code)).toEqual(["summary_missing", "phrase_needed"]);
	});

	it("answers with what approvers were given to read", async () => {
		const { review } = (await ask("/v1/swaps/sw_aaaaaa/review")).json;
		const { diff, ...kept } = reviewOf("sw_aaaaaa");
		expect(review).toMatchObject({ ...kept, phrase: "host sw_aaaaaa", whole: true });
		expect(review.intro).toContain("sw_aaaaaa");
		expect(review.files.join("\n")).toContain("server.js");
		expect(review.pieces.join("\n")).toContain(diff.split("\n")[2]);
		expect(review).not.toHaveProperty("diff");
		supervisor.answers.review = async (id) => refuse("not_yet", { id, status: "drafting", verb: "reviewed" });
		expect((await ask("/v1/swaps/sw_aaaaaa/review")).status).toBe(409);
		expect((await ask("/v1/swaps/sw_none/review")).status).toBe(409);
	});

	it("gives the diff as text, however long", async () => {
		const diff = `+${"ä🎉".repeat(200_000)}\n`;
		supervisor.answers.diff = async () => diff;
		const answer = await ask("/v1/swaps/sw_aaaaaa/diff");
		expect(answer.headers["content-type"]).toContain("text/plain");
		expect(answer.text === diff).toBe(true);
	});
});

describe("proposing", () => {
	it("passes a proposal on, with who made it", async () => {
		const fileSummaries = { "server.js": "louder" };
		const body = { revision: "HEAD", summary: "Greets", fileSummaries };
		const { json } = await post("/v1/swaps", body, { "deadman-actor": "cli:1000" });
		expect(json.swap.status).toBe("pending_approval");
		expect(lastCall()).toEqual({ verb: "propose", request: { ...body, by: { surface: "cli", id: "1000" } } });
	});

	it("passes on whose change it is", async () => {
		await post("/v1/swaps", { revision: "HEAD", summary: "Greets", target: "alice" });
		expect(lastCall()).toMatchObject({ verb: "propose", request: { target: "alice" } });
	});

	it("passes on where it was asked for; what no platform writes as an id is refused", async () => {
		const body = { revision: "HEAD", summary: "Greets" };
		await post("/v1/swaps", { ...body, conversation: { channel: "slack", conversation: "C2" } });
		const conversation = { channel: "slack", conversation: "C2", thread: null };
		expect(lastCall()).toMatchObject({ verb: "propose", request: { conversation } });
		for (const odd of ["", "C 2", "C2\n", "x".repeat(201)]) {
			const { json } = await post("/v1/swaps", { ...body, conversation: { channel: "slack", conversation: odd } });
			expect(json.error.code).toBe("input_invalid");
		}
	});

	it("passes a submission on", async () => {
		await post("/v1/submissions", { workspace: "w1", summary: "Greets" });
		expect(lastCall()).toMatchObject({ verb: "submit", request: { workspace: "w1", fileSummaries: {} } });
	});
});

describe("deciding", () => {
	it.each([
		["approve", { insist: true }, { insist: true, epoch: null }],
		["approve", { typed: "host sw_aaaaaa", epoch: 3 }, { insist: false, epoch: 3, typed: "host sw_aaaaaa" }],
		["approve", {}, { insist: false, epoch: null, typed: null }],
		["promote", { epoch: 3 }, { epoch: 3 }],
		["promote", {}, { epoch: null }],
		["keep", {}, { epoch: null }],
		["reject", { reason: "no" }, { reason: "no" }],
		["withdraw", {}, {}],
		["confirm", {}, { epoch: null }],
		["rollback", {}, { reason: "" }],
		["extend", { byMs: 1_000 }, { byMs: 1_000 }],
	])("%s with %j", async (verb, body, request) => {
		const { status, json } = await post(`/v1/swaps/sw_aaaaaa/${verb}`, body);
		expect([status, json.swap.id]).toEqual([200, "sw_aaaaaa"]);
		expect(lastCall()).toMatchObject({ verb, request: { id: "sw_aaaaaa", ...request } });
	});

	it.each([
		["cli:0", { surface: "cli", id: "0" }],
		["builder:1000", { surface: "builder", id: "1000" }],
		["builder:claude+1@x", { surface: "builder", id: "claude+1@x" }],
		["slack:U1", { surface: "cli", id: "unknown" }],
		["supervisor:me", { surface: "cli", id: "unknown" }],
		["page:local", { surface: "cli", id: "unknown" }],
		["cli:a b", { surface: "cli", id: "unknown" }],
	])("names the caller %s", async (header, by) => {
		await post("/v1/swaps/sw_aaaaaa/confirm", {}, { "deadman-actor": header });
		expect(lastCall()).toMatchObject({ request: { by } });
	});

	it("replays data", async () => {
		expect((await post("/v1/swaps/sw_aaaaaa/data/replay")).json.data).toEqual(tables);
		expect(lastCall()).toMatchObject({ verb: "dataReplay", request: { id: "sw_aaaaaa" } });
	});

	it("drops data", async () => {
		expect((await post("/v1/swaps/sw_aaaaaa/data/drop")).json.data).toEqual(tables);
		expect(lastCall()).toMatchObject({ verb: "dataDrop", request: { id: "sw_aaaaaa" } });
	});
});

it("makes, lists and removes workspaces", async () => {
	expect((await post("/v1/workspaces", { name: "w1" })).json.workspace.branch).toBe("dev/w1");
	expect(lastCall()?.request).toMatchObject({ name: "w1", target: "host", kind: "worktree" });
	expect((await ask("/v1/workspaces")).json.workspaces).toHaveLength(1);
	await post("/v1/workspaces", { name: "w2", target: "alice", kind: "clone" });
	expect(lastCall()?.request).toMatchObject({ name: "w2", target: "alice", kind: "clone" });
	expect((await post("/v1/workspaces", { name: "w3", kind: "copy" })).json.error.code).toBe("input_invalid");
	expect((await ask("/v1/workspaces/w1", { method: "DELETE" })).json).toEqual({ schemaVersion: 1, removed: "w1" });
	expect((await ask("/v1/workspaces/w1", { method: "DELETE" })).json.error.code).toBe("workspace_unknown");
});

describe("errors", () => {
	it.each([
		[400, refuse("summary_missing")],
		[404, refuse("swap_unknown", { id: "sw_x" })],
		[403, refuse("not_authorised", { actor: "builder:1", verb: "confirm" })],
		[409, refuse("window_over", { id: "sw_x" })],
	])("%i by the kind of the refusal", async (status, refusal) => {
		supervisor.answers.confirm = async () => refusal;
		const answer = await post("/v1/swaps/sw_x/confirm");
		const { code, message, next } = refusal;
		expect(answer.status).toBe(status);
		expect(answer.json).toMatchObject({ schemaVersion: 1, error: { code, message, next } });
	});

	it.each([
		["no JSON", "{", "no JSON"],
		["a list", "[]", "expected object"],
		["an unknown key", { surprise: 1 }, "surprise"],
		["a wrong type", { reason: 1 }, "reason"],
		["a text too long", { reason: "x".repeat(limits.reasonCharacters + 1) }, "reason"],
	])("400 for %s, naming the problem", async (_, body, problem) => {
		const { status, json } = await post("/v1/swaps/sw_aaaaaa/rollback", body);
		expect([status, json.error.code]).toEqual([400, "input_invalid"]);
		expect(json.error.message).toContain(problem);
		expect(supervisor.calls.some(({ verb }) => verb === "rollback")).toBe(false);
	});

	it.each([0, -1, 1.5, "2m", limits.maxDurationMs + 1])("400 for an extension by %s", async (byMs) => {
		expect((await post("/v1/swaps/sw_aaaaaa/extend", { byMs })).status).toBe(400);
	});

	it("413 for a body over the limit", async () => {
		const { status, json } = await post("/v1/swaps", "x".repeat(limits.requestBytes + 1));
		expect([status, json.error.code]).toEqual([413, "input_invalid"]);
	});

	it("404 for a route that is none", async () => {
		const { status, json } = await ask("/v1/nothing");
		expect([status, json.error.code]).toEqual([404, "input_invalid"]);
	});

	it("500 for a failure, without its secrets, and a line in the log", async () => {
		supervisor.answers.swaps = async () => {
			throw new Error("git failed: Authorization: Bearer abcdefghijklmnopqrstuvwxyz0123456789");
		};
		const { status, json, text } = await ask("/v1/swaps");
		expect([status, json.error.code]).toEqual([500, "internal"]);
		expect(json.error.message).toContain("git failed");
		expect(text).not.toContain("abcdefghijklmnop");
		expect(door.lines).toContainEqual(expect.objectContaining({ level: "error", event: "request_failed" }));
	});
});

describe("waiting", () => {
	it("answers when the status is reached", async () => {
		const answer = ask("/v1/swaps/sw_aaaaaa/wait?until=finalized&until=staging,stranded&timeoutMs=60000");
		await until(() => supervisor.listeners > 0);
		supervisor.move("sw_aaaaaa", "staging");
		expect((await answer).json.swap.status).toBe("staging");
	});

	it("answers with the swap as it is when the time is over", async () => {
		expect((await ask("/v1/swaps/sw_aaaaaa/wait?timeoutMs=1")).json.swap.status).toBe("pending_approval");
	});

	it.each(["until=done", "until=", "timeoutMs=-1", "timeoutMs=soon", `timeoutMs=${limits.waitMs + 1}`])(
		"refuses ?%s",
		async (query) => expect((await ask(`/v1/swaps/sw_aaaaaa/wait?${query}`)).status).toBe(400),
	);

	it("ends when the client hangs up", async () => {
		const stop = new AbortController();
		const answer = ask("/v1/swaps/sw_aaaaaa/wait?timeoutMs=60000", { signal: stop.signal });
		await until(() => supervisor.listeners > 0);
		stop.abort();
		await expect(answer).rejects.toThrow();
		await until(() => supervisor.listeners === 0);
		expect(supervisor.listeners).toBe(0);
	});
});

it("streams events of one swap until the client hangs up", async () => {
	const stop = new AbortController();
	const { request } = await import("node:http");
	let text = "";
	const sent = request(
		{ socketPath: door.operator, path: "/v1/events?swap=sw_aaaaaa", signal: stop.signal },
		(response) => {
			response.on("data", (piece) => (text += piece));
			response.on("error", () => {});
		},
	);
	sent.on("error", () => {});
	sent.end();
	await until(() => text.includes("connected"));
	supervisor.emit({ type: "step:progress", swapId: "sw_other", step: "stage", line: "not mine" });
	supervisor.emit({ type: "step:progress", swapId: "sw_aaaaaa", step: "stage", line: "added 3 packages" });
	supervisor.move("sw_aaaaaa", "cutting_over");
	await until(() => text.includes("cutting_over"));
	const events = text
		.trim()
		.split("\n")
		.map((line) => JSON.parse(line));
	expect(events.map(({ type }) => type)).toEqual(["connected", "step:progress", "swap:changed"]);
	expect(events[1].line).toBe("added 3 packages");
	stop.abort();
	await until(() => supervisor.listeners === 0);
});
