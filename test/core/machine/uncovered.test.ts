// What a trial writes where no rollback reaches: a note that the card shows, and no cause of anything.
import { expect, it } from "vitest";
import { limits } from "../../../src/core/limits.js";
import { nextStep } from "../../../src/core/machine/next-step.js";
import { uncoveredOf, uncoveredText } from "../../../src/core/machine/uncovered.js";
import { causeOf } from "../../../src/core/swap.js";
import { cardOf } from "../../../src/core/words/card.js";
import { announcementsFor } from "../../../src/core/words/messages.js";
import { at, evolved, swapIn } from "../journeys.js";

const text = uncoveredText("host", "data/cache\n");
const noted = { type: "noted", text, atMs: 1 } as const;

it("names folder and target on one line", () => {
	expect(text).toBe(
		"Not covered: the new version wrote into data/cache\\n, which no entry of `files` covers: a rollback leaves that as it is.",
	);
	expect(uncoveredText("ops", "data")).toContain("wrote into data of ops, which");
});

it("is on the card as soon as it is on record, and only while somebody can decide by it", () => {
	const before = swapIn("awaiting_confirmation");
	const swap = evolved(before, noted);
	expect(cardOf(swap, "card").lines).toContain(text);
	expect(announcementsFor(before, swap, [noted])).toEqual([{ kind: "card", text: null }]);
	const other = { type: "noted", text: "something else", atMs: 1 } as const;
	expect(announcementsFor(before, evolved(before, other), [other])).toEqual([]);
	const back = swapIn("rolling_back");
	expect(announcementsFor(back, evolved(back, noted), [noted])).toEqual([]);
});

it("is never taken for a cause", () => {
	const tries = Array.from({ length: limits.stepAttempts }, () => ({
		type: "attemptFailed" as const,
		step: "rollBack" as const,
		cause: causeOf("no_space", "The disk is full."),
	}));
	const swap = evolved(swapIn("rolling_back"), ...tries, noted);
	expect(uncoveredOf(swap)).toEqual([text]);
	expect(JSON.stringify(nextStep(swap, "life-1", at(1_000)))).toContain("no_space: The disk is full.");
});
