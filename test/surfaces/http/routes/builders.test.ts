// The rows for builders: over the socket as they come, and as a builder's token meets them, which sees nothing of anybody else.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openAuthority } from "../../../../src/core/people/authority.js";
import { refuse } from "../../../../src/core/refusals.js";
import { createScrub } from "../../../../src/core/rules/redact.js";
import type { Actor } from "../../../../src/core/swap.js";
import { outcomeReportOf } from "../../../../src/core/words/outcome-report.js";
import type { Supervisor } from "../../../../src/engine/verbs/supervisor.js";
import { createApp } from "../../../../src/surfaces/http/base/answers.js";
import type { Caller } from "../../../../src/surfaces/http/base/route.js";
import { serveRoutes } from "../../../../src/surfaces/http/doors/serve.js";
import { routesOf } from "../../../../src/surfaces/http/routes/routes.js";
import { viewOf } from "../../../../src/surfaces/view.js";
import { swapIn } from "../../../core/journeys.js";
import { aSwap, createFakeSupervisor, type FakeSupervisor } from "../../../support/memory/supervisor.js";
import { type Answer, type Call, call, clock, createDoorway, createLines, type Doorway, now } from "../../doorway.js";

const claude: Actor = { surface: "builder", id: "claude" };
const codex: Actor = { surface: "builder", id: "codex" };
const bad = { ...swapIn("rolled_back"), proposer: claude };

let supervisor: FakeSupervisor;
let door: Doorway;

beforeEach(async () => {
	supervisor = createFakeSupervisor(aSwap({ status: "pending_approval" }), bad);
	door = await createDoorway(supervisor);
	await door.open();
});
afterEach(() => door.remove());

const ask = (path: string, more: Partial<Call> = {}): Promise<Answer> =>
	call({ socketPath: door.operator, path, headers: { "deadman-actor": "builder:claude" }, ...more });
const post = (path: string, body: object | string): Promise<Answer> => ask(path, { method: "POST", body });
const lastOf = (verb: keyof Supervisor) => supervisor.calls.findLast((call) => call.verb === verb)?.request;

/** The same rows for a caller with a token. */
async function asked(actor: Actor, path: string, body?: object, target: string | null = null) {
	const { log } = createLines();
	const caller: Caller = { actor, role: "builder", target, confined: true };
	const scrub = createScrub({ secrets: [] });
	const options = { supervisor, view: (swap: typeof bad) => viewOf(swap, now()), authority: openAuthority, log, scrub };
	const app = createApp({ log, scrub });
	serveRoutes(app, routesOf({ ...options, clock }), async () => caller, supervisor.noteRefused);
	const request = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
	const response = await app.request(path, request);
	// biome-ignore lint/suspicious/noExplicitAny: tests look into answers as they come
	return { status: response.status, json: (await response.json()) as any };
}

