// The journal's one order of everything, for readers who come back, and the figures that are counted from its tables. Changes nothing.
import type { Database } from "better-sqlite3";
import type { Fact } from "../../core/facts.js";
import type { Subject } from "../../core/subject.js";
import type { Feed } from "../../ports/ports.js";
import type { Sync } from "./concern.js";

interface Row {
	readonly seq: number;
	readonly kind: Subject["kind"];
	readonly id: string;
	readonly body: string;
}

export function feedIn(database: Database): Sync<Feed> {
	return {
		feed({ after, limit }) {
			const sql = `select feed.seq as seq, subject_kind as kind, subject_id as id, facts.body as body
				from feed join facts on facts.swap_id = feed.subject_id and facts.seq = feed.fact_seq
				where feed.seq > ? and subject_kind = 'swap' order by feed.seq limit ?`;
			const rows = database.prepare<[number, number], Row>(sql).all(after, limit);
			return rows.map(({ seq, kind, id, body }) => ({ seq, subject: { kind, id }, fact: JSON.parse(body) as Fact }));
		},
		feedEnd: () => database.prepare("select coalesce(max(seq), 0) from feed").pluck().get() as number,
		figures() {
			const counts = "select status, count(*) as count from swaps group by status";
			const rows = database.prepare<[], { status: string; count: number }>(counts).all();
			const waiting = "select count(*) as count, min(created_at) as oldest from outbox where state = 'pending'";
			const pending = database.prepare<[], { count: number; oldest: number | null }>(waiting).get();
			return {
				byStatus: Object.fromEntries(rows.map(({ status, count }) => [status, count])),
				pendingMessages: pending?.count ?? 0,
				oldestPendingAtMs: pending?.oldest ?? null,
			};
		},
	};
}
