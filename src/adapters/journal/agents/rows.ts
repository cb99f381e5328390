// How rows of agents become records of the port, and back. Reads and writes one row at a time; decides nothing.
import type { Database, Statement } from "better-sqlite3";
import type { AgentEvent, AgentStatus } from "../../../core/agents/agent.js";
import type { Json } from "../../../core/agents/redaction.js";
import type { AgentTask } from "../../../core/agents/task.js";
import type { Subject } from "../../../core/subject.js";
import type { AgentRecord } from "../../../ports/ports.js";

interface AgentRow extends Omit<AgentRecord, "capabilities" | "hardware"> {
	readonly capabilities: string | null;
	readonly hardware: string | null;
}

const known = new WeakMap<Database, Map<string, Statement<unknown[]>>>();

/** Heartbeats come often, and reading their SQL anew would be most of what they cost. */
export function prepared(database: Database, sql: string): Statement<unknown[]> {
	const statements = known.get(database) ?? new Map<string, Statement<unknown[]>>();
	known.set(database, statements);
	const statement = statements.get(sql) ?? database.prepare<unknown[]>(sql);
	statements.set(sql, statement);
	return statement;
}

export const listedColumns = `id, target, status, status_since as statusSinceMs, reason, last_seen_at as lastSeenAtMs, last_active_at as lastActiveAtMs,
	task_id as taskId, release, created_at as createdAtMs`;

function agentOf({ capabilities, hardware, ...row }: AgentRow): AgentRecord {
	return { ...row, capabilities: jsonOf(capabilities), hardware: jsonOf(hardware) };
}

export function agentRow(database: Database, id: string): AgentRecord | null {
	const sql = `select ${listedColumns}, capabilities, hardware_profile as hardware from agents where id = ?`;
	const row = prepared(database, sql).get(id) as AgentRow | undefined;
	return row === undefined ? null : agentOf(row);
}

export const taskColumns = `id, agent_id as agentId, title, priority, status as state, retries, progress, message, created_at as createdAtMs,
	updated_at as updatedAtMs`;

export function taskRow(database: Database, agentId: string, id: string): AgentTask | null {
	const sql = `select ${taskColumns} from agent_tasks where id = ? and agent_id = ?`;
	return (prepared(database, sql).get(id, agentId) as AgentTask | undefined) ?? null;
}

export function jsonOf(text: string | null): Json {
	return text === null ? null : (JSON.parse(text) as Json);
}

export function textOf(value: Json): string | null {
	return value === null ? null : JSON.stringify(value);
}

/** A change that has to touch a row: an insert that yields none, an update that finds none, undoes its transaction. */
export function must(changes: number, what: string): void {
	if (changes !== 1) throw new Error(`${what} changed ${changes} rows instead of one.`);
}

export function tell(database: Database, subject: Subject, event: AgentEvent): void {
	const sql = `insert into events (subject_kind, subject_id, seq, type, at_ms, body)
			select @kind, @id, coalesce(max(seq), 0) + 1, @type, @atMs, @body from events where subject_kind = @kind and subject_id = @id`;
	const { changes } = prepared(database, sql).run({
		...subject,
		type: event.type,
		atMs: Math.round(event.atMs),
		body: JSON.stringify(event),
	});
	must(changes, "An event");
}

export function setStatus(
	database: Database,
	id: string,
	{ status, reason, atMs }: { readonly status: AgentStatus; readonly reason: string; readonly atMs: number },
): void {
	const sql = "update agents set status = ?, reason = ?, status_since = ? where id = ?";
	must(prepared(database, sql).run(status, reason, Math.round(atMs), id).changes, "An agent's status");
}
