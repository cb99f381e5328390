// What the child process that opens the program's databases is asked, and what it answers. Plain data over IPC.
import type { TableCounts } from "../../../core/swap.js";
import type { Matched } from "./matching.js";

/** Paths are absolute. `baseline` null: there was no database before. */
export interface JobAnswers {
	/**
	 * Takes an exclusive lock on each and keeps it until the child is killed; the first that another process still uses after `waitMs` in
	 * all, or null.
	 */
	hold: {
		readonly request: { readonly files: readonly string[]; readonly waitMs: number };
		readonly answer: string | null;
	};
	/** Read-only integrity check of a database that may be in use; what is wrong, or null. */
	check: { readonly request: { readonly file: string }; readonly answer: string | null };
	/**
	 * Makes `to` what `from` is now, writing only what differs, on disk; null where there is no `from`, and then no `to`. `hashed`: it is a database, and
	 * `seal` will be asked of it.
	 */
	match: {
		readonly request: { readonly from: string; readonly to: string; readonly hashed: boolean };
		readonly answer: Matched | null;
	};
	/** Recovers a cold copy with its logs into a single file, on disk, and tells what it holds. `problem`: why it is no database, or null. */
	seal: {
		readonly request: { readonly file: string };
		readonly answer: { readonly problem: string | null; readonly bytes: number; readonly sha256: string };
	};
	/** Makes a copy, on disk, and answers with the hash over the hashes of its chunks. */
	copy: { readonly request: { readonly from: string; readonly to: string }; readonly answer: string };
	count: { readonly request: Compared; readonly answer: readonly Change[] };
	replay: { readonly request: Compared & { readonly live: string }; readonly answer: readonly Change[] };
}

export interface Compared {
	readonly discarded: string;
	readonly baseline: string | null;
}

export type JobKind = keyof JobAnswers;
export type Request<K extends JobKind> = JobAnswers[K]["request"];
export type Answer<K extends JobKind> = JobAnswers[K]["answer"];

/** One table; `replayed` null where nothing was put back. */
export type Change = Omit<TableCounts, "database">;

/** `code`: of SQLite or of the system, if there is one. */
export type Reply =
	| { readonly ok: true; readonly answer: unknown }
	| { readonly ok: false; readonly message: string; readonly code: string | null };
