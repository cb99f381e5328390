// What a swap needs now, from its state alone. Boot, timer, click and command all ask here, so there is no recovery code elsewhere.
import { type Instant, rebase, remainingMs } from "../deadman.js";
import type { FactBody } from "../facts.js";
import { limits } from "../limits.js";
import { causeOf, type Swap } from "../swap.js";
import { isMilestone } from "./milestone.js";
import { isOnTrial, phases, type StepName } from "./phases.js";
import { isUncovered } from "./uncovered.js";

export type Next =
	| { readonly do: "record"; readonly facts: readonly FactBody[] }
	| { readonly do: "run"; readonly step: StepName }
	| { readonly do: "wait" };

const wait: Next = { do: "wait" };

/** `life` names this supervisor process: an open step of another life is a crash, unless its restart was planned. */
export function nextStep(swap: Swap, life: string, now: Instant): Next {
	const clock = clockFacts(swap, now);
	if (clock !== null) return { do: "record", facts: clock };
	if (isApprovalOver(swap, now)) return { do: "record", facts: [{ type: "expired", cause: nobodyApproved }] };
	const crashed = swap.openStep !== null && swap.openStep.life !== life;
	if (crashed && swap.restartPlannedBy === null) return afterCrash(swap);
	return forward(swap);
}

const nobodyApproved = causeOf("approval_expired", "Nobody approved it in time.");

/** The wall clock alone: an approval is asked for hours, and being late by a reboot changes nothing. */
export function isApprovalOver(swap: Swap, now: Instant): boolean {
	return (
		swap.status === "pending_approval" && swap.approvalExpiresAtMs !== null && now.wallMs >= swap.approvalExpiresAtMs
	);
}

function clockFacts(swap: Swap, now: Instant): readonly FactBody[] | null {
	const { deadman } = swap;
	if (deadman === null || !isOnTrial(swap.status)) return null;
	if (remainingMs(deadman, now) <= 0) {
		return [{ type: "deadlinePassed", cause: causeOf("deadline_passed", "Nobody confirmed before the window ended.") }];
	}
	const rebased = rebase(deadman, now);
	return rebased === deadman ? null : [{ type: "clockRebased", deadman: rebased }];
}

/** Each row's crash rule. A stage that kills the supervisor counts as a failed try; going back never runs out of tries that way. */
function afterCrash(swap: Swap): Next {
	const { step, afterCrash: rule } = phases[swap.status];
	if (step === null || rule === "ask") return wait;
	const cause = causeOf("supervisor_died", `The supervisor died during ${step}.`);
	if (rule === "undo") return { do: "record", facts: [{ type: "stepFailed", step, cause }] };
	if (step === "stage") return { do: "record", facts: [{ type: "attemptFailed", step, cause }] };
	return forward(swap);
}

function forward(swap: Swap): Next {
	const step = swap.promotion?.state === "approved" ? "template" : phases[swap.status].step;
	if (step === null || (step === "tidy" && swap.tidied)) return wait;
	if (swap.attempts >= limits.stepAttempts) return exhausted(swap, step);
	return { do: "run", step };
}

/** Tries are bounded: a stage fails to the builder, a rollback strands and everybody is told, a tidy is left; a promote goes on. */
function exhausted(swap: Swap, step: StepName): Next {
	const cause = swap.cause ?? causeOf("attempts_exhausted", `${step} failed ${swap.attempts} times.`);
	if (step === "stage") return { do: "record", facts: [{ type: "stepFailed", step, cause }] };
	if (step === "rollBack")
		return { do: "record", facts: [{ type: "attemptsExhausted", cause: lastCause(swap, "Rolling back") }] };
	if (step === "tidy") return { do: "record", facts: [{ type: "tidied" }] };
	if (step === "template")
		return {
			do: "record",
			facts: [{ type: "promotionRefused", cause: lastCause(swap, "Applying it to the template") }],
		};
	return { do: "run", step };
}

function lastCause(swap: Swap, what: string) {
	return causeOf(
		"attempts_exhausted",
		`${what} failed ${swap.attempts} times: ${lastNoted(swap) ?? "no cause was noted"}.`,
	);
}

/** A builder's milestones are notes too, and so is what no entry covers; neither is a cause of anything. */
function lastNoted({ notes }: Swap): string | undefined {
	return notes.findLast((text) => !isMilestone(text) && !isUncovered(text));
}
