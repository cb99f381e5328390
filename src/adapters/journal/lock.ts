// One supervisor per folder: an exclusive SQLite lock on a file of its own, which the kernel frees however its holder dies. It needs no space once the
// file is there; where the disk takes no such lock, a socket's name stands in. Nothing else in this process may open or close the file: that would cancel the lock.
import { accessSync, closeSync, constants, existsSync, lstatSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import SqliteDatabase, { type Database, SqliteError } from "better-sqlite3";
import { type Refusal, refuse } from "../../core/refusals.js";
import type { Lock } from "../../ports/ports.js";
import { createSidecar, type Holder } from "./lock-holder.js";
import { type BoundName, bindName, boundElsewhere } from "./lock-socket.js";

export interface LockOptions {
	/** In a folder that stands or can be made. */
	readonly file: string;
	/** Where the holder keeps its state, which whoever is refused is told; left out: the folder of `file`. */
	readonly stateDir?: string;
}

interface Held {
	readonly database: Database | null;
	readonly name: BoundName | null;
}

/** Held in this process and not in a thread: a few system calls, and it must live exactly as long as the process. Rejects where nothing on this machine locks. */
export function createLock({ file, stateDir = dirname(file) }: LockOptions): Lock {
	const sidecar = createSidecar(file);
	let held: Held | null = null;

	async function acquire(): Promise<Refusal | null> {
		if (held !== null) return null;
		mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
		const taken = await take(file);
		if (!("database" in taken)) return refusalOf(taken.pid);
		held = taken;
		sidecar.write(stateDir);
		return null;
	}

	function refusalOf(pid: number | null): Refusal {
		const holder: Holder = sidecar.holder(pid);
		return refuse("locked", { path: holder.stateDir ?? dirname(file), pid: holder.pid ?? "unknown" });
	}

	async function release(): Promise<void> {
		if (held === null) return;
		sidecar.remove();
		letGo(held);
		held = null;
	}

	return { acquire, release };
}

function letGo({ database, name }: Held): void {
	database?.close();
	name?.release();
}

/** `pid`: of whoever holds it, where that is known by now. */
async function take(file: string): Promise<Held | { readonly pid: number | null }> {
	const tried = tryDatabase(file);
	if (tried === "busy") return { pid: null };
	if (tried instanceof SqliteDatabase) return alone({ database: tried, name: null }, file);
	const holder = createSidecar(file).lockedBy();
	if (holder !== null) return { pid: holder };
	const name = await bindName(dirname(file));
	if (name === null) throw tried;
	// Somebody may have found room for the file since: whoever took that lock looks at the names next, and this one at the lock.
	const again = tryDatabase(file);
	if (again !== "busy") return alone({ database: again instanceof SqliteDatabase ? again : null, name }, file);
	name.release();
	return { pid: null };
}

/** A holder that had to do with a name counts like any other. */
async function alone(held: Held, file: string): Promise<Held | { readonly pid: number | null }> {
	const pid = await boundElsewhere(dirname(file), held.name);
	if (pid === null) return held;
	letGo(held);
	return { pid };
}

/** An error says why this file cannot be locked. Without a journal in a file nothing is written: that works on a full disk too. */
function tryDatabase(file: string): Database | "busy" | Error {
	let database: Database | null = null;
	try {
		makeFile(file);
		database = new SqliteDatabase(file, { timeout: 0, fileMustExist: true });
		database.pragma("journal_mode = MEMORY");
		database.exec("begin exclusive");
		return database;
	} catch (error) {
		database?.close();
		if (error instanceof SqliteError && error.code.startsWith("SQLITE_BUSY")) return "busy";
		return error as Error;
	}
}

/** Never through a link. What cannot be written is refused here: SQLite would open it for reading, where `begin exclusive` locks nothing. */
function makeFile(file: string): void {
	if (!existsSync(file)) {
		try {
			closeSync(openSync(file, "wx", 0o600));
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
		}
	}
	if (!lstatSync(file).isFile()) throw new Error(`${file} is no plain file, so it cannot be locked.`);
	accessSync(file, constants.R_OK | constants.W_OK);
}
