// What every journal promises of agents: a heartbeat is one transaction, errors are capped, tasks belong to one agent, milestones count once,
// workspaces wait for who is silent, and what is old goes without a trace in what is left.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AgentTask } from "../../../src/core/agents/task.js";
import type { AgentBeat, HeardAgent, Journal, Reached, RegisteredWorkspace } from "../../../src/ports/ports.js";
import type { JournalUnderTest, MakeJournal } from "./journal.contract.js";

const run = { runId: "run-1", release: "r-1", swapId: "sw_a" };

const beat = (change: Partial<AgentBeat> = {}): AgentBeat => ({
	...{
		agentId: "ann",
		atMs: 2_000,
		reported: "online",
		task: null,
		error: null,
		run: null,
		keptErrors: 3,
		tellError: true,
	},
	...change,
});

const error = (severity: "warning" | "fatal" = "warning", message = "hot") => ({
	severity,
	message,
	context: { a: [1] },
});

const task = (id: string, change: Partial<AgentTask> = {}): AgentTask => ({
	...{
		id,
		agentId: "ann",
		title: `task ${id}`,
		priority: "normal",
		state: "assigned",
		retries: 0,
		progress: null,
		message: null,
	},
	...{ createdAtMs: 1_000, updatedAtMs: 1_000 },
	...change,
});

const workspace = (id: string, change: Partial<RegisteredWorkspace> = {}): RegisteredWorkspace => ({
	...{ id, agentId: "ann", runtime: "external", state: "online", tokenSha256: id.padEnd(64, "0"), runId: "run-1" },
	...{
		lastHeartbeatAtMs: 1_000,
		errorRate: null,
		sampleError: null,
		activeTasks: null,
		uptimeSeconds: null,
		currentTask: null,
	},
	...change,
});

const reached = (change: Partial<Reached> = {}): Reached => ({
	...{ target: "host", milestone: "agent_ready", about: "socket", run, atMs: 3_000 },
	...change,
});

