// Whether a database is whole, without disturbing whoever uses it. Runs in the child process.
import { statSync } from "node:fs";
import SqliteDatabase, { type Database, SqliteError } from "better-sqlite3";

const READ_TIMEOUT_MS = 5_000;
/** Reading a database that is not in WAL mode holds its writers up: about a millisecond per MiB. */
const POLITE_BYTES = 32 * 1024 * 1024;

/** What is wrong, or null. A copy is checked again at cut-over, so this one may leave out what would hold the program up. */
export function checkLive(file: string): string | null {
	try {
		const database = new SqliteDatabase(file, { readonly: true, fileMustExist: true, timeout: READ_TIMEOUT_MS });
		try {
			const polite = database.pragma("journal_mode", { simple: true }) === "wal" || statSync(file).size < POLITE_BYTES;
			return polite ? problemOf(database) : null;
		} finally {
			database.close();
		}
	} catch (error) {
		return isBusy(error) ? null : liveProblemIn(error);
	}
}

/** The program has it to itself: what would hold it up is left out. */
function isBusy(error: unknown): boolean {
	return error instanceof SqliteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code);
}

/** While nothing is at stake, what cannot even be read is no candidate for a snapshot. */
function liveProblemIn(error: unknown): string | null {
	return error instanceof SqliteError && isOfTheMachine(error) ? worded(error) : problemIn(error);
}

/** CHECK constraints are the program's rules and may call its functions; they say nothing about the file. */
function problemOf(database: Database): string | null {
	database.pragma("ignore_check_constraints = ON");
	try {
		const rows = database.pragma("quick_check(5)") as { quick_check: string }[];
		const verdicts = rows.map((row) => row.quick_check);
		return verdicts.length === 1 && verdicts[0] === "ok" ? null : verdicts.join("; ");
	} catch (error) {
		return problemIn(error);
	}
}

/** A collation or a module that only the program knows makes the check impossible, not the file bad; a full disk or a failing one does neither. */
export function problemIn(error: unknown): string | null {
	if (!(error instanceof SqliteError) || isOfTheMachine(error)) throw error;
	const unknown = error.code === "SQLITE_ERROR" && /no such (collation|module|function)/.test(error.message);
	return unknown ? null : worded(error);
}

function isOfTheMachine({ code }: InstanceType<typeof SqliteError>): boolean {
	return /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|NOMEM|PROTOCOL|INTERRUPT|PERM|READONLY)/.test(code);
}

function worded(error: InstanceType<typeof SqliteError>): string {
	return `${error.message} (${error.code})`;
}
