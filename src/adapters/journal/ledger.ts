// The journal's tables of facts, and of the swaps projected from them.
import type { Database } from "better-sqlite3";
import { capAtMs, expiresAtMs } from "../../core/deadman.js";
import type { Fact } from "../../core/facts.js";
import { isSettled } from "../../core/machine/evolve.js";
import { isKnownBad } from "../../core/machine/known-bad.js";
import { actorName, type Swap } from "../../core/swap.js";
import { type Batch, type Ledger, VersionConflict } from "../../ports/ports.js";
import { type Sync, whole } from "./concern.js";
import { enqueue } from "./outbox.js";
import { reviewsIn } from "./reviews.js";

interface StateRow {
	readonly state: string;
}

/** `now`: when a new message is due, in wall-clock milliseconds. */
export function ledgerIn(database: Database, now: () => number): Sync<Ledger> {
	const reviews = reviewsIn(database);

	/** One transaction: facts, projection and messages are on disk together or not at all. */
	function append(batch: Batch): void {
		claimVersion(database, batch);
		insertFacts(database, batch);
		if (batch.review != null) reviews.keepReview(batch.review);
		enqueue(database, batch, now());
	}

	return {
		append: (batch) => database.transaction(() => append(batch)).immediate(),
		swap(id) {
			const row = database.prepare<[string], StateRow>("select state from swaps where id = ?").get(id);
			return row === undefined ? null : parse(row);
		},
		swaps(limit) {
			const sql = "select state from swaps order by ordinal desc limit ?";
			return database.prepare<[number], StateRow>(sql).all(limit).map(parse);
		},
		/** Only ended swaps are ever tidied, so a status that this version does not know is unfinished too. */
		unfinished() {
			const sql = "select state from swaps where tidied = 0 order by ordinal";
			return database.prepare<[], StateRow>(sql).all().map(parse);
		},
		facts(id) {
			const sql = "select body from facts where swap_id = ? order by seq";
			const rows = database.prepare<[string], { body: string }>(sql).all(id);
			return rows.map(({ body }) => JSON.parse(body) as Fact);
		},
		knownBad({ tree, target }) {
			const sql = `select state from swaps where tree = ? and status in ('rolled_back', 'rejected') order by ordinal desc`;
			for (const row of database.prepare<[string], StateRow>(sql).iterate(tree)) {
				const swap = parse(row);
				if (swap.target === target && isKnownBad(swap)) return swap.id;
			}
			return null;
		},
	};
}

function claimVersion(database: Database, { swapId, expectedVersion, facts, next }: Batch): void {
	if (next.id !== swapId || next.version !== expectedVersion + facts.length || facts.length === 0) {
		throw new Error(`The batch for ${swapId} does not fit its own projection.`);
	}
	const row = projectionOf(next);
	const sql = expectedVersion === 0 ? insertion(row) : change(row);
	const { changes } = database.prepare(sql).run({ ...row, expected: expectedVersion });
	if (changes !== 1) throw new VersionConflict(swapId);
}

function insertFacts(database: Database, { swapId, expectedVersion, facts }: Batch): void {
	const insert = database.prepare("insert into facts (swap_id, seq, type, at_ms, body) values (?, ?, ?, ?, ?)");
	for (const [index, fact] of facts.entries()) {
		insert.run(swapId, expectedVersion + index + 1, fact.type, whole(fact.atMs), JSON.stringify(fact));
	}
}

function projectionOf(swap: Swap) {
	const { proposal, deadman } = swap;
	return {
		id: swap.id,
		status: swap.status,
		handshake_state: swap.handshake,
		target: swap.target,
		workspace: swap.workspace,
		proposer: actorName(swap.proposer),
		classification: proposal?.classification ?? null,
		pre_swap_sha: proposal?.base ?? null,
		branch_head: proposal?.branchHead ?? null,
		commit_sha: proposal?.commit ?? null,
		tree: proposal?.tree ?? null,
		previous_release: proposal?.previousRelease ?? null,
		candidate_release: swap.candidateRelease,
		deadman_started_at: deadman === null ? null : whole(deadman.startedWallMs),
		deadman_expires_at: deadman === null ? null : whole(expiresAtMs(deadman)),
		deadman_cap_at: deadman === null ? null : whole(capAtMs(deadman)),
		boots: swap.boots,
		cause: swap.cause?.code ?? null,
		decided_by: swap.decidedBy,
		epoch: swap.epoch,
		version: swap.version,
		tidied: isSettled(swap) ? 1 : 0,
		created_at: whole(swap.createdAtMs),
		updated_at: whole(swap.updatedAtMs),
		state: JSON.stringify(swap),
	};
}

type Row = ReturnType<typeof projectionOf>;

function insertion(row: Row): string {
	const names = Object.keys(row);
	return `insert into swaps (${names.join(", ")}) values (${names.map((name) => `@${name}`).join(", ")})
		on conflict (id) do nothing`;
}

function change(row: Row): string {
	const names = Object.keys(row);
	return `update swaps set ${names.map((name) => `${name} = @${name}`).join(", ")}
		where id = @id and version = @expected`;
}

function parse({ state }: StateRow): Swap {
	return JSON.parse(state) as Swap;
}
