// The file of what the Chat SDK remembers: makes it, opens it durably, and sets a damaged one aside. It is a memory, never evidence: no
// verdict hangs on it, so losing it costs a reminder at most and never keeps a channel from starting.
import { chmodSync, closeSync, openSync, renameSync, rmSync } from "node:fs";
import SqliteDatabase, { type Database, SqliteError } from "better-sqlite3";

const BUSY_TIMEOUT_MS = 5_000;
const FULL = 2;
/** "dmch" */
const APPLICATION_ID = 0x646d6368;
const VERSION = 1;

/** A row is as old as its rowid: what is written again gets a new one. `expires_at_ms` null: never. */
const schema = `
	create table entries (channel text not null, key text not null, value text not null, expires_at_ms integer,
		primary key (channel, key));
	create table subscriptions (channel text not null, key text not null, primary key (channel, key));
	create table locks (channel text not null, key text not null, token text not null, expires_at_ms integer not null,
		primary key (channel, key));
	create table lists (channel text not null, key text not null, expires_at_ms integer, primary key (channel, key));
	create table items (seq integer primary key autoincrement, channel text not null, key text not null, value text not null);
	create table queued (seq integer primary key autoincrement, channel text not null, key text not null, value text not null,
		expires_at_ms integer not null);
	create index items_of on items (channel, key, seq);
	create index queued_of on queued (channel, key, seq);
	create index entries_by_expiry on entries (expires_at_ms) where expires_at_ms is not null;
	create index lists_by_expiry on lists (expires_at_ms) where expires_at_ms is not null;
	create index locks_by_expiry on locks (expires_at_ms);
	create index queued_by_expiry on queued (expires_at_ms);
`;

export interface Opened {
	readonly database: Database;
	/** Where a damaged file was put, which this one replaces; null: there was none. */
	readonly setAside: string | null;
}

/** Makes the file where there is none. Throws where it is of a newer deadman, of somebody else, or cannot be written. */
export function openStateFile(file: string): Opened {
	try {
		return { database: prepared(file), setAside: null };
	} catch (error) {
		if (!isDamage(error)) throw error;
		const setAside = `${file}.damaged`;
		renameSync(file, setAside);
		for (const suffix of ["-wal", "-shm"]) rmSync(`${file}${suffix}`, { force: true });
		return { database: prepared(file), setAside };
	}
}

class Damaged extends Error {}

function isDamage(error: unknown): boolean {
	if (error instanceof Damaged) return true;
	return error instanceof SqliteError && /^SQLITE_(NOTADB|CORRUPT)/.test(error.code);
}

function prepared(file: string): Database {
	closeSync(openSync(file, "a", 0o600));
	chmodSync(file, 0o600);
	const database = new SqliteDatabase(file, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
	try {
		database.pragma("journal_mode = WAL");
		database.pragma("synchronous = FULL");
		migrate(database, file);
		inspect(database, file);
		return database;
	} catch (error) {
		database.close();
		throw error;
	}
}

/** In one transaction, and looked at again inside it: two processes may open a new file at once. */
function migrate(database: Database, file: string): void {
	const make = database.transaction(() => {
		if (versionOf(database) >= VERSION || tablesOf(database) > 0) return;
		database.exec(schema);
		database.pragma(`application_id = ${APPLICATION_ID}`);
		database.pragma(`user_version = ${VERSION}`);
	});
	make.immediate();
	if (database.pragma("application_id", { simple: true }) !== APPLICATION_ID) {
		throw new Error(`${file} is no file of deadman's chat channels. Move it away, or set another stateDir.`);
	}
	const found = versionOf(database);
	if (found > VERSION) {
		throw new Error(`${file} is of a newer deadman (schema ${found}, this one knows ${VERSION}). Start the newer one.`);
	}
}

function versionOf(database: Database): number {
	return database.pragma("user_version", { simple: true }) as number;
}

function tablesOf(database: Database): number {
	return database.prepare("select count(*) from sqlite_schema").pluck().get() as number;
}

/** In WAL mode better-sqlite3 falls to synchronous=NORMAL silently. */
function inspect(database: Database, file: string): void {
	const verdict = database.pragma("quick_check(1)", { simple: true });
	if (verdict !== "ok") throw new Damaged(`${file}: ${String(verdict)}`);
	const synchronous = database.pragma("synchronous", { simple: true });
	const mode = database.pragma("journal_mode", { simple: true });
	if (synchronous !== FULL || mode !== "wal") {
		throw new Error(`${file} is not durable: synchronous=${String(synchronous)}, journal_mode=${String(mode)}.`);
	}
}
