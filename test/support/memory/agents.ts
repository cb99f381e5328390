// The journal's concern of agents in memory: the same promises, by the same decisions, without tables.
import type { AgentEvent } from "../../../src/core/agents/agent.js";
import { standingAfter } from "../../../src/core/agents/standing.js";
import { type AgentTask, activeStates, movedTask } from "../../../src/core/agents/task.js";
import type { Subject } from "../../../src/core/subject.js";
import type {
	AgentBeat,
	AgentError,
	AgentRecord,
	Agents,
	HeardAgent,
	Installation,
	Reached,
	RegisteredWorkspace,
} from "../../../src/ports/ports.js";

export interface AgentsDisk {
	readonly agents: Map<string, AgentRecord>;
	readonly tasks: Map<string, AgentTask>;
	errors: readonly AgentError[];
	lastError: number;
	readonly installations: Map<string, Installation>;
	readonly workspaces: Map<string, RegisteredWorkspace>;
}

export function emptyAgentsDisk(): AgentsDisk {
	return {
		agents: new Map(),
		tasks: new Map(),
		errors: [],
		lastError: 0,
		installations: new Map(),
		workspaces: new Map(),
	};
}

/** Where events go, and how those from before a time are forgotten. */
export interface Fed {
	tell(subject: Subject, event: AgentEvent): void;
	forget(beforeMs: number): void;
}

type On = <T>(work: () => T) => Promise<T>;

export function agentsOn(disk: AgentsDisk, on: On, fed: Fed): Agents {
	return {
		...standingOn(disk, on, fed),
		...tasksOn(disk, on),
		...installationsOn(disk, on, fed),
		...registryOn(disk, on),
		pruneAgents: ({ beforeMs }) => on(() => prune(disk, Math.round(beforeMs), fed)),
	};
}

type Standing = "enrolAgent" | "hearAgent" | "touchAgents" | "agent" | "agents" | "agentErrors";

function standingOn(disk: AgentsDisk, on: On, fed: Fed): Pick<Agents, Standing> {
	const newest = () =>
		[...disk.agents.values()].sort((a, b) => b.lastActiveAtMs - a.lastActiveAtMs || (a.id < b.id ? -1 : 1));
	return {
		enrolAgent: ({ id, target, atMs }) =>
			on(() => {
				const at = Math.round(atMs);
				const agent = { ...(disk.agents.get(id) ?? newAgent(id, at)), target };
				disk.agents.set(id, agent);
				return agent;
			}),
		hearAgent: (beat) => on(() => hear(disk, beat, fed)),
		touchAgents: (contacts) =>
			on(() => {
				for (const { id, atMs } of contacts) {
					const agent = disk.agents.get(id);
					if (agent !== undefined && agent.lastActiveAtMs < atMs)
						disk.agents.set(id, { ...agent, lastActiveAtMs: Math.round(atMs) });
				}
			}),
		agent: (id) => on(() => disk.agents.get(id) ?? null),
		agents: (limit) =>
			on(() =>
				newest()
					.slice(0, limit)
					.map(({ capabilities: _, hardware: __, ...listed }) => listed),
			),
		agentErrors: ({ agentId, limit }) =>
			on(() =>
				disk.errors
					.filter((error) => error.agentId === agentId)
					.reverse()
					.slice(0, limit),
			),
	};
}

function newAgent(id: string, at: number): AgentRecord {
	return {
		...{
			id,
			target: null,
			status: "registered",
			statusSinceMs: at,
			reason: null,
			lastSeenAtMs: null,
			lastActiveAtMs: at,
		},
		...{ capabilities: null, hardware: null, taskId: null, release: null, createdAtMs: at },
	};
}

