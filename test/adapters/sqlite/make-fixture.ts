// Makes the journal that each released schema leaves behind as a fixture. Once released, a fixture is never made again: it stands for
// what is out there. Written by `DEADMAN_WRITE_FIXTURES=1 npx vitest run test/adapters/sqlite/migrations.test.ts`.
import { chmod, copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openJournal } from "../../../src/adapters/sqlite/journal.js";
import { evolveAll } from "../../../src/core/evolve.js";
import { isRefusal } from "../../../src/core/refusals.js";
import type { AuditEntry, Journal, StoredReview } from "../../../src/ports.js";
import { builder, journeys, proposal, stamped, statuses } from "../../core/journeys.js";

export const fixtureReview: StoredReview = {
	swapId: "sw_pending_approval",
	epoch: 1,
	tree: proposal.tree,
	diff: "--- a/server.js\n+++ b/server.js\n@@ -1 +1 @@\n-one\n+two\n",
	sha256: "f".repeat(64),
	bytes: 54,
};

export const fixtureAudit: AuditEntry = {
	atMs: 1_800_000_000_000,
	swapId: "sw_pending_approval",
	by: builder,
	verb: "approve",
	code: "not_authorised",
	message: "builder:agent may not approve a swap.",
	shown: "epoch 1",
};

/** A swap in every status, a delivered card, a pending one and a pending notice, a review and two refused requests; the same bytes each time. */
export async function makeFixture(path: string): Promise<void> {
	const folder = await mkdtemp(join(tmpdir(), "deadman-fixture-"));
	const file = join(folder, "state.db");
	const journal = await openJournal({ file, now: () => 1_800_000_000_000 });
	if (isRefusal(journal)) throw new Error(journal.message);
	for (const status of statuses) await write(journal, status);
	const [first] = await journal.due(1_800_000_000_000, 1);
	await journal.settle(first?.id ?? 0, "receipt-1");
	await journal.keepReview(fixtureReview);
	await journal.audit(fixtureAudit);
	await journal.audit({ ...fixtureAudit, swapId: null, verb: "propose", code: "summary_missing", shown: null });
	await journal.close();
	await copyFile(file, path);
	await chmod(path, 0o644);
	await rm(folder, { recursive: true });
}

async function write(journal: Journal, status: (typeof statuses)[number]): Promise<void> {
	const facts = stamped(journeys[status]);
	const swapId = `sw_${status}`;
	const next = evolveAll(swapId, facts);
	const messages = [
		{ channel: "console", epoch: next.epoch, kind: "card", text: null },
		{ channel: "console", epoch: next.epoch, kind: "notice", text: `It is ${status}.` },
	] as const;
	await journal.append({ swapId, expectedVersion: 0, facts, next, messages });
}
