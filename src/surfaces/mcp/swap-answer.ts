// A swap as an agent reads it: what it is, where it stands, and what the agent can do now. Less than the HTTP view; no keys to decide with.
import { z } from "zod";
import { phases } from "../../core/machine/phases.js";
import type { Status } from "../../core/swap.js";
import type { SwapView } from "../view.js";

/** Where a swap rests until its builder or an operator does something. */
export const resting = ["finalized", "rolled_back", "rejected", "stranded", "drafting"] as const;

export const status = z.enum(Object.keys(phases) as [Status, ...Status[]]);

export const swapAnswer = z.object({
	id: z.string(),
	status,
	next: z.string().describe("What happens next, and what you can do"),
	summary: z.string().nullable(),
	classification: z.string().nullable().describe("How the change is classed by policy"),
	target: z.string(),
	workspace: z.string().nullable(),
	tree: z.string().nullable(),
	commit: z.string().nullable(),
	epoch: z.number().int().describe("Which submission of this swap"),
	proposer: z.string(),
	files: z.array(z.object({ path: z.string(), change: z.string(), summary: z.string().nullable() })),
	cause: z.object({ code: z.string(), message: z.string() }).nullable(),
	remainingMs: z.number().nullable().describe("Of the window in which it has to be confirmed; null: none runs"),
	approvals: z.array(z.string()).describe("Who has approved so far"),
	createdAt: z.string(),
	updatedAt: z.string(),
});

/** A long list of files is cut: `deadman diff` and the workspace have them all. */
const shownFiles = 200;

export function swapAnswerOf(swap: SwapView): z.input<typeof swapAnswer> {
	const { id, status, summary, classification, target, workspace, tree, commit, epoch, proposer } = swap;
	const { cause, deadman, approvals, createdAt, updatedAt } = swap;
	return {
		...{ id, status, next: nextOf(swap), summary, classification, target, workspace, tree, commit, epoch, proposer },
		files: swap.files.slice(0, shownFiles).map(({ path, change, summary }) => ({ path, change, summary })),
		cause: cause === null ? null : { code: cause.code, message: cause.message },
		remainingMs: deadman?.remainingMs ?? null,
		approvals: [...approvals],
		...{ createdAt, updatedAt },
	};
}

export function nextOf({ status, cause, id }: Pick<SwapView, "status" | "cause" | "id">): string {
	if (status === "drafting" && cause === null) return "It is a draft; request_swap submits it.";
	return steps[status].replace("{id}", id);
}

const follow = "Follow it with wait_for_swap.";

const steps: Readonly<Record<SwapView["status"], string>> = {
	drafting:
		"It could not be staged, and nothing was touched. explain_last_rollback says why; fix that, commit, request it again.",
	pending_approval: `A person has to approve {id}; no tool can, so tell the user that it waits. ${follow}`,
	staging: `It is being built and checked beside the live version. ${follow}`,
	cutting_over: `It is being put live on trial. ${follow}`,
	awaiting_confirmation: `It is live on trial: it rolls back by itself, code and data, unless a person confirms {id} in time. ${follow}`,
	promoting: `It was confirmed and is being kept. ${follow}`,
	rolling_back: `The previous version is being brought back. ${follow}`,
	stranded: "The previous version does not answer. A person has to look at it: tell the user, and change nothing.",
	finalized: "It was kept: it is the live version now. Nothing is left to do.",
	rolled_back: "It was rolled back. explain_last_rollback says why; fix that, commit, request it again.",
	rejected: "It was refused. explain_last_rollback says why; change what was objected to, commit, request it again.",
};