function hear(disk: AgentsDisk, beat: AgentBeat, fed: Fed): HeardAgent {
	const agent = disk.agents.get(beat.agentId);
	if (agent === undefined) return { kind: "vanished" };
	const { atMs, reported, error, run } = beat;
	const at = Math.round(atMs);
	const own = beat.task === null ? undefined : disk.tasks.get(beat.task.id);
	const task = own?.agentId === agent.id ? own : null;
	const standing = standingAfter({ reported, severity: error?.severity ?? null, prior: agent.status });
	const moved = standing.kind === "noop" ? {} : { status: standing.to, reason: standing.reason, statusSinceMs: at };
	const seen = {
		...{ lastSeenAtMs: at, taskId: task?.id ?? null, release: run?.release ?? agent.release },
		...(beat.capabilities === undefined ? {} : { capabilities: beat.capabilities }),
		...(beat.hardware === undefined ? {} : { hardware: beat.hardware }),
	};
	const next: AgentRecord = { ...agent, ...moved, lastActiveAtMs: at, ...(reported === null ? {} : seen) };
	disk.agents.set(agent.id, next);
	if (error !== null) keepError(disk, beat, task?.id ?? null);
	if (task !== null && beat.task !== null && beat.task.progress !== null && reported !== null) {
		disk.tasks.set(task.id, { ...task, progress: beat.task.progress, updatedAtMs: at });
	}
	const events = eventsOf(agent, { beat, standing, taskId: task?.id ?? null });
	for (const event of events) fed.tell({ kind: "agent", id: agent.id }, event);
	const mine = [...disk.tasks.values()].filter(({ agentId }) => agentId === agent.id);
	return {
		kind: "heard",
		standing,
		status: next.status,
		taskId: task?.id ?? null,
		foreignTask: beat.task !== null && task === null ? beat.task.id : null,
		hasHighPriorityTasks: mine.some(({ state, priority }) => state === "assigned" && priority === "high"),
		activeTasks: error?.severity === "fatal" ? mine.filter(isActive).map(({ id }) => id) : [],
		events,
	};
}

const isActive = ({ state }: AgentTask) => (activeStates as readonly string[]).includes(state);

function eventsOf(
	{ id: agentId, target }: AgentRecord,
	{ beat, standing, taskId }: { beat: AgentBeat; standing: ReturnType<typeof standingAfter>; taskId: string | null },
): AgentEvent[] {
	const { atMs, error, run, tellError } = beat;
	const events: AgentEvent[] = [];
	if (error !== null && tellError) {
		const { severity, message } = error;
		events.push({ type: "agent.error", atMs, agentId, severity, message, taskId, swapId: run?.swapId ?? null });
	}
	if (standing.kind === "transition") {
		const { from: fromStatus, to: toStatus, reason } = standing;
		events.push({ type: "agent.status", atMs, agentId, projectId: target, fromStatus, toStatus, reason });
	}
	return events;
}

function keepError(
	disk: AgentsDisk,
	{ agentId, error, run, atMs, keptErrors }: AgentBeat,
	taskId: string | null,
): void {
	if (error === null) return;
	disk.lastError += 1;
	const added: AgentError = {
		...error,
		...{ id: disk.lastError, agentId, taskId, release: run?.release ?? null, swapId: run?.swapId ?? null },
		atMs: Math.round(atMs),
	};
	const all = [...disk.errors, added];
	const kept = new Set(all.filter((one) => one.agentId === agentId).slice(-keptErrors));
	disk.errors = all.filter((one) => one.agentId !== agentId || kept.has(one));
}

function tasksOn(disk: AgentsDisk, on: On): Pick<Agents, "assignTask" | "agentTasks" | "moveTask" | "strandedAgents"> {
	return {
		assignTask: (task) =>
			on(() => {
				if (disk.tasks.has(task.id) || !disk.agents.has(task.agentId)) throw new Error("It cannot be assigned.");
				disk.tasks.set(task.id, task);
			}),
		agentTasks: ({ agentId, states, limit }) =>
			on(() =>
				[...disk.tasks.values()]
					.filter((task) => task.agentId === agentId && states.includes(task.state))
					.slice(0, limit),
			),
		moveTask: ({ agentId, id, move, message, atMs }) =>
			on(() => {
				const task = disk.tasks.get(id);
				const moved = task?.agentId === agentId ? movedTask(task, move, { message, atMs: Math.round(atMs) }) : null;
				if (moved !== null) disk.tasks.set(id, moved);
				return moved;
			}),
		strandedAgents: () =>
			on(() => {
				const busy = new Set([...disk.tasks.values()].filter(isActive).map(({ agentId }) => agentId));
				return [...disk.agents.values()]
					.filter(({ id, status }) => status === "error" && busy.has(id))
					.map(({ id }) => id)
					.sort();
			}),
	};
}

function installationsOn(disk: AgentsDisk, on: On, fed: Fed): Pick<Agents, "reachMilestone" | "installations"> {
	const byTarget = () => [...disk.installations.values()].sort((a, b) => (a.target < b.target ? -1 : 1));
	return { reachMilestone: (reached) => on(() => reach(disk, reached, fed)), installations: () => on(byTarget) };
}

const nothing: Omit<Installation, "target"> = {
	...{
		state: "waiting",
		transport: null,
		readyAtMs: null,
		readyRun: null,
		firstMessageAtMs: null,
		firstMessageTs: null,
	},
	...{ messageRun: null, messageRelease: null },
};