describe("over the socket", () => {
	it("outcomes are asked for as the caller, twenty unless it says otherwise", async () => {
		const report = outcomeReportOf(bad);
		supervisor.answers.outcomes = async () => (report === null ? [] : [report]);
		expect((await ask("/v1/outcomes")).json).toEqual({ schemaVersion: 1, outcomes: [report] });
		expect(lastOf("outcomes")).toEqual({ by: claude, limit: 20 });
		await ask("/v1/outcomes?limit=3");
		expect(lastOf("outcomes")).toEqual({ by: claude, limit: 3 });
		for (const limit of ["0", "101", "x", "1.5"]) expect((await ask(`/v1/outcomes?limit=${limit}`)).status).toBe(400);
	});

	it("one outcome is told, and null while nothing has ended", async () => {
		const { json } = await ask(`/v1/swaps/${bad.id}/outcome`);
		expect(json).toEqual({ schemaVersion: 1, outcome: outcomeReportOf(bad) });
		expect((await ask("/v1/swaps/sw_aaaaaa/outcome")).json.outcome).toBeNull();
		expect((await ask("/v1/swaps/sw_zzzzzz/outcome")).json.error.code).toBe("swap_unknown");
	});

	it("the policy is told", async () => {
		expect((await ask("/v1/policy")).json.policy).toEqual(supervisor.policy());
	});

	it("a heartbeat is acknowledged, and status shows who builds", async () => {
		const { status, json } = await post("/v1/heartbeats", { status: "busy", task: "tests" });
		expect([status, json]).toEqual([202, { schemaVersion: 1, acknowledged: true }]);
		expect(lastOf("reportPresence")).toEqual({ by: claude, heartbeat: { status: "busy", task: "tests", error: null } });
		const heard = { name: "builder:claude", status: "busy" as const, task: "tests", error: null, lastSeenAtMs: 0 };
		supervisor.answers.status = async () => ({ ...(await createFakeSupervisor().status()), builders: [heard] });
		const { supervisor: shown } = (await ask("/v1/status")).json;
		expect(shown.builders).toEqual([
			{ name: "builder:claude", status: "busy", task: "tests", error: null, lastSeenAt: "1970-01-01T00:00:00.000Z" },
		]);
		expect(Object.keys(shown).slice(-2)).toEqual(["unsettled", "ahead"]);
	});

	it("a milestone is acknowledged, and refused in the supervisor's words", async () => {
		const { status } = await post("/v1/milestones", { name: "tests", detail: "green", swap: bad.id });
		expect(status).toBe(202);
		expect(lastOf("reportMilestone")).toEqual({
			by: claude,
			milestone: { name: "tests", detail: "green", swapId: bad.id },
		});
		supervisor.answers.reportMilestone = async () => refuse("too_many_requests", { seconds: 60 });
		expect((await post("/v1/milestones", { name: "tests" })).status).toBe(429);
	});

	it.each([
		["/v1/heartbeats", { status: "dead" }],
		["/v1/heartbeats", { status: "online", verdict: "confirm" }],
		["/v1/heartbeats", { status: "error", error: { severity: "fatal", message: "x", rollback: true } }],
		["/v1/milestones", { name: "" }],
		["/v1/milestones", { name: "x".repeat(201) }],
		["/v1/milestones", { name: "x", detail: "x".repeat(5_000) }],
		["/v1/milestones", { name: "x", confirm: true }],
		["/v1/milestones", "no json"],
	])("%s refuses %j before it is heard", async (path, body) => {
		expect((await post(path, body)).json.error.code).toBe("input_invalid");
		expect(lastOf("reportPresence") ?? lastOf("reportMilestone")).toBeUndefined();
	});
});

describe("with a builder's token", () => {
	it("another's outcome is unknown, in the words of one that is not there", async () => {
		expect((await asked(claude, `/v1/swaps/${bad.id}/outcome`)).json.outcome.swapId).toBe(bad.id);
		const foreign = await asked(codex, `/v1/swaps/${bad.id}/outcome`);
		const absent = await asked(codex, "/v1/swaps/sw_zzzzzz/outcome");
		expect(foreign.status).toBe(404);
		expect(JSON.stringify(foreign.json).replaceAll(bad.id, "ID")).toBe(
			JSON.stringify(absent.json).replaceAll("sw_zzzzzz", "ID"),
		);
	});

	it("status tells of no other builder", async () => {
		const builders = ["builder:claude", "builder:codex"].map((name) => {
			return { name, status: "online" as const, task: null, error: null, lastSeenAtMs: 0 };
		});
		supervisor.answers.status = async () => ({ ...(await createFakeSupervisor().status()), builders });
		const { json } = await asked(codex, "/v1/status");
		expect(json.supervisor.builders.map(({ name }: { name: string }) => name)).toEqual(["builder:codex"]);
	});

	it("the policy names no target but the one that it is bound to", async () => {
		const policy = supervisor.policy();
		const targets = ["host", "alice", "bob"].map((name) => ({ name, own: null, mappings: [] }));
		supervisor.answers.policy = () => ({ ...policy, targets });
		const names = async (target: string | null) => {
			const { json } = await asked(codex, "/v1/policy", undefined, target);
			return json.policy.targets.map(({ name }: { name: string }) => name);
		};
		expect(await names("alice")).toEqual(["alice"]);
		expect(await names(null)).toEqual(["host", "alice", "bob"]);
	});

	it.each([
		["/v1/swaps", { revision: "e".repeat(40), summary: "s", insist: true }],
		["/v1/submissions", { workspace: "w", summary: "s", insist: true }],
	])("%s does not let it insist", async (path, body) => {
		const { status, json } = await asked(codex, path, body);
		expect([status, json.error.code]).toEqual([403, "not_authorised"]);
		expect(lastOf("noteRefused")).toMatchObject({ by: codex, verb: "insist" });
		expect(lastOf("propose") ?? lastOf("submit")).toBeUndefined();
		expect((await asked(codex, path, { ...body, insist: false })).status).toBe(200);
	});
});
