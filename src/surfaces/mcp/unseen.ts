// Which outcomes a session has been told: those that it has not seen yet come along with the next answer of any tool.
import { z } from "zod";
import { outcomeReport } from "../http/schemas/builders.js";
import type { Api } from "./api.js";

type Outcome = Awaited<ReturnType<Api["outcomes"]>>[number];

export interface Unseen {
	/** What is to be attached to this answer, oldest first; an outcome that the answer itself tells is seen with it. */
	take(answer: object): Promise<{ outcomes_since_last_call?: readonly Outcome[] }>;
}

/** Of every tool's output. */
export const attached = {
	outcomes_since_last_call: z
		.array(outcomeReport)
		.optional()
		.describe("How swaps of yours ended that you were not told of yet; act on their `next`"),
};

const looked = 20;
/** A new session is told how the last few ended, not the whole history. */
const toldAtFirst = 3;

const keyOf = ({ swapId, epoch, outcome }: Outcome) => `${swapId} ${epoch} ${outcome}`;

/** What one session, or one caller over HTTP, has seen. */
export function createSeen(): Set<string> {
	return new Set();
}

export function createUnseen(api: Pick<Api, "outcomes">, seen: Set<string>): Unseen {
	return {
		async take(answer) {
			const { outcome = null } = answer as { outcome?: Outcome | null };
			// The answer itself counts more than what would have come along.
			const found = await api.outcomes(looked).catch(() => []);
			const first = seen.size === 0;
			const news = found.filter((one) => !seen.has(keyOf(one)) && !(outcome !== null && keyOf(one) === keyOf(outcome)));
			for (const one of found) seen.add(keyOf(one));
			if (outcome !== null) seen.add(keyOf(outcome));
			seen.add("begun");
			const told = (first ? news.slice(0, toldAtFirst) : news).reverse();
			return told.length === 0 ? {} : { outcomes_since_last_call: told };
		},
	};
}
