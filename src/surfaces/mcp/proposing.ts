// The tools by which an agent offers a change: a workspace, a request, and taking the request back. None of them waits for anybody.
import { z } from "zod";
import { limits } from "../../core/limits.js";
import { hostTarget } from "../../core/swap.js";
import { ApiRefused } from "./api.js";
import { nextOf, swapAnswer, swapAnswerOf } from "./swap-answer.js";
import { hints, type Tool, tool } from "./tool.js";
import { attached } from "./unseen.js";

const name = z.string().min(1).max(200);
const place = z.string().regex(/^[\x21-\x7e]{1,200}$/);
const text = z.string().max(limits.summaryCharacters);

const createWorkspace = tool({
	name: "create_workspace",
	title: "Create a workspace",
	description:
		"Makes a folder of its own, a git checkout of the live version, in which you edit, test and commit. Never edit the live checkout. " +
		"Known as `create_dev_agent` elsewhere. Then: commit there and call request_swap.",
	input: z.strictObject({
		name: z.string().min(1).max(40).describe("Short: letters, digits, `-` and `_`"),
		target: name.default(hostTarget).describe("The agent whose change it will be; left out: the program itself"),
		kind: z.enum(["worktree", "clone"]).default("worktree").describe("`clone` for a builder behind a mount"),
	}),
	output: z.object({
		workspace: z.object({
			name: z.string(),
			path: z.string().describe("Where to edit"),
			branch: z.string().describe("Where to commit; it is checked out there"),
			target: z.string(),
			start: z.string().describe("The commit it was made from"),
			head: z.string(),
		}),
		next: z.string(),
		...attached,
	}),
	annotations: hints.adds,
	async run(args, { api }) {
		const { name, path, branch, target, start, head } = await api.createWorkspace(args);
		const next = `Edit and commit in ${path}, then call request_swap with the workspace ${name}.`;
		return { workspace: { name, path, branch, target, start, head }, next };
	},
});

const requestSwap = tool({
	name: "request_swap",
	title: "Request a swap",
	description:
		"Proposes what a workspace has committed (or a commit of the repository, by `revision`) as the next version. Answers at once; a person " +
		"approves it later, and it goes live on trial. Send an idempotency_key, and the same one again if the answer got lost: it stays one swap. " +
		"A tree that ended badly before is refused: change the code first.",
	input: z.strictObject({
		workspace: name.optional().describe("From create_workspace; or give `revision`"),
		revision: z.string().min(1).max(limits.pathBytes).optional().describe("A commit of the repository"),
		summary: text.describe("What the change does, in a sentence or two, for the person who approves it"),
		file_summaries: z
			.record(z.string().min(1).max(limits.pathBytes), text)
			.default({})
			.describe("One sentence for each changed file: its path, and what changes in it and why"),
		target: name.optional().describe("Left out: the workspace's"),
		conversation: z
			.strictObject({
				channel: name.describe("As configured, such as `slack`"),
				conversation: place.optional().describe("Its id on that platform; left out: the channel's own"),
				thread: place.optional(),
			})
			.optional()
			.describe("Where you were asked for this, if it was in a chat: the cards go there"),
		idempotency_key: z.string().min(1).max(limits.keyCharacters).optional(),
	}),
	output: z.object({ id: z.string(), status: z.string(), next: z.string(), swap: swapAnswer, ...attached }),
	annotations: hints.adds,
	async run(
		{ workspace, revision, summary, file_summaries: fileSummaries, target, conversation, idempotency_key: key },
		{ api },
	) {
		const change = {
			...{ summary, fileSummaries },
			...(target === undefined ? {} : { target }),
			...(conversation === undefined ? {} : { conversation }),
		};
		if (workspace !== undefined && revision === undefined)
			return asked(await api.submit({ ...change, workspace }, key));
		if (revision !== undefined && workspace === undefined)
			return asked(await api.propose({ ...change, revision }, key));
		throw new ApiRefused(either);
	},
});

const either = {
	code: "input_invalid",
	message: "request_swap takes a workspace or a revision, and exactly one of them.",
	next: "Give the name of your workspace; create_workspace makes one.",
};

function asked(swap: Parameters<typeof swapAnswerOf>[0]) {
	return { id: swap.id, status: swap.status, next: nextOf(swap), swap: swapAnswerOf(swap) };
}

const withdrawSwap = tool({
	name: "withdraw_swap",
	title: "Withdraw a swap",
	description:
		"Takes your own proposal back while nobody has approved it. What is live already cannot be taken back by you.",
	input: z.strictObject({ swap: name.describe("Its id, `sw_...`") }),
	output: z.object({ swap: swapAnswer, ...attached }),
	annotations: hints.takesBack,
	async run({ swap }, { api }) {
		return { swap: swapAnswerOf(await api.withdraw(swap)) };
	},
});

export const proposing: readonly Tool[] = [createWorkspace, requestSwap, withdrawSwap];
