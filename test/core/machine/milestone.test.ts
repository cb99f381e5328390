// A milestone is one printable line that is told apart from causes.
import { expect, it } from "vitest";
import { limits } from "../../../src/core/limits.js";
import { isMilestone, milestonesOf, milestoneText } from "../../../src/core/machine/milestone.js";
import { nextStep } from "../../../src/core/machine/next-step.js";
import { causeOf } from "../../../src/core/swap.js";
import { at, builder, evolved, swapIn } from "../journeys.js";

it("names its builder, on one line, cut where it is long", () => {
	const text = milestoneText(builder, { name: "tests", detail: `green\n\u001b[1m${"x".repeat(5_000)}` });
	expect(text).toMatch(/^Milestone of builder:agent: tests: green\\n\\x1b\[1mx+…$/);
	expect(text.length).toBeLessThan(limits.milestoneCharacters + 40);
	expect(milestoneText(builder, { name: "built", detail: " " })).toBe("Milestone of builder:agent: built");
});

it("is found among the notes, and never taken for a cause", () => {
	const text = milestoneText(builder, { name: "done", detail: "all is well" });
	const tries = Array.from({ length: limits.stepAttempts }, () => ({
		type: "attemptFailed" as const,
		step: "rollBack" as const,
		cause: causeOf("no_space", "The disk is full."),
	}));
	const swap = evolved(swapIn("rolling_back"), ...tries, { type: "noted", text });
	expect(milestonesOf(swap)).toEqual([text]);
	expect(isMilestone("no_space: The disk is full.")).toBe(false);
	const next = nextStep(swap, "life-1", at(1_000));
	expect(JSON.stringify(next)).toContain("no_space: The disk is full.");
	expect(JSON.stringify(next)).not.toContain("all is well");
});
