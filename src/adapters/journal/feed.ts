// The journal's one order of all facts, for readers who come back, and the figures that are counted from its tables. Changes nothing.
import type { Database } from "better-sqlite3";
import type { Fact } from "../../core/facts.js";
import type { FeedEntry, JournalFigures } from "../../ports/ports.js";

interface Row {
	readonly seq: number;
	readonly swapId: string;
	readonly body: string;
}

export function feedOf(database: Database, request: { readonly after: number; readonly limit: number }): FeedEntry[] {
	const sql = `select feed.seq as seq, feed.swap_id as swapId, facts.body as body
		from feed join facts on facts.swap_id = feed.swap_id and facts.seq = feed.fact_seq
		where feed.seq > ? order by feed.seq limit ?`;
	const rows = database.prepare<[number, number], Row>(sql).all(request.after, request.limit);
	return rows.map(({ seq, swapId, body }) => ({ seq, swapId, fact: JSON.parse(body) as Fact }));
}

export function feedEndOf(database: Database): number {
	return database.prepare("select coalesce(max(seq), 0) from feed").pluck().get() as number;
}

export function figuresOf(database: Database): JournalFigures {
	const rows = database
		.prepare<[], { status: string; count: number }>("select status, count(*) as count from swaps group by status")
		.all();
	const pending = database
		.prepare<[], { count: number; oldest: number | null }>(
			"select count(*) as count, min(created_at) as oldest from outbox where state = 'pending'",
		)
		.get();
	return {
		byStatus: Object.fromEntries(rows.map(({ status, count }) => [status, count])),
		pendingMessages: pending?.count ?? 0,
		oldestPendingAtMs: pending?.oldest ?? null,
	};
}
