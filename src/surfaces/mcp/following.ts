// The tools by which an agent sees how swaps stand and learns how they ended. All of them read.
import { z } from "zod";
import { outcomeReport } from "../http/schemas/builders.js";
import { status, swapAnswer, swapAnswerOf } from "./swap-answer.js";
import { hints, type Tool, tool } from "./tool.js";
import { attached } from "./unseen.js";
import { waitForSwap } from "./waiting.js";

const id = z.string().min(1).max(200);

const getSwap = tool({
	name: "get_swap",
	title: "Get a swap",
	description: "How one swap stands now, and how it ended if it has. Without an id: the swap that matters now.",
	input: z.strictObject({ swap: id.optional().describe("Its id, `sw_...`") }),
	output: z.object({ swap: swapAnswer, outcome: outcomeReport.nullable(), ...attached }),
	annotations: hints.reads,
	async run({ swap: named }, { api }) {
		const swap = await (named === undefined ? api.currentSwap() : api.swap(named));
		return { swap: swapAnswerOf(swap), outcome: writable(await api.outcome(swap.id)) };
	},
});

const row = swapAnswer.pick({ id: true, status: true, summary: true, proposer: true, target: true, workspace: true });

const listSwaps = tool({
	name: "list_swaps",
	title: "List swaps",
	description:
		"The swaps that you may see, newest first: id, status, summary, who proposed it. get_swap tells more of one.",
	input: z.strictObject({
		status: z.array(status).optional().describe("Only with one of these statuses"),
		limit: z.number().int().min(1).max(100).default(20),
	}),
	output: z.object({
		swaps: z.array(row.extend({ createdAt: z.string(), updatedAt: z.string() })),
		more: z.boolean().describe("Whether the limit has cut it"),
		...attached,
	}),
	annotations: hints.reads,
	async run({ status: wanted, limit }, { api }) {
		const fitting = (await api.swaps()).filter((swap) => wanted === undefined || wanted.includes(swap.status));
		const swaps = fitting
			.slice(0, limit)
			.map(({ id, status, summary, proposer, target, workspace, createdAt, updatedAt }) => {
				return { id, status, summary, proposer, target, workspace, createdAt, updatedAt };
			});
		return { swaps, more: fitting.length > limit };
	},
});

/** What an agent looks back for: everything but a swap that was kept. */
const bad = new Set(["rolled_back", "refused", "failed", "stranded"]);

const explainLastRollback = tool({
	name: "explain_last_rollback",
	title: "Explain the last rollback",
	description:
		"Why your last swap was rolled back, refused or failed: the cause, the last lines of the log, the failed check or the probe's answer, " +
		"the tree, and what to do. Fix that cause, commit, and request again: the same tree is refused.",
	input: z.strictObject({ swap: id.optional().describe("Explain this one instead") }),
	output: z.object({
		outcome: outcomeReport.nullable().describe("Null: nothing of yours was rolled back, refused or failed"),
		next: z.string(),
		...attached,
	}),
	annotations: hints.reads,
	async run({ swap: named }, { api }) {
		const found =
			named === undefined
				? (await api.outcomes(100)).find(({ outcome }) => bad.has(outcome))
				: await api.outcome(named);
		if (found === undefined || found === null) return { outcome: null, next: nothingBad(named) };
		return { outcome: writable(found), next: found.next };
	},
});

function nothingBad(named: string | undefined): string {
	if (named !== undefined) return `${named} has not ended yet: get_swap shows how it stands.`;
	return "Nothing of yours was rolled back, refused or failed; list_swaps shows all.";
}

/** The same value, as zod writes its type. */
function writable<T>(value: T): z.output<typeof outcomeReport> & T {
	return value as z.output<typeof outcomeReport> & T;
}

export const following: readonly Tool[] = [getSwap, listSwaps, waitForSwap, explainLastRollback];
