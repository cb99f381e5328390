// The journal's outbox: messages that are written with the facts that cause them, and what their channels answered. Sends nothing.
import type { Database } from "better-sqlite3";
import { type Subject, swapSubject } from "../../core/subject.js";
import type { Backlog, Batch, Message, NewMessage, Outbox, Posted } from "../../ports/ports.js";
import { type Sync, whole } from "./concern.js";

/** A later card replaces one of its kind still waiting for the same place, because it will be rendered from the newer state: there are never two. What has words of its own stays. */
export function enqueue(database: Database, { swapId, messages }: Batch, nowMs: number): void {
	for (const message of messages) put(database, swapSubject(swapId), { ...message, nowMs });
}

/** The oldest pending message of every thread (one subject in one place of a channel): the ones behind it wait for it. */
const heads = `(select min(id) as id from outbox where state = 'pending' group by channel, place, subject_kind, subject_id)`;

const stretch = 16_384;

interface Row extends Omit<Message, "subject"> {
	readonly subjectKind: Subject["kind"];
	readonly subjectId: string;
}

/** `now`: when a new message is due, in wall-clock milliseconds. */
export function outboxIn(database: Database, now: () => number): Sync<Outbox> {
	return {
		due(nowMs, limit) {
			const sql = `select id, subject_kind as subjectKind, subject_id as subjectId, channel, place, epoch, kind, text,
				attempts, created_at as createdAtMs, sending_at as sendingAtMs
				from outbox where id in ${heads} and next_attempt_ms <= ? order by id limit ?`;
			const rows = database.prepare<[number, number], Row>(sql).all(nowMs, limit);
			return rows.map(({ subjectKind: kind, subjectId: id, ...message }) => ({ ...message, subject: { kind, id } }));
		},
		nextDueMs() {
			const sql = `select min(next_attempt_ms) as ms from outbox where id in ${heads}`;
			return database.prepare<[], { ms: number | null }>(sql).get()?.ms ?? null;
		},
		/** The first time counts. */
		sending(messageId, atMs) {
			const sql = "update outbox set sending_at = ? where id = ? and sending_at is null";
			database.prepare(sql).run(whole(atMs), messageId);
		},
		settle(messageId) {
			database.prepare("update outbox set state = 'settled' where id = ? and state = 'pending'").run(messageId);
		},
		drop(messageId) {
			database.prepare("update outbox set state = 'superseded' where id = ? and state = 'pending'").run(messageId);
		},
		settledNotices: (asked) => settledNotices(database, asked),
		postpone(messageId, nextAttemptMs, error) {
			const sql = `update outbox set attempts = attempts + 1, next_attempt_ms = ?, last_error = ?
				where id = ? and state = 'pending'`;
			database.prepare(sql).run(Math.ceil(nextAttemptMs), error, messageId);
		},
		post: (subject, messages) => database.transaction(() => post(database, subject, messages, now())).immediate(),
		/** The newest error is the one to show. */
		backlog() {
			const sql = `select channel, count(*) as pending, min(created_at) as oldestAtMs,
				(select last_error from outbox as newest where newest.channel = outbox.channel and newest.state = 'pending'
					and newest.last_error is not null order by newest.id desc limit 1) as lastError
				from outbox where state = 'pending' group by channel order by channel`;
			return database.prepare<[], Backlog>(sql).all();
		},
		forget(keep) {
			const sql = `delete from outbox where state <> 'pending'
				and id < (select id from outbox where state <> 'pending' order by id desc limit 1 offset ?)`;
			return database.prepare(sql).run(Math.max(0, keep - 1)).changes;
		},
	};
}

/** Written in one transaction with what asks for them, so that a stretch of the table is enough. */
function settledNotices(
	database: Database,
	{ swapId, epoch, channel, place, before }: Parameters<Outbox["settledNotices"]>[0],
): string[] {
	const sql = `select text from outbox where id >= ? and id < ? and subject_kind = ? and subject_id = ? and epoch = ?
		and channel = ? and place = ? and kind = 'notice' and state = 'settled' and text is not null order by id`;
	const { kind, id } = swapSubject(swapId);
	const about = [Math.max(0, before - stretch), before, kind, id, epoch, channel, place];
	const rows = database.prepare<unknown[], { text: string }>(sql).all(...about);
	return rows.map(({ text }) => text);
}

/** Nothing that is there already, in whatever state it is. */
function post(database: Database, subject: Subject, messages: readonly Posted[], nowMs: number): number {
	const same = database.prepare(
		`select 1 from outbox where subject_kind = @kindOf and subject_id = @id and epoch = @epoch and channel = @channel
		and place = @place and kind = @kind and text is @text`,
	);
	const about = { kindOf: subject.kind, id: subject.id };
	const added = messages.filter(
		({ epoch, channel, place, kind, text }) => same.get({ ...about, epoch, channel, place, kind, text }) === undefined,
	);
	for (const message of added) put(database, subject, { ...message, nowMs });
	return added.length;
}

function put(database: Database, subject: Subject, message: NewMessage & { readonly nowMs: number }): void {
	const { channel, epoch, kind, text, place = "", notBeforeMs = null, nowMs } = message;
	if (kind !== "notice" && kind !== "outcome") {
		database
			.prepare(
				`update outbox set state = 'superseded' where subject_kind = ? and subject_id = ? and channel = ? and place = ?
				and kind = ? and state = 'pending'`,
			)
			.run(subject.kind, subject.id, channel, place, kind);
	}
	const dueMs = Math.max(nowMs, Math.ceil(notBeforeMs ?? nowMs));
	database
		.prepare(
			`insert into outbox (subject_kind, subject_id, epoch, channel, place, kind, text, next_attempt_ms, created_at)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		)
		.run(subject.kind, subject.id, epoch, channel, place, kind, text, dueMs, nowMs);
}
