// The tables of agents, as one step of the journal's schema; and the feed, from which what is not of swaps may be pruned.
import { agentStatuses, installationStates, severities, workspaceStates } from "../../../core/agents/agent.js";
import { taskStates } from "../../../core/agents/task.js";
import { subjectKinds } from "../../../core/subject.js";

const oneOf = (names: readonly string[]) => `in (${names.map((name) => `'${name}'`).join(", ")})`;

export const agentTables = `
create table agents (
	id text primary key,
	target text,
	status text not null check (status ${oneOf(agentStatuses)}),
	status_since integer not null,
	reason text,
	last_seen_at integer,
	last_active_at integer not null,
	capabilities text check (json_valid(capabilities)),
	hardware_profile text check (json_valid(hardware_profile)),
	task_id text references agent_tasks (id) on delete set null,
	release text,
	created_at integer not null
) strict;
create index agents_by_activity on agents (last_active_at);

create table agent_tasks (
	ordinal integer primary key autoincrement,
	id text not null unique,
	agent_id text not null references agents (id) on delete cascade,
	title text not null,
	priority text not null check (priority in ('normal', 'high')),
	status text not null check (status ${oneOf(taskStates)}),
	retries integer not null check (retries >= 0),
	progress real check (progress >= 0),
	message text,
	created_at integer not null,
	updated_at integer not null
) strict;
create index agent_tasks_by_agent on agent_tasks (agent_id, status);
create index agent_tasks_ended on agent_tasks (updated_at) where status in ('completed', 'failed');

create table agent_errors (
	id integer primary key autoincrement,
	agent_id text not null references agents (id) on delete cascade,
	task_id text references agent_tasks (id) on delete set null,
	severity text not null check (severity ${oneOf(severities)}),
	message text not null,
	context text not null check (json_valid(context)),
	release text,
	swap_id text,
	at_ms integer not null
) strict;
create index agent_errors_by_agent on agent_errors (agent_id, id);
create index agent_errors_by_task on agent_errors (task_id) where task_id is not null;
create index agent_errors_by_age on agent_errors (at_ms);

create table installations (
	target text primary key,
	state text not null check (state ${oneOf(installationStates)}),
	transport text,
	ready_at integer,
	ready_run text,
	first_dm_at integer,
	first_dm_ts text,
	message_run text,
	message_release text
) strict, without rowid;

create table registry_workspaces (
	id text primary key,
	agent_id text not null references agents (id) on delete cascade,
	runtime text not null,
	state text not null check (state ${oneOf(workspaceStates)}),
	token_sha256 text not null unique check (length(token_sha256) = 64),
	run_id text,
	last_heartbeat_at integer not null,
	error_rate real,
	sample_error text,
	active_tasks integer,
	uptime_seconds real,
	current_task text
) strict;
create index registry_workspaces_online on registry_workspaces (last_heartbeat_at) where state = 'online' and runtime = 'external';
create index registry_workspaces_by_agent on registry_workspaces (agent_id);

create table events (
	subject_kind text not null check (subject_kind ${oneOf(subjectKinds)}),
	subject_id text not null,
	seq integer not null check (seq > 0),
	type text not null,
	at_ms integer not null,
	body text not null check (json_valid(body)),
	primary key (subject_kind, subject_id, seq)
) strict, without rowid;
create index events_by_age on events (at_ms);
create trigger events_are_fed after insert on events
begin insert into feed (seq, subject_kind, subject_id, fact_seq)
	select coalesce(max(seq), 0) + 1, new.subject_kind, new.subject_id, new.seq from feed; end;
create trigger events_are_not_changed before update on events
begin select raise(abort, 'events are append-only'); end;

drop trigger feed_is_not_deleted;
create trigger feed_is_not_deleted before delete on feed
when old.subject_kind = 'swap' or old.seq = (select max(seq) from feed)
begin select raise(abort, 'the feed of swaps is append-only'); end;
`;
