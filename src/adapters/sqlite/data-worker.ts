// The child process's entry: does one job after the other on the program's databases, and dies with its supervisor.
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import SqliteDatabase, { type Database, SqliteError } from "better-sqlite3";
import { countChanges } from "./changes.js";
import type { JobAnswers, JobKind, Reply } from "./data-jobs.js";
import { fingerprintOf } from "./fingerprint.js";
import { checkLive, settleCopy } from "./integrity.js";
import { replayRows } from "./replaying.js";

type Jobs = { [K in JobKind]: (request: JobAnswers[K]["request"]) => JobAnswers[K]["answer"] };

const jobs: Jobs = {
	hold: ({ files }) => files.find((file) => !hold(file)) ?? null,
	check: ({ file }) => checkLive(file),
	settle: ({ file }) => settleCopy(file),
	fingerprint: ({ file }) => reading(file, fingerprintOf),
	count: countChanges,
	replay: replayRows,
};

/** Never closed: a closing connection would checkpoint, and the database must stay as its program left it. */
const held: Database[] = [];

/**
 * In exclusive mode SQLite keeps the index of the log in memory, so that nothing appears beside the database. Only the rollback journal of
 * a killed transaction is played back, as the next start of the program would.
 */
function hold(file: string): boolean {
	if (!existsSync(file) || isQuietWal(file)) return true;
	try {
		const database = new SqliteDatabase(file, { fileMustExist: true, timeout: 0 });
		held.push(database);
		database.pragma("locking_mode = EXCLUSIVE");
		database.exec("begin exclusive");
		return true;
	} catch (error) {
		if (!(error instanceof SqliteError)) throw error;
		return !error.code.startsWith("SQLITE_BUSY");
	}
}

/** In WAL mode every connection has a -wal; without one there is nobody, and looking closer would make one. */
function isQuietWal(file: string): boolean {
	if (existsSync(`${file}-wal`) || existsSync(`${file}-journal`)) return false;
	const header = Buffer.alloc(20);
	const descriptor = openSync(file, "r");
	try {
		readSync(descriptor, header, 0, header.length, 0);
	} finally {
		closeSync(descriptor);
	}
	return header[18] === 2;
}

function reading<T>(file: string, read: (database: Database) => T): T {
	const database = new SqliteDatabase(file, { readonly: true, fileMustExist: true });
	try {
		return read(database);
	} finally {
		database.close();
	}
}

function replyTo({ kind, request }: { kind: JobKind; request: never }): Reply {
	try {
		return { ok: true, answer: jobs[kind](request) };
	} catch (error) {
		return { ok: false, message: error instanceof Error ? error.message : String(error) };
	}
}

process.on("message", (message) => process.send?.(replyTo(message as never)));
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
