// Holds both journals to their contract.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openJournal } from "../../../src/adapters/journal/journal.js";
import { isRefusal } from "../../../src/core/refusals.js";
import type { Journal } from "../../../src/ports/ports.js";
import { createMemoryJournal, emptyDisk } from "../../support/memory/journal.js";
import { describeJournalContract, type MakeJournal } from "./journal.contract.js";
import { describeJournalAgentsContract } from "./journal-agents.contract.js";
import { describeJournalBesideContract } from "./journal-beside.contract.js";
import { describeJournalMailContract } from "./journal-mail.contract.js";

const inMemory: MakeJournal = async (clock) => {
	const disk = emptyDisk();
	const open = () => createMemoryJournal({ now: () => clock.nowMs, disk });
	return { journal: open(), reopen: async () => open(), cleanUp: async () => {} };
};

const inSqlite: MakeJournal = async (clock) => {
	const folder = await mkdtemp(join(tmpdir(), "deadman-journal-"));
	const opened: Journal[] = [];
	async function open(): Promise<Journal> {
		const journal = await openJournal({ file: join(folder, "state.db"), now: () => clock.nowMs });
		if (isRefusal(journal)) throw new Error(journal.message);
		opened.push(journal);
		return journal;
	}
	async function cleanUp(): Promise<void> {
		await Promise.all(opened.map((journal) => journal.close()));
		await rm(folder, { recursive: true });
	}
	return { journal: await open(), reopen: open, cleanUp };
};

for (const [name, make] of [
	["in memory", inMemory],
	["in SQLite", inSqlite],
] as const) {
	describeJournalContract(name, make);
	describeJournalBesideContract(name, make);
	describeJournalMailContract(name, make);
	describeJournalAgentsContract(name, make);
}
