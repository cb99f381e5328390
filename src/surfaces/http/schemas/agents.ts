// Agents as people and programs read them, and as zod.
import { z } from "zod";
import { agentStatuses, installationStates, severities, workspaceStates } from "../../../core/agents/agent.js";
import { type AgentTask, taskStates } from "../../../core/agents/task.js";
import { limits } from "../../../core/limits.js";
import type { AgentDetails, AgentSummary } from "../../../engine/verbs/agents.js";
import type { AgentError } from "../../../ports/ports.js";
import { isoOf } from "../../view.js";
import { count, named, time } from "./names.js";

const summaryShape = {
	name: z.string(),
	target: z.string().nullable().describe("Whose agent it is; null: nobody's"),
	status: z.enum(agentStatuses),
	present: z.boolean().describe("Heard within the last minute and a half, in whatever way"),
	lastActiveAt: time.describe("Of its last contact of any kind"),
	lastSeenAt: time.nullable().describe("Of its last heartbeat"),
	release: z.string().nullable().describe("Of the program that spoke last"),
};

export const agentSummary = named("AgentSummary", z.object(summaryShape));

export type AgentSummaryView = z.output<typeof agentSummary>;

const anything = z.unknown();

export const agentTask = named(
	"AgentTask",
	z.object({
		id: z.string(),
		title: z.string(),
		status: z.enum(taskStates),
		priority: z.enum(["normal", "high"]),
		retries: count.describe("How often it failed and was handed out again"),
		progress: z.number().nullable(),
		message: z.string().nullable().describe("Why it failed last"),
		updatedAt: time,
	}),
);

const agentError = named(
	"AgentError",
	z.object({
		severity: z.enum(severities),
		message: z.string(),
		context: anything.describe("Without what looks like a secret"),
		taskId: z.string().nullable(),
		release: z.string().nullable(),
		swapId: z.string().nullable().describe("The swap that was on trial"),
		at: time,
	}),
);

const milestones = z.object({
	state: z.enum(installationStates),
	transport: z.string().nullable(),
	readyAt: time.nullable(),
	firstMessageAt: time.nullable(),
	messageRelease: z.string().nullable().describe("The newest version that reported a first message"),
});

const workspace = z.object({
	id: z.string(),
	runtime: z.string(),
	state: z.enum(workspaceStates),
	lastHeartbeatAt: time,
	currentTask: z.string().nullable(),
});

export const agentDetails = named(
	"Agent",
	z.object({
		...summaryShape,
		reason: z.string().nullable(),
		statusSince: time,
		capabilities: anything,
		hardware: anything,
		task: agentTask.nullable().describe("The one that it says it works on"),
		tasks: z.array(agentTask),
		errors: z.array(agentError).describe("Newest first"),
		milestones: milestones.nullable(),
		workspaces: z.array(workspace),
		throttled: count.describe("Reports that were too many, since the start"),
	}),
);

export type AgentView = z.output<typeof agentDetails>;

export const agents = z.object({ agents: z.array(agentSummary) });
export const agent = z.object({ agent: agentDetails });

export const assignment = z.strictObject({
	id: z.string().regex(/^[\w.:@-]{1,100}$/, { message: "Use 1 to 100 letters, digits and any of . : @ - _" }),
	title: z.string().trim().min(1).max(limits.reasonCharacters),
	priority: z.enum(["normal", "high"]).default("normal"),
});

export const assigned = z.object({ task: agentTask });

export function agentSummaryOf({ lastActiveAtMs, lastSeenAtMs, ...agent }: AgentSummary): AgentSummaryView {
	const { name, target, status, present, release } = agent;
	return {
		name,
		target,
		status,
		present,
		lastActiveAt: isoOf(lastActiveAtMs),
		lastSeenAt: timeOf(lastSeenAtMs),
		release,
	};
}

export function agentViewOf(agent: AgentDetails): AgentView {
	const { reason, statusSinceMs, capabilities, hardware, task, tasks, errors, installation, workspaces, throttled } =
		agent;
	return {
		...agentSummaryOf(agent),
		reason,
		statusSince: isoOf(statusSinceMs),
		capabilities,
		hardware,
		task: task === null ? null : agentTaskOf(task),
		tasks: tasks.map(agentTaskOf),
		errors: errors.map(errorOf),
		milestones:
			installation === null
				? null
				: {
						state: installation.state,
						transport: installation.transport,
						readyAt: timeOf(installation.readyAtMs),
						firstMessageAt: timeOf(installation.firstMessageAtMs),
						messageRelease: installation.messageRelease,
					},
		workspaces: workspaces.map(({ id, runtime, state, lastHeartbeatAtMs, currentTask }) => {
			return { id, runtime, state, lastHeartbeatAt: isoOf(lastHeartbeatAtMs), currentTask };
		}),
		throttled,
	};
}

export function agentTaskOf({
	id,
	title,
	state: status,
	priority,
	retries,
	progress,
	message,
	updatedAtMs,
}: AgentTask) {
	return { id, title, status, priority, retries, progress, message, updatedAt: isoOf(updatedAtMs) };
}

function errorOf({ severity, message, context, taskId, release, swapId, atMs }: AgentError) {
	return { severity, message, context, taskId, release, swapId, at: isoOf(atMs) };
}

function timeOf(ms: number | null): string | null {
	return ms === null ? null : isoOf(ms);
}
