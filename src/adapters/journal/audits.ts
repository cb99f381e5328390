// The journal's table of refused requests: who wanted what, in the order in which it came. Runs in the journal's thread.
import type { Database } from "better-sqlite3";
import { actorName } from "../../core/swap.js";
import type { AuditEntry } from "../../ports/ports.js";

/** The swap may be one that does not exist: the request that named it was refused all the same. */
export function addAudit(database: Database, entry: AuditEntry): void {
	const { swapId, by, verb, code, atMs } = entry;
	database
		.prepare(
			`insert into audits (seq, swap_id, actor, verb, code, at_ms, body)
			select coalesce(max(seq), 0) + 1, ?, ?, ?, ?, ?, ? from audits`,
		)
		.run(swapId, actorName(by), verb, code, Math.round(atMs), JSON.stringify(entry));
}

export interface AuditsRequest {
	/** Null: of everything. */
	readonly swapId: string | null;
	readonly limit: number;
}

/** Newest first. */
export function auditsOf(database: Database, { swapId, limit }: AuditsRequest): AuditEntry[] {
	const sql = `select body from audits ${swapId === null ? "" : "where swap_id = ?"} order by seq desc limit ?`;
	const values = swapId === null ? [limit] : [swapId, limit];
	const rows = database.prepare<unknown[], { body: string }>(sql).all(...values);
	return rows.map(({ body }) => JSON.parse(body) as AuditEntry);
}