function reach(disk: AgentsDisk, { target, milestone, about, run, atMs }: Reached, fed: Fed): readonly AgentEvent[] {
	const before = disk.installations.get(target) ?? { ...nothing, target };
	const at = Math.round(atMs);
	const runId = run?.runId ?? null;
	const ready = milestone === "agent_ready";
	if (
		ready
			? before.readyAtMs !== null && before.readyRun === runId
			: before.firstMessageAtMs !== null && before.messageRun === runId
	)
		return [];
	const state = before.state === "waiting" ? "ready" : before.state;
	disk.installations.set(
		target,
		ready
			? { ...before, state, transport: about, readyAtMs: at, readyRun: runId }
			: {
					...{ ...before, state: "active", firstMessageAtMs: before.firstMessageAtMs ?? at },
					...{
						firstMessageTs: before.firstMessageTs ?? about,
						messageRun: runId,
						messageRelease: run?.release ?? null,
					},
				},
	);
	const type = ready ? "installation.ready" : "installation.active";
	const event: AgentEvent = { type, atMs, target, about, release: run?.release ?? null };
	fed.tell({ kind: "installation", id: target }, event);
	return [event];
}

type Registry = "registerWorkspace" | "workspaceOfToken" | "hearWorkspace" | "sweepWorkspaces" | "registeredWorkspaces";

function registryOn(disk: AgentsDisk, on: On): Pick<Agents, Registry> {
	const all = () => [...disk.workspaces.values()];
	return {
		registerWorkspace: (workspace) =>
			on(() => {
				const known = disk.workspaces.get(workspace.id);
				if (known !== undefined && known.agentId !== workspace.agentId) return false;
				const { runtime, state, tokenSha256, runId } = workspace;
				const lastHeartbeatAtMs = Math.round(workspace.lastHeartbeatAtMs);
				disk.workspaces.set(workspace.id, {
					...workspace,
					...known,
					runtime,
					state,
					tokenSha256,
					runId,
					lastHeartbeatAtMs,
				});
				return true;
			}),
		workspaceOfToken: (sha256) => on(() => all().find(({ tokenSha256 }) => tokenSha256 === sha256) ?? null),
		hearWorkspace: ({ id, atMs, figures }) =>
			on(() => {
				const known = disk.workspaces.get(id);
				if (known === undefined) return false;
				disk.workspaces.set(id, { ...known, ...figures, state: "online", lastHeartbeatAtMs: Math.round(atMs) });
				return true;
			}),
		sweepWorkspaces: ({ fromMs, toMs }) =>
			on(() => {
				const isSilent = ({ lastHeartbeatAtMs: atMs }: RegisteredWorkspace) =>
					atMs < Math.round(fromMs) || atMs > Math.round(toMs);
				const silent = all().filter((one) => one.state === "online" && one.runtime === "external" && isSilent(one));
				for (const one of silent) disk.workspaces.set(one.id, { ...one, state: "awaiting_agent" });
				return silent.map(({ id }) => id).sort();
			}),
		registeredWorkspaces: (agentId) =>
			on(() =>
				all()
					.filter((one) => one.agentId === agentId)
					.sort((a, b) => (a.id < b.id ? -1 : 1)),
			),
	};
}

function prune(disk: AgentsDisk, before: number, fed: Fed): void {
	const ended = (task: AgentTask) => task.state === "completed" || task.state === "failed";
	disk.errors = disk.errors.filter(({ atMs }) => atMs >= before);
	for (const task of disk.tasks.values()) if (ended(task) && task.updatedAtMs < before) disk.tasks.delete(task.id);
	for (const { id, lastActiveAtMs } of disk.agents.values()) {
		const tasks = [...disk.tasks.values()].filter(({ agentId }) => agentId === id);
		if (lastActiveAtMs >= before || tasks.some((task) => !ended(task))) continue;
		disk.agents.delete(id);
		for (const task of tasks) disk.tasks.delete(task.id);
		disk.errors = disk.errors.filter(({ agentId }) => agentId !== id);
		for (const one of disk.workspaces.values()) if (one.agentId === id) disk.workspaces.delete(one.id);
	}
	for (const error of disk.errors)
		if (error.taskId !== null && !disk.tasks.has(error.taskId)) Object.assign(error, { taskId: null });
	for (const agent of disk.agents.values()) {
		if (agent.taskId !== null && !disk.tasks.has(agent.taskId)) disk.agents.set(agent.id, { ...agent, taskId: null });
	}
	fed.forget(before);
}
