// `deadman mcp` under the official client, over a scripted supervisor: each tool, what is refused, waiting, and what is told unasked.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { causeOf } from "../../../src/core/swap.js";
import { outcomeReportOf } from "../../../src/core/words/outcome-report.js";
import { aSwap, createFakeSupervisor, type FakeSupervisor } from "../../support/memory/supervisor.js";
import { createDoorway, type Doorway, until } from "../doorway.js";
import { type StdioAgent, stdioAgent } from "./stdio-client.js";

const mine = { surface: "builder", id: "claude" } as const;
const brokenSwap = aSwap({
	id: "sw_broken",
	status: "rolled_back",
	cause: { ...causeOf("died", "The program ended with code 1."), log: ["ReferenceError: greet is not defined"] },
	proposer: mine,
});
const broken = () => {
	const report = outcomeReportOf(brokenSwap);
	if (report === null) throw new Error("It has ended.");
	return report;
};

let supervisor: FakeSupervisor;
let doorway: Doorway;
let agent: StdioAgent;

beforeEach(async () => {
	supervisor = createFakeSupervisor(aSwap({ status: "pending_approval", proposer: mine }));
	supervisor.answers.outcomes = async () => [];
	doorway = await createDoorway(supervisor);
	await doorway.open();
});
afterEach(() => doorway.remove());

const asked = (verb: string) => supervisor.calls.filter((one) => one.verb === verb).map(({ request }) => request);

describe("the tools", () => {
	beforeEach(async () => {
		agent = await stdioAgent(doorway.root);
	});

	it("make a workspace and request a swap of it, as the builder that DEADMAN_ACTOR names", async () => {
		const { workspace, next } = await agent.call("create_workspace", { name: "fix" });
		expect(workspace).toMatchObject({ name: "fix", target: "host" });
		expect(next).toContain(workspace.path);
		const file_summaries = { "server.js": "greets" };
		const given = { workspace: "fix", summary: "Greets", file_summaries, idempotency_key: "k-1" };
		const { id, status, next: then } = await agent.call("request_swap", given);
		expect([id, status]).toEqual(["sw_proposed", "pending_approval"]);
		expect(then).toContain("wait_for_swap");
		const request = {
			workspace: "fix",
			summary: "Greets",
			fileSummaries: file_summaries,
			idempotencyKey: "k-1",
			by: mine,
		};
		expect(asked("submit")).toEqual([expect.objectContaining(request)]);
	});

	it("request a swap of a commit", async () => {
		await agent.call("request_swap", { revision: "two", summary: "Two" });
		expect(asked("propose")).toEqual([expect.objectContaining({ revision: "two", by: mine })]);
	});

	it("say where a swap was asked for", async () => {
		const conversation = { channel: "slack", conversation: "C2", thread: "17.5" };
		await agent.call("request_swap", { revision: "two", summary: "Two", conversation });
		await agent.call("request_swap", { workspace: "fix", summary: "Two", conversation: { channel: "slack" } });
		expect(asked("propose")).toEqual([expect.objectContaining({ conversation })]);
		const own = { channel: "slack", conversation: null, thread: null };
		expect(asked("submit")).toEqual([expect.objectContaining({ conversation: own })]);
	});

	it("show swaps", async () => {
		expect((await agent.call("get_swap", { swap: "sw_aaaaaa" })).swap).toMatchObject({ status: "pending_approval" });
		expect((await agent.call("get_swap")).swap.id).toBe("sw_aaaaaa");
		expect(await agent.call("list_swaps")).toMatchObject({ swaps: [{ id: "sw_aaaaaa" }], more: false });
		expect((await agent.call("list_swaps", { status: ["finalized"] })).swaps).toEqual([]);
	});

	it("take back", async () => {
		expect((await agent.call("withdraw_swap", { swap: "sw_aaaaaa" })).swap.status).toBe("rejected");
		expect(asked("withdraw")).toEqual([expect.objectContaining({ id: "sw_aaaaaa", by: mine })]);
	});

	it("say that the builder lives and how far it is", async () => {
		supervisor.answers.reportPresence = async () => null;
		supervisor.answers.reportMilestone = async () => null;
		expect(await agent.call("post_heartbeat", { status: "busy", task: "tests" })).toMatchObject({ as: "builder" });
		expect(asked("reportPresence")).toEqual([{ by: mine, heartbeat: { status: "busy", task: "tests", error: null } }]);
		expect(await agent.call("report_milestone", { name: "half" })).toMatchObject({ acknowledged: true });
		expect(asked("reportMilestone")).toEqual([{ by: mine, milestone: { name: "half", detail: "", swapId: null } }]);
	});

	it("explain the last rollback, with the evidence", async () => {
		expect((await agent.call("explain_last_rollback")).outcome).toBeNull();
		supervisor.answers.outcomes = async () => [broken()];
		const { outcome, next } = await agent.call("explain_last_rollback");
		expect(outcome).toMatchObject({ swapId: "sw_broken", log: ["ReferenceError: greet is not defined"] });
		expect(next).toBe(broken().next);
	});
});

