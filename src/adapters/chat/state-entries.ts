// What the Chat SDK remembers by key, and the threads it listens to. Each call is one transaction; the oldest of one channel go when there
// are too many.
import type { Database } from "better-sqlite3";
import { stateLimits } from "./state-limits.js";

/** `expiresAtMs` is wall-clock milliseconds; null: kept until it is deleted. `value` is JSON. */
export interface Entry {
	readonly channel: string;
	readonly key: string;
	readonly value: string;
	readonly expiresAtMs: number | null;
}

export function entryMethods(database: Database) {
	const select = database
		.prepare("select value from entries where channel = ? and key = ? and (expires_at_ms is null or expires_at_ms > ?)")
		.pluck();
	const replace = database.prepare(
		"insert or replace into entries (channel, key, value, expires_at_ms) values (:channel, :key, :value, :expiresAtMs)",
	);
	const remove = database.prepare("delete from entries where channel = ? and key = ?");
	const trim = trimmerOf(database, "entries");
	const get = (channel: string, key: string, nowMs: number) =>
		(select.get(channel, key, nowMs) as string | undefined) ?? null;
	const set = (entry: Entry) => {
		replace.run(entry);
		trim(entry.channel);
	};
	return {
		get,
		set: immediate(database, set),
		setIfNotExists: immediate(database, (entry: Entry, nowMs: number) => {
			if (get(entry.channel, entry.key, nowMs) !== null) return false;
			set(entry);
			return true;
		}),
		remove: (channel: string, key: string) => void remove.run(channel, key),
	};
}

export function subscriptionMethods(database: Database) {
	const select = database.prepare("select 1 from subscriptions where channel = ? and key = ?").pluck();
	const insert = database.prepare("insert or ignore into subscriptions (channel, key) values (?, ?)");
	const remove = database.prepare("delete from subscriptions where channel = ? and key = ?");
	const trim = trimmerOf(database, "subscriptions");
	return {
		subscribe: immediate(database, (channel: string, key: string) => {
			insert.run(channel, key);
			trim(channel);
		}),
		unsubscribe: (channel: string, key: string) => void remove.run(channel, key),
		isSubscribed: (channel: string, key: string) => select.get(channel, key) !== undefined,
	};
}

/** A transaction that takes the write lock first, so that a second connection waits instead of failing half-way. */
export function immediate<A extends unknown[], R>(database: Database, work: (...values: A) => R): (...values: A) => R {
	const transaction = database.transaction(work);
	return (...values) => transaction.immediate(...values) as R;
}

export function trimmerOf(database: Database, table: "entries" | "subscriptions" | "lists" | "locks") {
	const count = database.prepare(`select count(*) from ${table} where channel = ?`).pluck();
	const oldest = database.prepare(
		`delete from ${table} where rowid in (select rowid from ${table} where channel = ? order by rowid limit ?)`,
	);
	return (channel: string): boolean => {
		const over = (count.get(channel) as number) - stateLimits.rows;
		if (over > 0) oldest.run(channel, over);
		return over > 0;
	};
}
