// Opens the journal's file: creates it whole or not at all, migrates an older one, refuses what is newer, damaged or not ours.
import { chmodSync, closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import SqliteDatabase, { type Database } from "better-sqlite3";
import { isPassingCode } from "../../core/machine/passing-causes.js";
import { isRefusal, type Refusal, refuse } from "../../core/refusals.js";
import { isJournal, migrate, oldestVersion, schemaVersion, versionOf } from "./migrations.js";

const BUSY_TIMEOUT_MS = 5_000;
const FULL = 2;

/** For writing. A refusal where the file is newer, damaged or not a journal; nothing was changed then. */
export function openForWriting(file: string): Database | Refusal {
	return refusing(file, () => {
		const missing = ensureFile(file);
		if (missing !== null) return missing;
		const database = new SqliteDatabase(file, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
		return closingUnlessKept(database, () => inspect(file, database) ?? prepare(file, database));
	});
}

/** For reading beside a living writer, or after a dead one: what only its WAL holds is read too, and no byte of it changes. */
export function openForReading(file: string): Database | Refusal {
	return refusing(file, () => {
		if (!existsSync(file)) return refuse("journal_unreadable", { path: file, why: "there is none" });
		const database = new SqliteDatabase(file, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
		return closingUnlessKept(database, () => inspect(file, database) ?? database);
	});
}

function refusing<T>(file: string, open: () => T | Refusal): T | Refusal {
	try {
		return open();
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === undefined) throw error;
		const passes = isPassingCode(code.toLowerCase());
		return refuse(passes ? "journal_unavailable" : "journal_unreadable", { path: file, why: (error as Error).message });
	}
}

function closingUnlessKept(database: Database, open: () => Database | Refusal): Database | Refusal {
	let kept = false;
	try {
		const opened = open();
		kept = !isRefusal(opened);
		return opened;
	} finally {
		if (!kept) database.close();
	}
}

/**
 * A new journal is made under another name and renamed, so that an empty file under this one is damage and never a beginning;
 * and so is a WAL without its file: a new journal would be filled with what the lost one's WAL holds.
 */
function ensureFile(file: string): Refusal | null {
	if (existsSync(file)) {
		if (!statSync(file).isFile()) return refuse("journal_unreadable", { path: file, why: "it is no file" });
		if (statSync(file).size > 0 || sizeOf(`${file}-wal`) > 0) return null;
		return refuse("journal_unreadable", { path: file, why: "it is empty, so it was cut off" });
	}
	if (sizeOf(`${file}-wal`) > 0) {
		return refuse("journal_unreadable", { path: file, why: "it is gone, but its write-ahead log is still there" });
	}
	createFile(file);
	return null;
}

function createFile(file: string): void {
	const fresh = `${file}.new`;
	for (const suffix of ["", "-journal", "-wal", "-shm"]) rmSync(`${fresh}${suffix}`, { force: true });
	rmSync(`${file}-shm`, { force: true });
	rmSync(`${file}-wal`, { force: true });
	closeSync(openSync(fresh, "wx", 0o600));
	const database = new SqliteDatabase(fresh, { fileMustExist: true });
	try {
		database.pragma("synchronous = FULL");
		migrate(database);
	} finally {
		database.close();
	}
	renameSync(fresh, file);
	syncFolder(dirname(file));
}

function syncFolder(path: string): void {
	const folder = openSync(path, "r");
	try {
		fsyncSync(folder);
	} finally {
		closeSync(folder);
	}
}

function sizeOf(path: string): number {
	return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function inspect(file: string, database: Database): Refusal | null {
	const found = versionOf(database);
	if (!isJournal(database)) return refuse("journal_unreadable", { path: file, why: "it is no journal of deadman" });
	if (found < oldestVersion) return refuse("schema_older", { path: file, found, oldest: oldestVersion });
	if (found > schemaVersion) return refuse("schema_newer", { path: file, found, known: schemaVersion });
	const verdict = database.pragma("quick_check(1)", { simple: true });
	return verdict === "ok" ? null : refuse("journal_unreadable", { path: file, why: String(verdict) });
}

/** In WAL mode better-sqlite3 falls to synchronous=NORMAL silently, and a power cut would lose an acknowledged confirm. */
function prepare(file: string, database: Database): Database {
	chmodSync(file, 0o600);
	database.pragma("journal_mode = WAL");
	database.pragma("synchronous = FULL");
	database.pragma("foreign_keys = ON");
	migrate(database);
	const synchronous = database.pragma("synchronous", { simple: true });
	const mode = database.pragma("journal_mode", { simple: true });
	if (synchronous !== FULL || mode !== "wal") {
		throw new Error(`The journal ${file} is not durable: synchronous=${synchronous}, journal_mode=${mode}.`);
	}
	return database;
}
