// The journal's tables of tokens and of requests that named a key. Runs in the journal's thread; decides nothing.
import type { Database } from "better-sqlite3";
import type { KeyedRequest, StoredToken } from "../../ports/ports.js";

export function keepToken(database: Database, token: StoredToken): void {
	const { id, name, role, target, sha256, createdAtMs } = token;
	database
		.prepare("insert into tokens (id, name, role, target, sha256, created_at) values (?, ?, ?, ?, ?, ?)")
		.run(id, name, role, target, sha256, Math.round(createdAtMs));
}

export function revokeToken(database: Database, id: string, atMs: number): boolean {
	const sql = "update tokens set revoked_at = ? where id = ? and revoked_at is null";
	return database.prepare(sql).run(Math.round(atMs), id).changes === 1;
}

/** Oldest first. */
export function tokensOf(database: Database): StoredToken[] {
	const sql = `select id, name, role, target, sha256, created_at as createdAtMs, revoked_at as revokedAtMs
		from tokens order by ordinal`;
	return database.prepare<[], StoredToken>(sql).all();
}

/** A key is of use while its client may still repeat the request. */
const keptMs = 30 * 24 * 60 * 60 * 1_000;

export function keepRequest(database: Database, request: KeyedRequest): void {
	const { actor, key, fingerprint, swapId, epoch, atMs } = request;
	database
		.transaction(() => {
			database.prepare("delete from requests where at_ms < ?").run(Math.round(atMs) - keptMs);
			database
				.prepare(
					`insert or replace into requests (actor, key, fingerprint, swap_id, epoch, at_ms)
					values (?, ?, ?, ?, ?, ?)`,
				)
				.run(actor, key, fingerprint, swapId, epoch, Math.round(atMs));
		})
		.immediate();
}

export function requestOf(database: Database, actor: string, key: string): KeyedRequest | null {
	const sql = `select actor, key, fingerprint, swap_id as swapId, epoch, at_ms as atMs
		from requests where actor = ? and key = ?`;
	return database.prepare<[string, string], KeyedRequest>(sql).get(actor, key) ?? null;
}
