// Reads a journal without a supervisor: for the CLI, in its own process. Never writes, and never disturbs a living supervisor.
import type { Fact } from "../../core/facts.js";
import { isRefusal, type Refusal } from "../../core/refusals.js";
import type { Swap } from "../../core/swap.js";
import type { AuditEntry } from "../../ports/ports.js";
import { type AuditsRequest, auditsOf } from "./audits.js";
import { openForReading } from "./journal-file.js";
import { factsOf, swapOf, swapsOf } from "./ledger.js";
import { versionOf } from "./migrations.js";

export interface JournalReader {
	swap(id: string): Swap | null;
	/** Newest first. */
	swaps(limit: number): readonly Swap[];
	facts(id: string): readonly Fact[];
	/** Newest first; none where an older deadman wrote the journal, which kept none. */
	audits(request: AuditsRequest): readonly AuditEntry[];
	close(): void;
}

/** Synchronous: not for the supervisor's process, which holds a connection of its own. */
export function readJournal({ file }: { readonly file: string }): JournalReader | Refusal {
	const database = openForReading(file);
	if (isRefusal(database)) return database;
	const hasAudits = versionOf(database) >= 2;
	return {
		swap: (id) => swapOf(database, id),
		swaps: (limit) => swapsOf(database, limit),
		facts: (id) => factsOf(database, id),
		audits: (request) => (hasAudits ? auditsOf(database, request) : []),
		close: () => {
			database.close();
		},
	};
}
