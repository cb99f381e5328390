// The journal's outbox: messages that are written with the facts that cause them, and what their channels answered. Sends nothing.
import type { Database } from "better-sqlite3";
import type { Batch, Journal, Message } from "../../ports.js";

/** A later card replaces one of its kind still waiting, because it will be rendered from the newer state: there are never two. What has words of its own stays. */
export function enqueue(database: Database, { swapId, messages }: Batch, nowMs: number): void {
	const supersede = database.prepare(
		"update outbox set state = 'superseded' where swap_id = ? and channel = ? and kind = ? and state = 'pending'",
	);
	const insert = database.prepare(
		`insert into outbox (swap_id, epoch, channel, kind, text, next_attempt_ms, created_at)
		values (?, ?, ?, ?, ?, ?, ?)`,
	);
	for (const { channel, epoch, kind, text } of messages) {
		if (kind !== "notice" && kind !== "outcome") supersede.run(swapId, channel, kind);
		insert.run(swapId, epoch, channel, kind, text, nowMs, nowMs);
	}
}

/** The oldest pending message of every thread (one swap on one channel): the ones behind it wait for it. */
const heads = `(select min(id) as id from outbox where state = 'pending' group by channel, swap_id)`;

export function dueOf(database: Database, nowMs: number, limit: number): Message[] {
	const sql = `select id, swap_id as swapId, channel, epoch, kind, text, attempts, created_at as createdAtMs
		from outbox where id in ${heads} and next_attempt_ms <= ? order by id limit ?`;
	return database.prepare<[number, number], Message>(sql).all(nowMs, limit);
}

export function nextDueMsOf(database: Database): number | null {
	const sql = `select min(next_attempt_ms) as ms from outbox where id in ${heads}`;
	return database.prepare<[], { ms: number | null }>(sql).get()?.ms ?? null;
}

export type ReceiptRequest = Parameters<Journal["receipt"]>[0];

export function receiptOf(database: Database, request: ReceiptRequest): string | null {
	const sql = `select receipt from outbox where swap_id = @swapId and epoch = @epoch and channel = @channel
		and kind = @kind and receipt is not null order by id desc limit 1`;
	return database.prepare<[ReceiptRequest], { receipt: string }>(sql).get(request)?.receipt ?? null;
}

/** A card that was replaced while it was being sent still brings its receipt: the next one edits it. */
export function settle(database: Database, messageId: number, receipt: string | null): void {
	const sql = `update outbox set receipt = coalesce(?, receipt),
		state = case state when 'pending' then 'settled' else state end where id = ?`;
	database.prepare(sql).run(receipt, messageId);
}

export function postpone(database: Database, messageId: number, nextAttemptMs: number, error: string): void {
	const sql = `update outbox set attempts = attempts + 1, next_attempt_ms = ?, last_error = ?
		where id = ? and state = 'pending'`;
	database.prepare(sql).run(Math.ceil(nextAttemptMs), error, messageId);
}
