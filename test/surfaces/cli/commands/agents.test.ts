// `deadman agents`: who reports and how they stand, one of them with its task, errors and milestones, as text and as JSON, once or as it changes.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { AgentTask } from "../../../../src/core/agents/task.js";
import { refuse } from "../../../../src/core/refusals.js";
import type { AgentDetails, AgentSummary } from "../../../../src/engine/verbs/agents.js";
import { createFakeSupervisor, type FakeSupervisor } from "../../../support/memory/supervisor.js";
import { createDoorway, type Doorway, until, wallMs } from "../../doorway.js";
import { deadman } from "../command.js";

const hostile = "\u001b[2Khot\nstatus  fine";
const summary: AgentSummary = {
	...{ name: "planner", target: "host", status: "error", present: false, release: "r-1" },
	...{ lastActiveAtMs: wallMs, lastSeenAtMs: wallMs },
};
const task: AgentTask = {
	...{
		id: "t-1",
		agentId: "planner",
		title: hostile,
		priority: "high",
		state: "running",
		retries: 1,
		progress: 0.5,
		message: null,
	},
	...{ createdAtMs: wallMs, updatedAtMs: wallMs },
};
const details: AgentDetails = {
	...summary,
	...{ reason: "fatal_error", statusSinceMs: wallMs, capabilities: null, hardware: { cpus: 2 }, task, tasks: [task] },
	errors: [
		{
			...{
				id: 1,
				agentId: "planner",
				severity: "fatal",
				message: hostile,
				context: { token: "[REDACTED]" },
				taskId: "t-1",
			},
			...{ release: "r-1", swapId: "sw_a", atMs: wallMs },
		},
	],
	installation: {
		...{ target: "host", state: "active", transport: "socket", readyAtMs: wallMs, readyRun: "run-1" },
		...{ firstMessageAtMs: wallMs, firstMessageTs: "1.1", messageRun: "run-1", messageRelease: "r-1" },
	},
	workspaces: [],
	throttled: 7,
};

let supervisor: FakeSupervisor;
let door: Doorway;

beforeEach(async () => {
	supervisor = createFakeSupervisor();
	supervisor.answers.listAgents = async () => [summary];
	supervisor.answers.showAgent = async (agent) => (agent === "planner" ? details : refuse("agent_unknown", { agent }));
	door = await createDoorway(supervisor);
	await door.open();
});
afterEach(() => door.remove());

it("lists them, one line each", async () => {
	const { code, stdout } = await deadman(door.root, "agents");
	expect([code, stdout]).toEqual([
		0,
		"planner of host           error        silent   last heard 2026-11-21T12:00:00Z\n",
	]);
});

it("shows one, and nothing that it wrote forges a line", async () => {
	const { stdout } = await deadman(door.root, "agents", "planner");
	for (const part of [
		"(fatal_error)",
		"t-1",
		"progress 0.5, retry 1",
		"active, connected over socket",
		"refused     7 reports",
	])
		expect(stdout).toContain(part);
	expect(stdout).not.toContain("\u001b");
	expect(stdout.split("\n").filter((line) => line.startsWith("status"))).toHaveLength(1);
});

it("gives programs the same as JSON, and a refusal where there is none", async () => {
	const { json } = await deadman(door.root, "agents", "planner", "--json");
	expect(json.agent).toMatchObject({
		name: "planner",
		hardware: { cpus: 2 },
		errors: [{ context: { token: "[REDACTED]" } }],
		milestones: { state: "active" },
	});
	const missing = await deadman(door.root, "agents", "nobody", "--json");
	expect([missing.code, missing.json.error.code]).toEqual([3, "agent_unknown"]);
});

it("shows it again only when it has changed, until it is ended", async () => {
	const bin = new URL("../../../../bin/deadman.js", import.meta.url).pathname;
	const child = spawn(process.execPath, [bin, "agents", "--watch", "--json", "--dir", door.root]);
	let text = "";
	child.stdout.setEncoding("utf8").on("data", (piece) => (text += piece));
	const lines = () => text.split("\n").filter((line) => line !== "");
	const asked = () => supervisor.calls.filter(({ verb }) => verb === "listAgents").length;
	await until(() => asked() >= 2);
	expect(lines()).toHaveLength(1);
	supervisor.answers.listAgents = async () => [{ ...summary, status: "online" }];
	await until(() => lines().length === 2);
	expect(JSON.parse(lines()[1] ?? "").agents[0].status).toBe("online");
	child.kill();
	await once(child, "exit");
});
