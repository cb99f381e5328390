// One supervisor per state folder: an exclusive SQLite lock on a file of its own, which the kernel frees however its holder dies.
// Nothing else in this process may open or close that file: that would cancel the lock.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import SqliteDatabase, { type Database, SqliteError } from "better-sqlite3";
import { type Refusal, refuse } from "../../core/refusals.js";
import type { Lock } from "../../ports.js";

/** Held in this process and not in a thread: a few system calls, and it must live exactly as long as the process. */
export function createLock({ file }: { readonly file: string }): Lock {
	const sidecar = `${file}.pid`;
	let held: Database | null = null;

	async function acquire(): Promise<Refusal | null> {
		if (held !== null) return null;
		mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
		held = tryLock(file);
		if (held === null) return refuse("locked", { path: dirname(file), pid: holderOf(sidecar) });
		tell(sidecar);
		return null;
	}

	async function release(): Promise<void> {
		if (held === null) return;
		rmSync(sidecar, { force: true });
		held.close();
		held = null;
	}

	return { acquire, release };
}

/** Null when another holds it. Any other failure is thrown. */
function tryLock(file: string): Database | null {
	const database = new SqliteDatabase(file, { timeout: 0 });
	try {
		database.pragma("journal_mode = DELETE");
		database.exec("begin exclusive");
		return database;
	} catch (error) {
		database.close();
		if (error instanceof SqliteError && error.code.startsWith("SQLITE_BUSY")) return null;
		throw error;
	}
}

/** Only a courtesy to whoever is refused: the lock is what counts, so a full disk does not stop us here. */
function tell(sidecar: string): void {
	try {
		writeFileSync(sidecar, `${process.pid}\n`, { mode: 0o600 });
	} catch {
		rmSync(sidecar, { force: true });
	}
}

function holderOf(sidecar: string): string {
	try {
		const pid = readFileSync(sidecar, "utf8").trim();
		return /^\d+$/.test(pid) ? pid : "unknown";
	} catch {
		return "unknown";
	}
}
