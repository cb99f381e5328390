// The journal's table of reviews: what approvers are shown of each submission, kept for good.
import type { Database } from "better-sqlite3";
import type { Reviews, StoredReview } from "../../ports/ports.js";
import type { Sync } from "./concern.js";

export function reviewsIn(database: Database): Sync<Reviews> {
	function review(swapId: string, epoch: number): StoredReview | null {
		const sql = `select swap_id as swapId, epoch, tree, diff, sha256, bytes from reviews
			where swap_id = ? and epoch = ? order by seq desc limit 1`;
		return database.prepare<[string, number], StoredReview>(sql).get(swapId, epoch) ?? null;
	}

	/** Nothing is ever changed: a submission that did not come about may be followed by another of the same epoch, and the newest counts. */
	function keepReview(kept: StoredReview): void {
		const newest = review(kept.swapId, kept.epoch);
		if (newest !== null && isSame(newest, kept)) return;
		database
			.prepare(
				`insert into reviews (seq, swap_id, epoch, tree, sha256, bytes, diff)
				select coalesce(max(seq), 0) + 1, @swapId, @epoch, @tree, @sha256, @bytes, @diff from reviews`,
			)
			.run(kept);
	}

	return { review, keepReview: (kept) => database.transaction(() => keepReview(kept)).immediate() };
}

function isSame(one: StoredReview, other: StoredReview): boolean {
	const { tree, diff, sha256, bytes } = other;
	return one.tree === tree && one.sha256 === sha256 && one.bytes === bytes && one.diff === diff;
}
