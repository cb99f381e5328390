// Removes what has expired: once at the beginning, and then beside the calls, at most once in a while.
import type { Database } from "better-sqlite3";
import { immediate } from "./state-entries.js";
import { stateLimits } from "./state-limits.js";

export function sweepOf(database: Database): (nowMs: number) => void {
	const doomed = ["entries", "locks", "lists", "queued"].map((table) =>
		database.prepare(`delete from ${table} where expires_at_ms <= ?`),
	);
	const orphans = database.prepare(
		"delete from items where not exists (select 1 from lists where lists.channel = items.channel and lists.key = items.key)",
	);
	const sweep = immediate(database, (nowMs: number) => {
		for (const statement of doomed) statement.run(nowMs);
		orphans.run();
	});
	let lastMs = Number.NEGATIVE_INFINITY;
	return (nowMs) => {
		// Also where the clock was set back.
		if (Math.abs(nowMs - lastMs) < stateLimits.sweepMs) return;
		lastMs = nowMs;
		try {
			sweep(nowMs);
		} catch {
			// A full or busy disk: what is read next is read by its expiry, so the rest can stay until the next time.
		}
	};
}
