// The journal's schema, as numbered steps that are only ever added to. Owns the file's identity (application_id) and its version.
import type { Database } from "better-sqlite3";
import { subjectKinds } from "../../core/subject.js";
import { agentTables } from "./agents/schema.js";

/** "dead" in ASCII: tells a journal of ours from any other database. */
export const applicationId = 0x64_65_61_64;

export interface Migration {
	readonly version: number;
	readonly sql: string;
}

const swapsAndFacts = `
create table swaps (
	ordinal integer primary key autoincrement,
	id text not null unique,
	status text not null,
	handshake_state text not null,
	target text not null,
	workspace text,
	proposer text not null,
	classification text,
	pre_swap_sha text,
	branch_head text,
	commit_sha text,
	tree text,
	previous_release text,
	candidate_release text,
	deadman_started_at integer,
	deadman_expires_at integer,
	deadman_cap_at integer,
	boots integer not null,
	cause text,
	decided_by text,
	epoch integer not null,
	version integer not null check (version > 0),
	tidied integer not null check (tidied in (0, 1)),
	created_at integer not null,
	updated_at integer not null,
	state text not null check (json_valid(state))
) strict;
create index swaps_unfinished on swaps (ordinal) where tidied = 0;
create index swaps_by_tree on swaps (tree, ordinal);

create table facts (
	swap_id text not null references swaps (id),
	seq integer not null check (seq > 0),
	type text not null,
	at_ms integer not null,
	body text not null check (json_valid(body)),
	primary key (swap_id, seq)
) strict, without rowid;
create trigger facts_are_not_changed before update on facts
begin select raise(abort, 'facts are append-only'); end;
create trigger facts_are_not_deleted before delete on facts
begin select raise(abort, 'facts are append-only'); end;
create trigger facts_have_no_gap before insert on facts
when new.seq <> (select coalesce(max(seq), 0) + 1 from facts where swap_id = new.swap_id)
begin select raise(abort, 'facts are appended in order'); end;
`;

const isKind = `in (${subjectKinds.map((kind) => `'${kind}'`).join(", ")})`;

/** What waits to be sent, which messages are out, what came in and was not judged yet, and what is done once. */
const mail = `
create table outbox (
	id integer primary key autoincrement,
	subject_kind text not null check (subject_kind ${isKind}),
	subject_id text not null,
	epoch integer not null,
	channel text not null,
	place text not null,
	kind text not null,
	text text,
	state text not null default 'pending' check (state in ('pending', 'settled', 'superseded')),
	attempts integer not null default 0,
	next_attempt_ms integer not null,
	sending_at integer,
	last_error text,
	created_at integer not null
) strict;
create index outbox_pending on outbox (channel, place, subject_kind, subject_id, id) where state = 'pending';

create table cards (
	seq integer primary key autoincrement,
	swap_id text not null references swaps (id),
	epoch integer not null,
	kind text not null,
	channel text not null,
	place text not null,
	receipt text not null,
	face text not null,
	state text not null check (state in ('live', 'closed')),
	unique (swap_id, epoch, kind, channel, place, receipt)
) strict;

create table clicks (
	seq integer primary key autoincrement,
	channel text not null,
	event text,
	body text not null check (json_valid(body)),
	answer text
) strict;
create unique index clicks_by_event on clicks (channel, event) where event is not null;
create index clicks_open on clicks (seq) where answer is null;

create table marks (
	key text primary key,
	value text not null
) strict, without rowid;
`;

/** What approvers are shown, and what was asked for and refused: as append-only as the facts. */
const reviewsAndAudits = `
create table reviews (
	seq integer primary key check (seq > 0),
	swap_id text not null references swaps (id),
	epoch integer not null check (epoch > 0),
	tree text not null,
	sha256 text not null,
	bytes integer not null check (bytes >= 0),
	diff text not null
) strict;
create index reviews_by_swap on reviews (swap_id, epoch, seq);
create trigger reviews_are_not_changed before update on reviews
begin select raise(abort, 'reviews are append-only'); end;
create trigger reviews_are_not_deleted before delete on reviews
begin select raise(abort, 'reviews are append-only'); end;
create trigger reviews_have_no_gap before insert on reviews
when new.seq <> (select coalesce(max(seq), 0) + 1 from reviews)
begin select raise(abort, 'reviews are appended in order'); end;

create table audits (
	seq integer primary key check (seq > 0),
	subject_kind text check (subject_kind ${isKind}),
	subject_id text,
	actor text not null,
	verb text not null,
	code text not null,
	at_ms integer not null,
	body text not null check (json_valid(body))
) strict;
create index audits_by_subject on audits (subject_kind, subject_id, seq);
create trigger audits_are_not_changed before update on audits
begin select raise(abort, 'audits are append-only'); end;
create trigger audits_are_not_deleted before delete on audits
begin select raise(abort, 'audits are append-only'); end;
create trigger audits_have_no_gap before insert on audits
when new.seq <> (select coalesce(max(seq), 0) + 1 from audits)
begin select raise(abort, 'audits are appended in order'); end;
`;

