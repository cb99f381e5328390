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
	hold: ({ files, waitMs }) => {
		const until = performance.now() + waitMs;
		return files.find((file) => !hold(file, until)) ?? null;
	},
	check: ({ file }) => checkLive(file),
	settle: ({ file }) => settleCopy(file),
	fingerprint: ({ file }) => reading(file, fingerprintOf),
	count: countChanges,
	replay: replayRows,
};

/** Never closed: a closing connection would checkpoint, and the database must stay as its program left it. */
const held: Database[] = [];

const PAUSE_MS = 20;

/**
 * In exclusive mode SQLite keeps the index of the log in memory, so that nothing appears beside the database. Only the rollback journal of
 * a killed transaction is played back, as the next start of the program would.
 */
function hold(file: string, until: number): boolean {
	if (!existsSync(file) || isQuietWal(file)) return true;
	const database = new SqliteDatabase(file, { fileMustExist: true, timeout: 0 });
	held.push(database);
	while (!locks(database)) {
		if (performance.now() >= until) return false;
		pause();
	}
	return true;
}

/** A database too broken to be locked counts as locked: nobody works with it. */
function locks(database: Database): boolean {
	try {
		database.pragma("locking_mode = EXCLUSIVE");
		database.exec("begin exclusive");
		return true;
	} catch (error) {
		if (!(error instanceof SqliteError)) throw error;
		return !["SQLITE_BUSY", "SQLITE_PROTOCOL"].some((code) => error.code.startsWith(code));
	}
}

/** This process does nothing else meanwhile. A lock of a process that is just dying goes within milliseconds. */
function pause(): void {
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
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
		const { code } = error as { readonly code?: unknown };
		const message = error instanceof Error ? error.message : String(error);
		return { ok: false, message, code: typeof code === "string" ? code : null };
	}
}

process.on("message", (message) => process.send?.(replyTo(message as never)));
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
