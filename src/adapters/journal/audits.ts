// The journal's table of refused requests: who wanted what, in the order in which it came.
import type { Database } from "better-sqlite3";
import { actorName } from "../../core/swap.js";
import type { AuditEntry, Audits } from "../../ports/ports.js";
import type { Sync } from "./concern.js";

export function auditsIn(database: Database): Sync<Audits> {
	return {
		/** The subject may be one that does not exist: the request that named it was refused all the same. */
		audit(entry) {
			const { subject, by, verb, code, atMs } = entry;
			database
				.prepare(
					`insert into audits (seq, subject_kind, subject_id, actor, verb, code, at_ms, body)
					select coalesce(max(seq), 0) + 1, ?, ?, ?, ?, ?, ?, ? from audits`,
				)
				.run(subject?.kind, subject?.id, actorName(by), verb, code, Math.round(atMs), JSON.stringify(entry));
		},
		audits({ subject, limit }) {
			const about = subject === null ? "" : "where subject_kind = ? and subject_id = ?";
			const values = subject === null ? [] : [subject.kind, subject.id];
			const sql = `select body from audits ${about} order by seq desc limit ?`;
			const rows = database.prepare<unknown[], { body: string }>(sql).all(...values, limit);
			return rows.map(({ body }) => JSON.parse(body) as AuditEntry);
		},
	};
}
