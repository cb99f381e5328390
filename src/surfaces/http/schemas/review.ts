// What approvers were given to read, as JSON: the stored diff in pieces, with its intro and the builder's sentences. Decides nothing.

import { limits } from "../../../core/limits.js";
import { type Authority, phraseOf } from "../../../core/people/authority.js";
import { isRefusal, type Refusal } from "../../../core/refusals.js";
import { type Review, type ReviewLimits, reviewing } from "../../../core/words/review.js";
import type { Supervisor } from "../../../engine/verbs/supervisor.js";
import type { Clock, StoredReview } from "../../../ports/ports.js";

export interface ReviewView extends Review, Omit<StoredReview, "diff"> {
	/** What is typed to approve it, where a phrase is asked for. */
	readonly phrase: string;
}

/** Everything that is kept of a diff fits. */
const terminal: ReviewLimits = { message: 8_000, pieces: Math.ceil(limits.reviewBytes / 4_000) };

interface Reading {
	readonly supervisor: Supervisor;
	readonly authority: Authority;
	readonly clock: Pick<Clock, "turn">;
}

/** The review is read first, so that its epoch is never newer than the swap beside it. */
export async function readReview({ supervisor, authority, clock }: Reading, id: string): Promise<ReviewView | Refusal> {
	const stored = await supervisor.review(id);
	if (isRefusal(stored)) return stored;
	const swap = await supervisor.swap(id);
	if (isRefusal(swap)) return swap;
	const { diff, ...kept } = stored;
	const work = reviewing({ swap, diff, limits: terminal, authority });
	let step = work.next();
	while (step.done !== true) {
		await clock.turn();
		step = work.next();
	}
	return { ...kept, phrase: phraseOf(swap), ...step.value };
}