export function describeJournalAgentsContract(name: string, makeIt: MakeJournal): void {
	describe(`journal, of agents: ${name}`, () => {
		let subject: JournalUnderTest;
		let journal: Journal;

		beforeEach(async () => {
			subject = await makeIt({ nowMs: 1_000 });
			journal = subject.journal;
			await journal.enrolAgent({ id: "ann", target: "host", atMs: 1_000 });
			await journal.enrolAgent({ id: "bob", target: "host", atMs: 1_000 });
		});
		afterEach(() => subject.cleanUp());

		async function heard(change: Partial<AgentBeat> = {}): Promise<Extract<HeardAgent, { kind: "heard" }>> {
			const answer = await journal.hearAgent(beat(change));
			if (answer.kind === "vanished") throw new Error("It has vanished.");
			return answer;
		}

		const feed = async () =>
			(await journal.feed({ after: 0, limit: 1_000 })).flatMap((entry) => ("event" in entry ? [entry.event] : []));

		it("3.1 a heartbeat sets when it was seen, keeps capabilities and hardware, and what is left out stays", async () => {
			await heard({ capabilities: { tools: ["a"] }, hardware: { cpus: 4 }, run });
			await heard({ atMs: 2_500.4, reported: "busy" });
			expect(await journal.agent("ann")).toEqual({
				...{ id: "ann", target: "host", status: "busy", statusSinceMs: 2_500, reason: "reported" },
				...{ lastSeenAtMs: 2_500, lastActiveAtMs: 2_500, capabilities: { tools: ["a"] }, hardware: { cpus: 4 } },
				...{ taskId: null, release: "r-1", createdAtMs: 1_000 },
			});
		});

		it("3.5 error, status and events stand together, in order, and are there when it is opened again", async () => {
			const answer = await heard({ error: error("fatal"), run });
			expect(answer.events.map(({ type }) => type)).toEqual(["agent.error", "agent.status"]);
			await journal.close();
			journal = await subject.reopen();
			expect(await feed()).toEqual(answer.events);
			expect(await journal.agentErrors({ agentId: "ann", limit: 9 })).toMatchObject([
				{
					severity: "fatal",
					message: "hot",
					context: { a: [1] },
					release: "r-1",
					swapId: "sw_a",
					taskId: null,
					atMs: 2_000,
				},
			]);
		});

		it("3.6 an event for each real transition, none for a no-op, and nothing at all of an agent that vanished", async () => {
			for (const reported of ["online", "online", "busy", "busy"] as const) await heard({ reported });
			const told = await feed();
			expect(told.map((event) => event.type === "agent.status" && [event.fromStatus, event.toStatus])).toEqual([
				["registered", "online"],
				["online", "busy"],
			]);
			expect(told[0]).toMatchObject({ agentId: "ann", projectId: "host", reason: "reported" });
			expect(await journal.hearAgent(beat({ agentId: "nobody", error: error() }))).toEqual({ kind: "vanished" });
			expect(await journal.agentErrors({ agentId: "nobody", limit: 9 })).toEqual([]);
			expect(await feed()).toEqual(told);
		});

		it("3.7 a task counts only if it is the agent's own", async () => {
			await journal.assignTask(task("t-1"));
			await journal.assignTask(task("t-2", { agentId: "bob" }));
			expect(await heard({ task: { id: "t-1", progress: 0.5 }, error: error() })).toMatchObject({
				taskId: "t-1",
				foreignTask: null,
			});
			expect(await heard({ task: { id: "t-2", progress: 0.9 }, error: error() })).toMatchObject({
				taskId: null,
				foreignTask: "t-2",
			});
			expect((await journal.agentErrors({ agentId: "ann", limit: 9 })).map(({ taskId }) => taskId)).toEqual([
				null,
				"t-1",
			]);
			const progress = async (agentId: string) =>
				(await journal.agentTasks({ agentId, states: ["assigned"], limit: 9 }))[0]?.progress;
			expect([await progress("ann"), await progress("bob")]).toEqual([0.5, null]);
			await expect(journal.assignTask(task("t-1"))).rejects.toThrow();
			await expect(journal.assignTask(task("t-9", { agentId: "nobody" }))).rejects.toThrow();
		});

		it("3.3 a fatal names the tasks that are worked on; those that wait or have ended are none", async () => {
			for (const state of ["assigned", "running", "pending", "completed", "failed"] as const)
				await journal.assignTask(task(state, { state }));
			expect((await heard({ error: error("fatal") })).activeTasks).toEqual(["assigned", "running"]);
			expect((await heard({ error: error("warning") })).activeTasks).toEqual([]);
			await heard({ error: error("fatal") });
			expect(await journal.strandedAgents()).toEqual(["ann"]);
			const moved = await journal.moveTask({ agentId: "ann", id: "running", move: "fail", message: "m", atMs: 9_000 });
			expect(moved).toMatchObject({ state: "pending", retries: 1, message: "m", updatedAtMs: 9_000 });
			expect(
				await journal.moveTask({ agentId: "bob", id: "assigned", move: "fail", message: "m", atMs: 9_000 }),
			).toBeNull();
			await journal.moveTask({ agentId: "ann", id: "assigned", move: "fail", message: "m", atMs: 9_000 });
			expect(await journal.strandedAgents()).toEqual([]);
		});

		it("tells of work that has priority only while it waits", async () => {
			await journal.assignTask(task("t-1", { priority: "high" }));
			expect((await heard()).hasHighPriorityTasks).toBe(true);
			await journal.moveTask({ agentId: "ann", id: "t-1", move: "start", message: null, atMs: 9_000 });
			expect((await heard()).hasHighPriorityTasks).toBe(false);
		});

		it("keeps the newest errors of each agent, and tells no more than it is asked to", async () => {
			await heard({ agentId: "bob", error: error("warning", "of bob") });
			for (let nth = 1; nth <= 5; nth += 1) await heard({ error: error("warning", `${nth}`), tellError: nth < 3 });
			expect((await journal.agentErrors({ agentId: "ann", limit: 9 })).map(({ message }) => message)).toEqual([
				"5",
				"4",
				"3",
			]);
			expect(await journal.agentErrors({ agentId: "bob", limit: 9 })).toHaveLength(1);
			expect((await feed()).filter(({ type }) => type === "agent.error")).toHaveLength(3);
		});

		it("an error by itself is no heartbeat: what the agent says of itself stays", async () => {
			await journal.assignTask(task("t-1"));
			await heard({ reported: "busy", task: { id: "t-1", progress: 1 } });
			await heard({ reported: null, error: error(), atMs: 5_000 });
			expect(await journal.agent("ann")).toMatchObject({
				status: "busy",
				taskId: "t-1",
				lastSeenAtMs: 2_000,
				lastActiveAtMs: 5_000,
			});
		});

		it("2.2a milestones are idempotent for one run; the first message of all makes the installation active for good", async () => {
			expect(await journal.reachMilestone(reached())).toMatchObject([{ type: "installation.ready", about: "socket" }]);
			expect(await journal.reachMilestone(reached({ atMs: 4_000 }))).toEqual([]);
			const first = reached({ milestone: "first_dm_sent", about: "171.1", atMs: 5_000 });
			expect(await journal.reachMilestone(first)).toMatchObject([{ type: "installation.active" }]);
			expect(await journal.reachMilestone({ ...first, atMs: 6_000 })).toEqual([]);
			const later = { ...run, runId: "run-2", release: "r-2" };
			expect(await journal.reachMilestone({ ...first, about: "171.2", atMs: 7_000, run: later })).toHaveLength(1);
			await journal.reachMilestone(reached({ run: later, about: "http", atMs: 8_000 }));
			expect(await journal.installations()).toEqual([
				{
					...{ target: "host", state: "active", transport: "http", readyAtMs: 8_000, readyRun: "run-2" },
					...{ firstMessageAtMs: 5_000, firstMessageTs: "171.1", messageRun: "run-2", messageRelease: "r-2" },
				},
			]);
		});

		it("5.4 an external workspace that is silent waits for its agent, a heartbeat brings it back, and another agent's cannot be taken", async () => {
			for (const one of [
				workspace("w-1"),
				workspace("w-2", { runtime: "docker" }),
				workspace("w-3", { lastHeartbeatAtMs: 90_000 }),
			])
				expect(await journal.registerWorkspace(one)).toBe(true);
			expect(await journal.registerWorkspace(workspace("w-1", { agentId: "bob", tokenSha256: "f".repeat(64) }))).toBe(
				false,
			);
			expect(await journal.sweepWorkspaces({ fromMs: 1_001, toMs: 80_000 })).toEqual(["w-1", "w-3"]);
			expect(await journal.sweepWorkspaces({ fromMs: 1_001, toMs: 80_000 })).toEqual([]);
			const figures = { errorRate: 0.5, sampleError: "e", activeTasks: 2, uptimeSeconds: 7.5, currentTask: "c" };
			expect(await journal.hearWorkspace({ id: "w-1", atMs: 2_000, figures })).toBe(true);
			expect(await journal.hearWorkspace({ id: "w-9", atMs: 2_000, figures })).toBe(false);
			expect(await journal.registeredWorkspaces("ann")).toMatchObject([
				{ id: "w-1", state: "online", lastHeartbeatAtMs: 2_000, ...figures },
				{ id: "w-2", state: "online" },
				{ id: "w-3", state: "awaiting_agent" },
			]);
			expect((await journal.workspaceOfToken("w-1".padEnd(64, "0")))?.id).toBe("w-1");
			expect(await journal.workspaceOfToken("f".repeat(64))).toBeNull();
		});

		it("4.2 a contact is kept, never back in time, and the one that was active last stands first", async () => {
			await journal.touchAgents([
				{ id: "bob", atMs: 5_000 },
				{ id: "nobody", atMs: 5_000 },
			]);
			await journal.touchAgents([{ id: "bob", atMs: 4_000 }]);
			expect((await journal.agents(9)).map(({ id, lastActiveAtMs }) => [id, lastActiveAtMs])).toEqual([
				["bob", 5_000],
				["ann", 1_000],
			]);
			expect(await journal.agents(1)).toHaveLength(1);
		});

		it("enrols again without losing anything but whose it is", async () => {
			await heard({ reported: "busy" });
			expect(await journal.enrolAgent({ id: "ann", target: "alice", atMs: 9_000 })).toMatchObject({
				target: "alice",
				status: "busy",
				createdAtMs: 1_000,
			});
		});

		it("forgets what is old: silent agents with all that is theirs, errors, ended tasks and events, but never a place that may be the newest", async () => {
			await journal.assignTask(task("t-1"));
			await heard({ task: { id: "t-1", progress: 1 }, error: error() });
			await journal.moveTask({ agentId: "ann", id: "t-1", move: "complete", message: null, atMs: 2_000 });
			await heard({ atMs: 8_000, reported: "busy" });
			await journal.registerWorkspace(workspace("w-b", { agentId: "bob" }));
			const end = await journal.feedEnd();
			await journal.pruneAgents({ beforeMs: 5_000 });
			expect((await journal.agents(9)).map(({ id, taskId }) => [id, taskId])).toEqual([["ann", null]]);
			expect(await journal.agentErrors({ agentId: "ann", limit: 9 })).toEqual([]);
			expect(await journal.workspaceOfToken("w-b".padEnd(64, "0"))).toBeNull();
			expect((await feed()).map(({ atMs }) => atMs)).toEqual([8_000]);
			await journal.pruneAgents({ beforeMs: 9_000 });
			expect(await journal.feedEnd()).toBe(end);
			await journal.enrolAgent({ id: "ann", target: "host", atMs: 9_500 });
			await heard({ atMs: 9_500 });
			expect(await journal.feedEnd()).toBe(end + 1);
		});

		it("keeps an agent whose tasks are not done, however silent it is", async () => {
			await journal.assignTask(task("t-1", { state: "pending" }));
			await journal.pruneAgents({ beforeMs: 99_000 });
			expect((await journal.agents(9)).map(({ id }) => id)).toEqual(["ann"]);
		});
	});
}
