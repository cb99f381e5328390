// wait_for_swap: follows a swap for a bounded time, says on the way that it is still there, and ends early when it is cancelled.
import type { ServerContext } from "@modelcontextprotocol/server";
import { z } from "zod";
import { outcomeReport } from "../http/schemas/builders.js";
import type { SwapView } from "../view.js";
import { resting, status, swapAnswer, swapAnswerOf } from "./swap-answer.js";
import { hints, type ToolOptions, tool } from "./tool.js";
import { attached } from "./unseen.js";

/** Below the 30 s after which clients give a call up. */
const longestSeconds = 25;
/** Between two signs of life to a client that asked for progress. */
const sliceMs = 5_000;

export const waitForSwap = tool({
	name: "wait_for_swap",
	title: "Wait for a swap",
	description:
		"Waits until a swap rests: kept, rolled back, refused, failed or stranded; at most 25 seconds, then answers how it stands with `reached` " +
		"false: call it again as long as you want to follow it. People may take hours to approve: tell the user what you wait for.",
	input: z.strictObject({
		swap: z.string().min(1).max(200).describe("Its id, `sw_...`"),
		until: z.array(status).min(1).optional().describe("Return at one of these statuses too"),
		timeout_seconds: z.number().min(0).max(longestSeconds).default(longestSeconds),
	}),
	output: z.object({
		swap: swapAnswer,
		reached: z.boolean().describe("Whether it stands where it was waited for"),
		outcome: outcomeReport.nullable(),
		...attached,
	}),
	annotations: hints.reads,
	async run({ swap: id, until, timeout_seconds: seconds }, options, context) {
		const wanted = new Set<string>([...resting, ...(until ?? [])]);
		const swap = await follow({ id, wanted, timeoutMs: seconds * 1_000 }, options, context);
		const outcome = (await options.api.outcome(id)) as z.output<typeof outcomeReport> | null;
		return { swap: swapAnswerOf(swap), reached: wanted.has(swap.status), outcome };
	},
});

interface Followed {
	readonly id: string;
	readonly wanted: ReadonlySet<string>;
	readonly timeoutMs: number;
}

/** In slices: each ends at any change of the status, and is told. */
async function follow(
	{ id, wanted, timeoutMs }: Followed,
	{ api, nowMs }: ToolOptions,
	context: ServerContext,
): Promise<SwapView> {
	const { signal } = context.mcpReq;
	const beganMs = nowMs();
	let swap = await api.swap(id);
	for (let told = 0; !wanted.has(swap.status); told += 1) {
		const passedMs = nowMs() - beganMs;
		if (passedMs >= timeoutMs || signal.aborted) break;
		await tell(context, { swap, told, passedMs, timeoutMs });
		const others = status.options.filter((one) => one !== swap.status);
		const slice = { id, until: others, timeoutMs: Math.ceil(Math.min(sliceMs, timeoutMs - passedMs)), signal };
		swap = await api.wait(slice);
	}
	return swap;
}

interface Told {
	readonly swap: SwapView;
	readonly told: number;
	readonly passedMs: number;
	readonly timeoutMs: number;
}

/** Progress has to increase with each notification: seconds that passed, and never the same twice. */
async function tell({ mcpReq }: ServerContext, { swap, told, passedMs, timeoutMs }: Told): Promise<void> {
	const progressToken = mcpReq._meta?.progressToken;
	if (progressToken === undefined) return;
	const progress = passedMs / 1_000 + told / 1_000;
	const message = `${swap.id} is ${swap.status}.`;
	await mcpReq.notify({
		method: "notifications/progress",
		params: { progressToken, progress, total: timeoutMs / 1_000, message },
	});
}
