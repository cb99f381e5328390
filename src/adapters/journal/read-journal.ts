// Reads a journal without a supervisor: for the CLI, in its own process. Never writes, and never disturbs a living supervisor.
import { isRefusal, type Refusal } from "../../core/refusals.js";
import type { Audits, Ledger } from "../../ports/ports.js";
import { auditsIn } from "./audits.js";
import type { Sync } from "./concern.js";
import { openForReading } from "./journal-file.js";
import { ledgerIn } from "./ledger.js";

export interface JournalReader extends Pick<Sync<Ledger>, "swap" | "swaps" | "facts">, Pick<Sync<Audits>, "audits"> {
	close(): void;
}

/** Synchronous: not for the supervisor's process, which holds a connection of its own. */
export function readJournal({ file }: { readonly file: string }): JournalReader | Refusal {
	const database = openForReading(file);
	if (isRefusal(database)) return database;
	const { swap, swaps, facts } = ledgerIn(database, Date.now);
	return { swap, swaps, facts, audits: auditsIn(database).audits, close: () => void database.close() };
}