describe("what is refused", () => {
	beforeEach(async () => {
		agent = await stdioAgent(doorway.root);
	});

	it.each([
		["request_swap", { workspace: "fix", summary: "S", approve: true }],
		["request_swap", { summary: "S" }],
		["request_swap", { workspace: "fix", revision: "two", summary: "S" }],
		["request_swap", { workspace: "fix", summary: "x".repeat(5_000) }],
		["wait_for_swap", { swap: "sw_aaaaaa", timeout_seconds: 26 }],
		["list_swaps", { status: ["confirmed"] }],
		["get_swap", { id: "sw_aaaaaa" }],
		["post_heartbeat", {}],
	])("%s is, with wrong arguments (case %#), with a code, and nothing was asked", async (name, args) => {
		expect(await agent.call(name, args)).toMatchObject({
			isError: true,
			code: "input_invalid",
			next: expect.any(String),
		});
		expect([...asked("submit"), ...asked("propose")]).toEqual([]);
	});

	it("and its schema covers refusals too, as clients of before hold them against it", async () => {
		const { tools } = await agent.client.listTools();
		for (const { name, outputSchema } of tools) {
			expect([name, outputSchema?.type]).toEqual([name, "object"]);
			expect(JSON.stringify(outputSchema?.anyOf)).toContain('"required":["code","message","next"]');
		}
	});

	it("a refusal of the supervisor is a result that says what to do", async () => {
		const refused = await agent.call("get_swap", { swap: "sw_nobody" });
		expect(refused).toMatchObject({
			isError: true,
			code: "swap_unknown",
			message: expect.stringContaining("sw_nobody"),
		});
	});

	it("an unknown tool is an error of the protocol", async () => {
		await expect(agent.call("approve_swap", { swap: "sw_aaaaaa" })).rejects.toThrow("not found");
	});
});

it("without a supervisor the tools say so, and work again once it runs", async () => {
	await doorway.shut();
	agent = await stdioAgent(doorway.root);
	expect(await agent.call("list_swaps")).toMatchObject({ isError: true, code: "no_supervisor" });
	await doorway.open();
	expect((await agent.call("list_swaps")).swaps).toHaveLength(1);
});

describe("wait_for_swap", () => {
	beforeEach(async () => {
		agent = await stdioAgent(doorway.root);
	});

	it("ends at its bound, with what is", async () => {
		const answer = await agent.call("wait_for_swap", { swap: "sw_aaaaaa", timeout_seconds: 0.2 });
		expect(answer).toMatchObject({ reached: false, swap: { status: "pending_approval" } });
	});

	it("tells each change as progress and returns when it rests", async () => {
		const heard: string[] = [];
		const waiting = agent.client.callTool(
			{ name: "wait_for_swap", arguments: { swap: "sw_aaaaaa" } },
			{ onprogress: ({ message }) => void heard.push(message ?? "") },
		);
		await until(() => heard.length === 1);
		supervisor.move("sw_aaaaaa", "staging");
		await until(() => heard.length === 2);
		supervisor.move("sw_aaaaaa", "finalized");
		expect((await waiting).structuredContent).toMatchObject({ reached: true, swap: { status: "finalized" } });
		expect(heard).toEqual(["sw_aaaaaa is pending_approval.", "sw_aaaaaa is staging."]);
	});

	it("ends when it is cancelled, also at the supervisor", async () => {
		const cancel = new AbortController();
		const waiting = agent.client.callTool(
			{ name: "wait_for_swap", arguments: { swap: "sw_aaaaaa" } },
			{ signal: cancel.signal },
		);
		const over = expect(waiting).rejects.toThrow();
		await until(() => asked("wait").length === 1);
		const [{ signal }] = asked("wait") as [{ signal: AbortSignal }];
		cancel.abort();
		await over;
		await until(() => signal.aborted);
	});
});

