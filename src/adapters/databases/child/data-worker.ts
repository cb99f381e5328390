// The child process's entry: does one job after the other on the program's databases, and dies with its supervisor.
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import SqliteDatabase, { type Database, SqliteError } from "better-sqlite3";
import { countChanges } from "./changes.js";
import type { JobAnswers, JobKind, Reply } from "./data-jobs.js";
import { checkLive } from "./integrity.js";
import { copyHashed, match } from "./matching.js";
import { replayRows } from "./replaying.js";
import { sealCopy } from "./sealing.js";

type Answer<K extends JobKind> = JobAnswers[K]["answer"];
type Jobs = { [K in JobKind]: (request: JobAnswers[K]["request"]) => Answer<K> | Promise<Answer<K>> };

const jobs: Jobs = {
	hold: ({ files, waitMs }) => {
		const until = performance.now() + waitMs;
		return files.find((file) => !hold(file, until)) ?? null;
	},
	check: ({ file }) => checkLive(file),
	match,
	seal: ({ file }) => sealCopy(file),
	copy: copyHashed,
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

async function replyTo({ kind, request }: { kind: JobKind; request: never }): Promise<Reply> {
	try {
		return { ok: true, answer: await jobs[kind](request) };
	} catch (error) {
		const { code } = error as { readonly code?: unknown };
		const message = error instanceof Error ? error.message : String(error);
		return { ok: false, message, code: typeof code === "string" ? code : null };
	}
}

process.on("message", async (message) => process.send?.(await replyTo(message as never)));
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
