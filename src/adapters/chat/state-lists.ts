// Lists and queues of the Chat SDK, in the order in which they were added to. Both are bounded, and the oldest goes first.
import type { Database } from "better-sqlite3";
import { type Entry, immediate, trimmerOf } from "./state-entries.js";
import { stateLimits } from "./state-limits.js";

export function listMethods(database: Database) {
	const touch = database.prepare(
		"insert or replace into lists (channel, key, expires_at_ms) values (:channel, :key, :expiresAtMs)",
	);
	const dropExpired = database.prepare("delete from lists where channel = ? and key = ? and expires_at_ms <= ?");
	const dropItems = database.prepare("delete from items where channel = ? and key = ?");
	const dropOrphans = database.prepare(
		"delete from items where channel = ? and key not in (select key from lists where channel = ?)",
	);
	const insert = database.prepare("insert into items (channel, key, value) values (:channel, :key, :value)");
	const select = database
		.prepare(
			`select value from items join lists using (channel, key)
			where channel = ? and key = ? and (expires_at_ms is null or expires_at_ms > ?) order by seq`,
		)
		.pluck();
	const trimItems = newestOf(database, "items");
	const trimLists = trimmerOf(database, "lists");
	return {
		appendToList: immediate(database, (entry: Entry, maxLength: number, nowMs: number) => {
			const { channel, key } = entry;
			if (dropExpired.run(channel, key, nowMs).changes > 0) dropItems.run(channel, key);
			touch.run(entry);
			insert.run(entry);
			trimItems(channel, key, maxLength);
			if (trimLists(channel)) dropOrphans.run(channel, channel);
		}),
		getList: (channel: string, key: string, nowMs: number) => select.all(channel, key, nowMs) as string[],
	};
}

/** Of a queued message `expiresAtMs` is the message's own. */
export function queueMethods(database: Database) {
	const insert = database.prepare(
		"insert into queued (channel, key, value, expires_at_ms) values (:channel, :key, :value, :expiresAtMs)",
	);
	const dropExpired = database.prepare("delete from queued where channel = ? and key = ? and expires_at_ms <= ?");
	const pop = database
		.prepare(
			"delete from queued where seq = (select min(seq) from queued where channel = ? and key = ?) returning value",
		)
		.pluck();
	const count = database
		.prepare("select count(*) from queued where channel = ? and key = ? and expires_at_ms > ?")
		.pluck();
	const trim = newestOf(database, "queued");
	const depth = (channel: string, key: string, nowMs: number) => count.get(channel, key, nowMs) as number;
	return {
		enqueue: immediate(database, (entry: Entry, maxSize: number, nowMs: number) => {
			const { channel, key } = entry;
			dropExpired.run(channel, key, nowMs);
			insert.run(entry);
			trim(channel, key, maxSize);
			return depth(channel, key, nowMs);
		}),
		dequeue: immediate(database, (channel: string, key: string, nowMs: number) => {
			dropExpired.run(channel, key, nowMs);
			return (pop.get(channel, key) as string | undefined) ?? null;
		}),
		queueDepth: depth,
	};
}

function newestOf(database: Database, table: "items" | "queued") {
	const trim = database.prepare(
		`delete from ${table} where channel = :channel and key = :key and seq not in
		(select seq from ${table} where channel = :channel and key = :key order by seq desc limit :keep)`,
	);
	return (channel: string, key: string, max: number) => {
		trim.run({ channel, key, keep: Math.min(max, stateLimits.items) });
	};
}
