// The journal's tables of agents, their errors and their tasks. What a heartbeat does to them is in hearing.ts.
import type { Database } from "better-sqlite3";
import { type AgentTask, activeStates, movedTask } from "../../../core/agents/task.js";
import type { AgentError, Agents, ListedAgent } from "../../../ports/ports.js";
import { type Sync, whole } from "../concern.js";
import { hear } from "./hearing.js";
import { installationsIn } from "./installations.js";
import { registryIn } from "./registry.js";
import { agentRow, jsonOf, listedColumns, must, taskColumns, taskRow } from "./rows.js";

export function agentsIn(database: Database): Sync<Agents> {
	return {
		...standingIn(database),
		...tasksIn(database),
		...installationsIn(database),
		...registryIn(database),
		pruneAgents: ({ beforeMs }) => database.transaction(() => prune(database, whole(beforeMs))).immediate(),
	};
}

type Standing = "enrolAgent" | "hearAgent" | "touchAgents" | "agent" | "agents" | "agentErrors";

function standingIn(database: Database): Pick<Sync<Agents>, Standing> {
	return {
		enrolAgent({ id, target, atMs }) {
			database
				.prepare(
					`insert into agents (id, target, status, status_since, last_active_at, created_at) values (@id, @target, 'registered', @at, @at, @at)
					on conflict (id) do update set target = @target where target is not @target`,
				)
				.run({ id, target, at: whole(atMs) });
			const enrolled = agentRow(database, id);
			if (enrolled === null) throw new Error(`The agent ${id} could not be enrolled.`);
			return enrolled;
		},
		hearAgent: (beat) => database.transaction(() => hear(database, beat)).immediate(),
		touchAgents(contacts) {
			const touch = database.prepare("update agents set last_active_at = ? where id = ? and last_active_at < ?");
			database
				.transaction(() => {
					for (const { id, atMs } of contacts) touch.run(whole(atMs), id, whole(atMs));
				})
				.immediate();
		},
		agent: (id) => agentRow(database, id),
		agents(limit) {
			const sql = `select ${listedColumns} from agents order by last_active_at desc, id limit ?`;
			return database.prepare<[number], ListedAgent>(sql).all(limit);
		},
		agentErrors({ agentId, limit }) {
			const sql = `select id, agent_id as agentId, task_id as taskId, severity, message, context, release, swap_id as swapId, at_ms as atMs
				from agent_errors where agent_id = ? order by id desc limit ?`;
			const rows = database
				.prepare<[string, number], AgentError & { readonly context: string }>(sql)
				.all(agentId, limit);
			return rows.map((row) => ({ ...row, context: jsonOf(row.context) }));
		},
	};
}

function tasksIn(database: Database): Pick<Sync<Agents>, "assignTask" | "agentTasks" | "moveTask" | "strandedAgents"> {
	return {
		assignTask(task) {
			const { changes } = database
				.prepare(
					`insert into agent_tasks (id, agent_id, title, priority, status, retries, progress, message, created_at, updated_at)
					values (@id, @agentId, @title, @priority, @state, @retries, @progress, @message, @createdAtMs, @updatedAtMs)`,
				)
				.run(task);
			must(changes, "A task");
		},
		agentTasks({ agentId, states, limit }) {
			const sql = `select ${taskColumns} from agent_tasks where agent_id = ? and status in (select value from json_each(?))
				order by ordinal limit ?`;
			return database.prepare<[string, string, number], AgentTask>(sql).all(agentId, JSON.stringify(states), limit);
		},
		moveTask: (request) => database.transaction(() => move(database, request)).immediate(),
		strandedAgents() {
			const sql = `select distinct agents.id from agents join agent_tasks on agent_tasks.agent_id = agents.id
				where agents.status = 'error' and agent_tasks.status in (select value from json_each(?)) order by agents.id`;
			return database.prepare(sql).pluck().all(JSON.stringify(activeStates)) as string[];
		},
	};
}

function move(database: Database, request: Parameters<Agents["moveTask"]>[0]): AgentTask | null {
	const task = taskRow(database, request.agentId, request.id);
	const moved =
		task === null ? null : movedTask(task, request.move, { message: request.message, atMs: whole(request.atMs) });
	if (moved === null) return null;
	const sql = `update agent_tasks set status = @state, retries = @retries, progress = @progress, message = @message, updated_at = @updatedAtMs
		where id = @id and agent_id = @agentId`;
	must(database.prepare(sql).run(moved).changes, "A task's move");
	return moved;
}

/** The newest place of the feed stays: its number is never given twice. */
function prune(database: Database, before: number): void {
	database.prepare("delete from agent_errors where at_ms < ?").run(before);
	database.prepare("delete from agent_tasks where status in ('completed', 'failed') and updated_at < ?").run(before);
	database
		.prepare(
			`delete from agents where last_active_at < ?
			and not exists (select 1 from agent_tasks where agent_id = agents.id and status in ('assigned', 'running', 'pending'))`,
		)
		.run(before);
	database
		.prepare(
			`delete from feed where seq < (select max(seq) from feed) and seq in (select feed.seq from events join feed
				on feed.subject_kind = events.subject_kind and feed.subject_id = events.subject_id and feed.fact_seq = events.seq
				where events.at_ms < ?)`,
		)
		.run(before);
	database
		.prepare(
			`delete from events where at_ms < ? and not exists (select 1 from feed
				where feed.subject_kind = events.subject_kind and feed.subject_id = events.subject_id and feed.fact_seq = events.seq)`,
		)
		.run(before);
}
