// A bounded wait for a swap to reach a status; it ends early when the client hangs up.
import type { Context } from "hono";
import { problemsOf } from "../../config.js";
import { isRefusal, refuse } from "../../core/refusals.js";
import type { Swap } from "../../core/swap.js";
import type { Supervisor } from "../../engine/supervisor.js";
import type { SwapView } from "../view.js";
import { answer, refused } from "./answers.js";
import { waitMs } from "./bodies.js";
import { statusesOf } from "./statuses.js";

interface Wait {
	readonly supervisor: Supervisor;
	readonly view: (swap: Swap) => SwapView;
	readonly id: string;
}

export async function waitFor(c: Context, { supervisor, view, id }: Wait): Promise<Response> {
	const timeout = waitMs.safeParse(c.req.query("timeoutMs"));
	if (!timeout.success)
		return refused(c, refuse("input_invalid", { problems: `timeoutMs: ${problemsOf(timeout.error)}` }));
	const until = statusesOf(c.req.queries("until") ?? []);
	if (isRefusal(until)) return refused(c, until);
	const { signal } = c.req.raw;
	const swap = await supervisor.wait({ id, until, timeoutMs: timeout.data, signal });
	return answer(c, swap, (it) => ({ swap: view(it) }));
}
