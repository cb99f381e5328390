// Locks of the Chat SDK: one holder per thread, known by a token, until it lets go or its time is up. A lock is taken and kept by comparing,
// in one transaction; what has expired is never brought back.
import { randomUUID } from "node:crypto";
import type { Database } from "better-sqlite3";
import { immediate, trimmerOf } from "./state-entries.js";

/** Wall-clock milliseconds. */
export interface Held {
	readonly token: string;
	readonly expiresAtMs: number;
}

export function lockMethods(database: Database) {
	const dropExpired = database.prepare("delete from locks where channel = ? and key = ? and expires_at_ms <= ?");
	const insert = database.prepare(
		"insert or ignore into locks (channel, key, token, expires_at_ms) values (?, ?, ?, ?)",
	);
	const extend = database.prepare(
		"update locks set expires_at_ms = ? where channel = ? and key = ? and token = ? and expires_at_ms > ?",
	);
	const release = database.prepare("delete from locks where channel = ? and key = ? and token = ?");
	const force = database.prepare("delete from locks where channel = ? and key = ?");
	const trim = trimmerOf(database, "locks");
	return {
		acquireLock: immediate(database, (channel: string, key: string, ttlMs: number, nowMs: number): Held | null => {
			dropExpired.run(channel, key, nowMs);
			const held = { token: randomUUID(), expiresAtMs: nowMs + ttlMs };
			if (insert.run(channel, key, held.token, held.expiresAtMs).changes === 0) return null;
			trim(channel);
			return held;
		}),
		extendLock: (channel: string, key: string, token: string, times: { expiresAtMs: number; nowMs: number }) =>
			extend.run(times.expiresAtMs, channel, key, token, times.nowMs).changes === 1,
		releaseLock: (channel: string, key: string, token: string) => void release.run(channel, key, token),
		forceReleaseLock: (channel: string, key: string) => void force.run(channel, key),
	};
}
