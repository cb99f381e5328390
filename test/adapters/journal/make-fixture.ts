// Makes the journal that each released schema leaves behind as a fixture. Once released, a fixture is never made again: it stands for
// what is out there. Written by `DEADMAN_WRITE_FIXTURES=1 npx vitest run test/adapters/journal/migrations.test.ts`.

import { chmod, copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openJournal } from "../../../src/adapters/journal/journal.js";
import { evolveAll } from "../../../src/core/machine/evolve.js";
import { ownPlace } from "../../../src/core/place.js";
import { isRefusal } from "../../../src/core/refusals.js";
import type { AuditEntry, Journal, KeyedRequest, StoredReview, StoredToken } from "../../../src/ports/ports.js";
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

/** In force. */
export const fixtureToken: StoredToken = {
	id: "tk_abc234",
	name: "builder:agent",
	role: "builder",
	target: "alice",
	sha256: "a".repeat(64),
	createdAtMs: 1_800_000_000_000,
	revokedAtMs: null,
};

export const fixtureRevoked: StoredToken = {
	...fixtureToken,
	id: "tk_zyx987",
	name: "api:ann",
	role: "operator",
	target: null,
	sha256: "b".repeat(64),
	revokedAtMs: 1_800_000_001_000,
};

export const fixtureRequest: KeyedRequest = {
	actor: "builder:agent",
	key: "0f0e0d0c",
	fingerprint: "c".repeat(64),
	swapId: "sw_pending_approval",
	epoch: 1,
	atMs: 1_800_000_000_000,
};

/** As version 3 kept it, and one that counts no more. */
export const fixtureCards = [
	{ ...sentTo("console"), receipt: "receipt-1", face: "", state: "live" },
	{ ...sentTo("slack"), receipt: "receipt-2", face: "f", state: "closed" },
] as const;

export const fixtureClick = {
	...({ swapId: "sw_pending_approval", epoch: 1, verdict: "approve" } as const),
	...{ typed: null, actorId: "U1", place: ownPlace },
	...{ receipt: "receipt-2", eventId: "event-1", channel: "slack", genuine: true, atMs: 1_800_000_000_000 },
} as const;

function sentTo(channel: string) {
	return { swapId: `sw_${statuses[0]}`, epoch: 0, kind: "card", channel, place: "" } as const;
}

/** A swap in every status, a delivered card, a pending one and a pending notice, a review, two refused requests, two tokens and a keyed request; the same bytes each time. */
export async function makeFixture(path: string): Promise<void> {
	const folder = await mkdtemp(join(tmpdir(), "deadman-fixture-"));
	const file = join(folder, "state.db");
	const journal = await openJournal({ file, now: () => 1_800_000_000_000 });
	if (isRefusal(journal)) throw new Error(journal.message);
	for (const status of statuses) await write(journal, status);
	const [first] = await journal.due(1_800_000_000_000, 1);
	await journal.sending(first?.id ?? 0, 1_800_000_000_000);
	await journal.settle(first?.id ?? 0);
	for (const card of fixtureCards) await journal.keepCard(card);
	await journal.keepClick(fixtureClick);
	await journal.keepMark("introduction", "sent");
	await journal.keepReview(fixtureReview);
	await journal.audit(fixtureAudit);
	await journal.audit({ ...fixtureAudit, swapId: null, verb: "propose", code: "summary_missing", shown: null });
	for (const token of [fixtureToken, fixtureRevoked]) await journal.keepToken({ ...token, revokedAtMs: null });
	await journal.revokeToken(fixtureRevoked.id, fixtureRevoked.revokedAtMs ?? 0);
	await journal.keepRequest(fixtureRequest);
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