describe("outcomes that were not told yet", () => {
	it("come along with the next answer of any tool, once", async () => {
		agent = await stdioAgent(doorway.root);
		expect(await agent.call("list_swaps")).not.toHaveProperty("outcomes_since_last_call");
		supervisor.answers.outcomes = async () => [broken()];
		const { outcomes_since_last_call: told } = await agent.call("list_swaps");
		expect(told).toEqual([broken()]);
		expect(await agent.call("list_swaps")).not.toHaveProperty("outcomes_since_last_call");
	});

	it("come along with a refusal, and not beside the answer that tells them", async () => {
		agent = await stdioAgent(doorway.root);
		supervisor.answers.outcomes = async () => [broken()];
		expect(await agent.call("explain_last_rollback")).not.toHaveProperty("outcomes_since_last_call");
		supervisor.answers.outcomes = async () => [{ ...broken(), epoch: 2 }, broken()];
		const { outcomes_since_last_call: told } = await agent.call("get_swap", { swap: "sw_nobody" });
		expect(told).toMatchObject([{ epoch: 2 }]);
	});
});

it("resources are listed and read", async () => {
	supervisor.answers.policy = () => ({
		...{ targets: [], neverWrite: [".env"], migrations: [], supervisor: [], reach: [], classes: {} },
		...{ summaries: "overall", approval: "required", approvalExpiryMs: 1 },
	});
	agent = await stdioAgent(doorway.root);
	const { resources } = await agent.client.listResources();
	expect(resources.map(({ uri, mimeType }) => [uri, mimeType])).toEqual([
		["deadman://swap/current", "application/json"],
		["deadman://flow", "text/markdown"],
		["deadman://policy", "application/json"],
	]);
	const read = async (uri: string) => {
		const [one] = (await agent.client.readResource({ uri })).contents;
		return one !== undefined && "text" in one ? one.text : "";
	};
	expect(JSON.parse(await read("deadman://swap/current")).swap.id).toBe("sw_aaaaaa");
	expect(JSON.parse(await read("deadman://policy")).policy.neverWrite).toEqual([".env"]);
	expect(await read("deadman://flow")).toContain("# How a change goes live");
	expect(agent.client.getInstructions()).toContain("explain_last_rollback");
	await doorway.shut();
	await expect(read("deadman://policy")).rejects.toThrow("No supervisor answers");
});

it("speaks as the program inside of a supervised one", async () => {
	const heard: unknown[] = [];
	supervisor.answers.reportHeartbeat = async (...given: unknown[]) => void heard.push(given) as unknown as null;
	const env = { DEADMAN_SOCKET: doorway.program, DEADMAN_TOKEN: "right" };
	agent = await stdioAgent(doorway.root, env);
	const fatal = { status: "error", error: { severity: "fatal", message: "no disk" } };
	expect(await agent.call("post_heartbeat", fatal)).toMatchObject({ acknowledged: true, as: "program" });
	expect(JSON.stringify(heard)).toContain("no disk");
	expect(await agent.call("report_milestone", { name: "ready" })).toMatchObject({ as: "program" });
	expect(await agent.call("report_milestone", { name: "progress" })).toMatchObject({ as: "program" });
	expect([...asked("reportReady"), ...asked("reportProgress")]).toEqual(["right", "right"]);
	expect(await agent.call("report_milestone", { name: "half" })).toMatchObject({ as: "builder" });
	expect(asked("reportPresence")).toEqual([]);
});

it("ends when its client closes stdin", async () => {
	agent = await stdioAgent(doorway.root);
	const { pid } = agent.transport;
	if (pid === null) throw new Error("It does not run.");
	await agent.close();
	await until(() => !isAlive(pid));
});

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}
