// What approvers were given to read, as JSON: the stored diff in pieces, with its intro and the builder's sentences. Decides nothing.
import { type Authority, phraseOf } from "../../../core/people/authority.js";
import { isRefusal, type Refusal } from "../../../core/refusals.js";
import { type Review, type ReviewLimits, reviewOf } from "../../../core/words/review.js";
import type { Supervisor } from "../../../engine/verbs/supervisor.js";
import type { StoredReview } from "../../../ports/ports.js";

export interface ReviewView extends Review, Omit<StoredReview, "diff"> {
	/** What is typed to approve it, where a phrase is asked for. */
	readonly phrase: string;
}

const terminal: ReviewLimits = { message: 8_000, pieces: 16 };

/** The review is read first, so that its epoch is never newer than the swap beside it. */
export async function readReview(
	supervisor: Supervisor,
	id: string,
	authority: Authority,
): Promise<ReviewView | Refusal> {
	const stored = await supervisor.review(id);
	if (isRefusal(stored)) return stored;
	const swap = await supervisor.swap(id);
	if (isRefusal(swap)) return swap;
	const { diff, ...kept } = stored;
	return { ...kept, phrase: phraseOf(swap), ...reviewOf(swap, diff, terminal, authority) };
}