/** Who may speak over TCP, and which requests were sent already. */
const access = `
create table tokens (
	ordinal integer primary key autoincrement,
	id text not null unique,
	name text not null,
	role text not null,
	target text,
	sha256 text not null unique check (length(sha256) = 64),
	created_at integer not null,
	revoked_at integer
) strict;
create unique index tokens_in_force on tokens (name) where revoked_at is null;
create trigger tokens_are_new before insert on tokens
when exists (select 1 from tokens where id = new.id or sha256 = new.sha256 or ordinal = new.ordinal
	or (name = new.name and revoked_at is null))
begin select raise(abort, 'there is such a token'); end;
create trigger tokens_are_only_revoked before update on tokens
when old.revoked_at is not null or new.revoked_at is null
	or (new.ordinal, new.id, new.name, new.role, new.target, new.sha256, new.created_at)
	is not (old.ordinal, old.id, old.name, old.role, old.target, old.sha256, old.created_at)
begin select raise(abort, 'tokens are revoked once, and never changed'); end;
create trigger tokens_are_not_deleted before delete on tokens
begin select raise(abort, 'tokens are revoked, not deleted'); end;

create table requests (
	actor text not null,
	key text not null,
	fingerprint text not null,
	swap_id text not null,
	epoch integer not null check (epoch > 0),
	at_ms integer not null,
	primary key (actor, key)
) strict, without rowid;
create index requests_by_age on requests (at_ms);
`;

/** One order over the facts of all swaps, and over whatever else comes to be told. */
const feed = `
create table feed (
	seq integer primary key check (seq > 0),
	subject_kind text not null check (subject_kind ${isKind}),
	subject_id text not null,
	fact_seq integer not null,
	unique (subject_kind, subject_id, fact_seq)
) strict;
create trigger facts_are_fed after insert on facts
begin insert into feed (seq, subject_kind, subject_id, fact_seq)
	select coalesce(max(seq), 0) + 1, 'swap', new.swap_id, new.seq from feed; end;
create trigger feed_has_no_gap before insert on feed
when new.seq <> (select coalesce(max(seq), 0) + 1 from feed)
	or exists (select 1 from feed
		where subject_kind = new.subject_kind and subject_id = new.subject_id and fact_seq = new.fact_seq)
	or (new.subject_kind = 'swap'
		and not exists (select 1 from facts where swap_id = new.subject_id and seq = new.fact_seq))
begin select raise(abort, 'the feed is appended in order'); end;
create trigger feed_is_not_changed before update on feed
begin select raise(abort, 'the feed is append-only'); end;
create trigger feed_is_not_deleted before delete on feed
begin select raise(abort, 'the feed is append-only'); end;
`;

/** The first that outlives a release: what was written before it is refused. */
export const oldestVersion = 5;

export const migrations: readonly Migration[] = [
	{ version: 5, sql: swapsAndFacts + mail + reviewsAndAudits + access + feed },
	{ version: 6, sql: agentTables },
];

export const schemaVersion = migrations.at(-1)?.version ?? 0;

/** All missing steps in one transaction: the file is of the old schema or of the new one. */
export function migrate(database: Database, steps: readonly Migration[] = migrations): void {
	const run = database.transaction(() => {
		const found = versionOf(database);
		const missing = steps.filter(({ version }) => version > found);
		for (const { version, sql } of missing) {
			database.exec(sql);
			database.pragma(`user_version = ${version}`);
		}
		if (missing.length > 0) database.pragma(`application_id = ${applicationId}`);
	});
	run.immediate();
}

export function versionOf(database: Database): number {
	return database.pragma("user_version", { simple: true }) as number;
}

export function isJournal(database: Database): boolean {
	return database.pragma("application_id", { simple: true }) === applicationId;
}
