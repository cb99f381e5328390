// The journal's tables of tokens and of requests that named a key. Decides nothing.
import type { Database } from "better-sqlite3";
import type { KeyedRequest, Requests, StoredToken, Tokens } from "../../ports/ports.js";
import { type Sync, whole } from "./concern.js";

export function tokensIn(database: Database): Sync<Tokens> {
	return {
		keepToken({ id, name, role, target, sha256, createdAtMs }) {
			database
				.prepare("insert into tokens (id, name, role, target, sha256, created_at) values (?, ?, ?, ?, ?, ?)")
				.run(id, name, role, target, sha256, whole(createdAtMs));
		},
		revokeToken(id, atMs) {
			const sql = "update tokens set revoked_at = ? where id = ? and revoked_at is null";
			return database.prepare(sql).run(whole(atMs), id).changes === 1;
		},
		tokens() {
			const sql = `select id, name, role, target, sha256, created_at as createdAtMs, revoked_at as revokedAtMs
				from tokens order by ordinal`;
			return database.prepare<[], StoredToken>(sql).all();
		},
	};
}

/** A key is of use while its client may still repeat the request. */
const keptMs = 30 * 24 * 60 * 60 * 1_000;

export function requestsIn(database: Database): Sync<Requests> {
	function keepRequest({ actor, key, fingerprint, swapId, epoch, atMs }: KeyedRequest): void {
		database.prepare("delete from requests where at_ms < ?").run(whole(atMs) - keptMs);
		database
			.prepare(
				`insert or replace into requests (actor, key, fingerprint, swap_id, epoch, at_ms)
				values (?, ?, ?, ?, ?, ?)`,
			)
			.run(actor, key, fingerprint, swapId, epoch, whole(atMs));
	}

	return {
		keepRequest: (request) => database.transaction(() => keepRequest(request)).immediate(),
		request(actor, key) {
			const sql = `select actor, key, fingerprint, swap_id as swapId, epoch, at_ms as atMs
				from requests where actor = ? and key = ?`;
			return database.prepare<[string, string], KeyedRequest>(sql).get(actor, key) ?? null;
		},
	};
}
