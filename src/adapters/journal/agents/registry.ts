// The journal's table of workspaces that registered: whose token is whose, and who was heard when.
import type { Database } from "better-sqlite3";
import type { Agents, RegisteredWorkspace } from "../../../ports/ports.js";
import { type Sync, whole } from "../concern.js";

type Registry = "registerWorkspace" | "workspaceOfToken" | "hearWorkspace" | "sweepWorkspaces" | "registeredWorkspaces";

const columns = `id, agent_id as agentId, runtime, state, token_sha256 as tokenSha256, run_id as runId, last_heartbeat_at as lastHeartbeatAtMs,
	error_rate as errorRate, sample_error as sampleError, active_tasks as activeTasks, uptime_seconds as uptimeSeconds, current_task as currentTask`;

export function registryIn(database: Database): Pick<Sync<Agents>, Registry> {
	return {
		registerWorkspace(workspace) {
			const sql = `insert into registry_workspaces (id, agent_id, runtime, state, token_sha256, run_id, last_heartbeat_at)
				values (@id, @agentId, @runtime, @state, @tokenSha256, @runId, @at)
				on conflict (id) do update set runtime = @runtime, state = @state, token_sha256 = @tokenSha256, run_id = @runId,
				last_heartbeat_at = @at where agent_id = @agentId`;
			return database.prepare(sql).run({ ...workspace, at: whole(workspace.lastHeartbeatAtMs) }).changes === 1;
		},
		workspaceOfToken(sha256) {
			const sql = `select ${columns} from registry_workspaces where token_sha256 = ?`;
			return database.prepare<[string], RegisteredWorkspace>(sql).get(sha256) ?? null;
		},
		hearWorkspace({ id, atMs, figures }) {
			const sql = `update registry_workspaces set state = 'online', last_heartbeat_at = @at, error_rate = @errorRate, sample_error = @sampleError,
				active_tasks = @activeTasks, uptime_seconds = @uptimeSeconds, current_task = @currentTask where id = @id`;
			return database.prepare(sql).run({ ...figures, id, at: whole(atMs) }).changes === 1;
		},
		sweepWorkspaces({ fromMs, toMs }) {
			const sql = `update registry_workspaces set state = 'awaiting_agent' where state = 'online' and runtime = 'external'
				and (last_heartbeat_at < ? or last_heartbeat_at > ?) returning id`;
			return (database.prepare(sql).pluck().all(whole(fromMs), whole(toMs)) as string[]).sort();
		},
		registeredWorkspaces(agentId) {
			const sql = `select ${columns} from registry_workspaces where agent_id = ? order by id`;
			return database.prepare<[string], RegisteredWorkspace>(sql).all(agentId);
		},
	};
}
