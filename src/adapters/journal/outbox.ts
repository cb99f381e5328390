// The journal's outbox: messages that are written with the facts that cause them, and what their channels answered. Sends nothing.
import type { Database } from "better-sqlite3";
import type { Backlog, Batch, Message, NewMessage, Posted } from "../../ports/ports.js";

/** A later card replaces one of its kind still waiting for the same place, because it will be rendered from the newer state: there are never two. What has words of its own stays. */
export function enqueue(database: Database, { swapId, messages }: Batch, nowMs: number): void {
	for (const message of messages) put(database, swapId, { ...message, nowMs });
}

/** Nothing that is there already, in whatever state it is. Answers with how many were new. */
export function post(database: Database, swapId: string, messages: readonly Posted[], nowMs: number): number {
	const same = database.prepare(
		`select 1 from outbox where swap_id = @swapId and epoch = @epoch and channel = @channel and place = @place
		and kind = @kind and text is @text`,
	);
	const run = database.transaction(() => {
		const added = messages.filter(
			({ epoch, channel, place, kind, text }) => same.get({ swapId, epoch, channel, place, kind, text }) === undefined,
		);
		for (const message of added) put(database, swapId, { ...message, nowMs });
		return added.length;
	});
	return run.immediate();
}

function put(database: Database, swapId: string, message: NewMessage & { readonly nowMs: number }): void {
	const { channel, epoch, kind, text, place = "", notBeforeMs = null, nowMs } = message;
	if (kind !== "notice" && kind !== "outcome") {
		database
			.prepare(
				`update outbox set state = 'superseded'
				where swap_id = ? and channel = ? and place = ? and kind = ? and state = 'pending'`,
			)
			.run(swapId, channel, place, kind);
	}
	database
		.prepare(
			`insert into outbox (swap_id, epoch, channel, place, kind, text, next_attempt_ms, created_at)
			values (?, ?, ?, ?, ?, ?, ?, ?)`,
		)
		.run(swapId, epoch, channel, place, kind, text, Math.max(nowMs, Math.ceil(notBeforeMs ?? nowMs)), nowMs);
}

/** The oldest pending message of every thread (one swap in one place of a channel): the ones behind it wait for it. */
const heads = `(select min(id) as id from outbox where state = 'pending' group by channel, place, swap_id)`;

export function dueOf(database: Database, nowMs: number, limit: number): Message[] {
	const sql = `select id, swap_id as swapId, channel, place, epoch, kind, text, attempts, created_at as createdAtMs,
		sending_at as sendingAtMs from outbox where id in ${heads} and next_attempt_ms <= ? order by id limit ?`;
	return database.prepare<[number, number], Message>(sql).all(nowMs, limit);
}

export function nextDueMsOf(database: Database): number | null {
	const sql = `select min(next_attempt_ms) as ms from outbox where id in ${heads}`;
	return database.prepare<[], { ms: number | null }>(sql).get()?.ms ?? null;
}

/** The first time counts. */
export function sending(database: Database, messageId: number, atMs: number): void {
	database
		.prepare("update outbox set sending_at = ? where id = ? and sending_at is null")
		.run(Math.round(atMs), messageId);
}

export function settle(database: Database, messageId: number): void {
	database.prepare("update outbox set state = 'settled' where id = ? and state = 'pending'").run(messageId);
}

export function postpone(database: Database, messageId: number, nextAttemptMs: number, error: string): void {
	const sql = `update outbox set attempts = attempts + 1, next_attempt_ms = ?, last_error = ?
		where id = ? and state = 'pending'`;
	database.prepare(sql).run(Math.ceil(nextAttemptMs), error, messageId);
}

/** The newest error is the one to show. */
export function backlogOf(database: Database): Backlog[] {
	const sql = `select channel, count(*) as pending, min(created_at) as oldestAtMs,
		(select last_error from outbox as newest where newest.channel = outbox.channel and newest.state = 'pending'
			and newest.last_error is not null order by newest.id desc limit 1) as lastError
		from outbox where state = 'pending' group by channel order by channel`;
	return database.prepare<[], Backlog>(sql).all();
}
