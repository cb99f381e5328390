// `deadman wait`: exit code 0 when the swap stands where it was waited for, 1 when it ended elsewhere or the time ran out.
import { parseDuration } from "../../../core/duration.js";
import { refuse } from "../../../core/refusals.js";
import type { Status } from "../../../core/swap.js";
import { statusesOf } from "../../http/base/statuses.js";
import { renderSwap } from "../../text/swap.js";
import type { SwapView } from "../../view.js";
import { accepted, exitCodes } from "../session/failure.js";
import { type Followed, follow } from "../session/follow.js";
import { swapFromJournal } from "../session/journal.js";
import { type Common, openSession, type Terminal } from "../session/session.js";

/** Where a swap rests without anybody's help; `drafting` is where a failed stage leaves it to its builder. */
const ends: readonly Status[] = ["finalized", "rolled_back", "rejected", "stranded", "drafting"];

export interface WaitOptions extends Common {
	readonly until: readonly string[];
	readonly timeout: string;
}

export async function wait(terminal: Terminal, id: string, options: WaitOptions): Promise<void> {
	const named = accepted(statusesOf(options.until));
	const timeoutMs = accepted(parseDuration(options.timeout));
	const session = await openSession(options, terminal);
	const good = named.length > 0 ? named : (["finalized"] as const);
	const followed = await follow(session, { id, until: [...new Set([...ends, ...good])], timeoutMs });
	const swap = followed.swap ?? accepted((await swapFromJournal(session, id)) ?? refuse("swap_unknown", { id }));
	const reached = followed.reached && good.includes(swap.status as never);
	session.output.result({ swap, reached }, () => renderSwap(swap));
	if (reached) return;
	session.output.note(reasonOf(followed, { swap, good, timeout: options.timeout }));
	process.exitCode = exitCodes.failed;
}

interface Missed {
	readonly swap: SwapView;
	readonly good: readonly Status[];
	readonly timeout: string;
}

function reasonOf({ swap: seen, reached }: Followed, { swap, good, timeout }: Missed): string {
	if (seen === null) return `No supervisor answered within ${timeout}; this is what the journal says.`;
	if (reached) return `${swap.id} is ${swap.status}, so it will not be ${good.join(" or ")} any more.`;
	return `${swap.id} is still ${swap.status} after ${timeout}.`;
}
