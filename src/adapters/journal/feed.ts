// The journal's one order of everything, for readers who come back, and the figures that are counted from its tables. Changes nothing.
import type { Database } from "better-sqlite3";
import type { AgentEvent } from "../../core/agents/agent.js";
import type { Fact } from "../../core/facts.js";
import type { Subject } from "../../core/subject.js";
import type { Feed, FeedEntry } from "../../ports/ports.js";
import type { Sync } from "./concern.js";

interface Row {
	readonly seq: number;
	readonly kind: Subject["kind"];
	readonly id: string;
	/** Of a fact of a swap, or of what happened to something else. */
	readonly fact: string | null;
	readonly event: string | null;
}

export function feedIn(database: Database): Sync<Feed> {
	return {
		feed({ after, limit }) {
			const sql = `select feed.seq as seq, feed.subject_kind as kind, feed.subject_id as id, facts.body as fact, events.body as event
				from feed left join facts on feed.subject_kind = 'swap' and facts.swap_id = feed.subject_id and facts.seq = feed.fact_seq
				left join events on events.subject_kind = feed.subject_kind and events.subject_id = feed.subject_id and events.seq = feed.fact_seq
				where feed.seq > ? order by feed.seq limit ?`;
			return database.prepare<[number, number], Row>(sql).all(after, limit).map(entryOf);
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

function entryOf({ seq, kind, id, fact, event }: Row): FeedEntry {
	const subject: Subject = { kind, id };
	if (fact !== null) return { seq, subject, fact: JSON.parse(fact) as Fact };
	return { seq, subject, event: JSON.parse(event ?? "null") as AgentEvent };
}
