// One heartbeat as one transaction: the agent as it stood, its error, its task and its new status are on disk together or not at all.
import type { Database } from "better-sqlite3";
import type { AgentEvent } from "../../../core/agents/agent.js";
import { standingAfter } from "../../../core/agents/standing.js";
import { activeStates } from "../../../core/agents/task.js";
import type { AgentBeat, AgentRecord, HeardAgent } from "../../../ports/ports.js";
import { whole } from "../concern.js";
import { agentRow, must, prepared, setStatus, taskRow, tell, textOf } from "./rows.js";

/** To be called within an immediate transaction: nobody else writes meanwhile, so the agent and its task are as good as locked. */
export function hear(database: Database, beat: AgentBeat): HeardAgent {
	const agent = agentRow(database, beat.agentId);
	if (agent === null) return { kind: "vanished" };
	const task = beat.task === null ? null : taskRow(database, agent.id, beat.task.id);
	if (beat.error !== null) keepError(database, beat, task?.id ?? null);
	const standing = standingAfter({
		reported: beat.reported,
		severity: beat.error?.severity ?? null,
		prior: agent.status,
	});
	if (standing.kind === "transition") {
		setStatus(database, agent.id, { status: standing.to, reason: standing.reason, atMs: beat.atMs });
	}
	if (beat.reported !== null) seen(database, beat, task?.id ?? null);
	else active(database, beat);
	const events = eventsOf(agent, { beat, standing, taskId: task?.id ?? null });
	for (const event of events) tell(database, { kind: "agent", id: agent.id }, event);
	return {
		kind: "heard",
		standing,
		status: standing.kind === "transition" ? standing.to : agent.status,
		taskId: task?.id ?? null,
		foreignTask: beat.task !== null && task === null ? beat.task.id : null,
		hasHighPriorityTasks: hasHighPriority(database, agent.id),
		activeTasks: beat.error?.severity === "fatal" ? activeTasks(database, agent.id) : [],
		events,
	};
}

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
	database: Database,
	{ agentId, error, run, atMs, keptErrors }: AgentBeat,
	taskId: string | null,
): void {
	const { changes } = database
		.prepare(
			`insert into agent_errors (agent_id, task_id, severity, message, context, release, swap_id, at_ms)
			values (?, ?, ?, ?, ?, ?, ?, ?)`,
		)
		.run(
			agentId,
			taskId,
			error?.severity,
			error?.message,
			JSON.stringify(error?.context ?? null),
			run?.release ?? null,
			run?.swapId ?? null,
			whole(atMs),
		);
	must(changes, "An agent's error");
	const beyond = "select id from agent_errors where agent_id = ? order by id desc limit -1 offset ?";
	database.prepare(`delete from agent_errors where id in (${beyond})`).run(agentId, keptErrors);
}

/** A heartbeat is told from other contacts: it also says what the agent is and what it works on. */
function seen(database: Database, beat: AgentBeat, taskId: string | null): void {
	const { agentId, capabilities, hardware, task, run } = beat;
	const sql = `update agents set last_seen_at = @atMs, last_active_at = @atMs, task_id = @taskId,
		release = coalesce(@release, release),
		capabilities = iif(@hasCapabilities, @capabilities, capabilities),
		hardware_profile = iif(@hasHardware, @hardware, hardware_profile) where id = @agentId`;
	const { changes } = prepared(database, sql).run({
		agentId,
		taskId,
		atMs: whole(beat.atMs),
		release: run?.release ?? null,
		hasCapabilities: capabilities === undefined ? 0 : 1,
		capabilities: textOf(capabilities ?? null),
		hasHardware: hardware === undefined ? 0 : 1,
		hardware: textOf(hardware ?? null),
	});
	must(changes, "A heartbeat");
	if (taskId === null || task === null || task.progress === null) return;
	database
		.prepare("update agent_tasks set progress = ?, updated_at = ? where id = ?")
		.run(task.progress, whole(beat.atMs), taskId);
}

function active(database: Database, { agentId, atMs }: AgentBeat): void {
	must(
		database.prepare("update agents set last_active_at = ? where id = ?").run(whole(atMs), agentId).changes,
		"An error's agent",
	);
}

const isActive = `status in (${activeStates.map((state) => `'${state}'`).join(", ")})`;

function activeTasks(database: Database, agentId: string): string[] {
	return database
		.prepare(`select id from agent_tasks where agent_id = ? and ${isActive} order by ordinal`)
		.pluck()
		.all(agentId) as string[];
}

function hasHighPriority(database: Database, agentId: string): boolean {
	const sql = "select 1 from agent_tasks where agent_id = ? and status = 'assigned' and priority = 'high' limit 1";
	return prepared(database, sql).get(agentId) !== undefined;
}
