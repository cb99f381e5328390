// The journal's table of installations: how far the program of each target came. Both milestones may be said again and again.
import type { Database } from "better-sqlite3";
import type { AgentEvent } from "../../../core/agents/agent.js";
import type { Agents, Installation, Reached } from "../../../ports/ports.js";
import { type Sync, whole } from "../concern.js";
import { tell } from "./rows.js";

const columns = `target, state, transport, ready_at as readyAtMs, ready_run as readyRun, first_dm_at as firstMessageAtMs, first_dm_ts as firstMessageTs,
	message_run as messageRun, message_release as messageRelease`;

export function installationsIn(database: Database): Pick<Sync<Agents>, "reachMilestone" | "installations"> {
	return {
		reachMilestone: (reached) => database.transaction(() => reach(database, reached)).immediate(),
		installations: () =>
			database.prepare<[], Installation>(`select ${columns} from installations order by target`).all(),
	};
}

function reach(database: Database, reached: Reached): readonly AgentEvent[] {
	const { target, milestone, about, run } = reached;
	const sql = `select ${columns} from installations where target = ?`;
	const before = database.prepare<[string], Installation>(sql).get(target) ?? null;
	const ready = milestone === "agent_ready";
	const known = ready ? before?.readyRun : before?.messageRun;
	if (
		before !== null &&
		known === (run?.runId ?? null) &&
		(ready ? before.readyAtMs : before.firstMessageAtMs) !== null
	)
		return [];
	const values = { target, about, at: whole(reached.atMs), run: run?.runId ?? null };
	database
		.prepare("insert into installations (target, state) values (?, 'waiting') on conflict (target) do nothing")
		.run(target);
	if (ready) database.prepare(becameReady).run(values);
	else database.prepare(becameActive).run({ ...values, release: run?.release ?? null });
	const type = ready ? "installation.ready" : "installation.active";
	const event: AgentEvent = { type, atMs: reached.atMs, target, about, release: run?.release ?? null };
	tell(database, { kind: "installation", id: target }, event);
	return [event];
}

const becameReady = `update installations set state = iif(state = 'waiting', 'ready', state), transport = @about, ready_at = @at, ready_run = @run
	where target = @target`;

/** The first of all stays what it was; which program reported one last is what a trial asks. */
const becameActive = `update installations set state = 'active', first_dm_at = coalesce(first_dm_at, @at), first_dm_ts = coalesce(first_dm_ts, @about),
	message_run = @run, message_release = @release where target = @target`;
