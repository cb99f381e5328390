// Tells builders how their swaps ended, from the outbox: each channel in the order of the swap, until it has arrived. Decides nothing.
import { limits } from "../../core/limits.js";
import type { OutcomeReport } from "../../core/words/outcome-report.js";
import type { Message } from "../../ports/ports.js";
import type { Engine } from "../base/context.js";
import { isOpen, mayUse } from "../base/owners.js";
import type { Store } from "../base/store.js";

/** A channel that is not configured any more has nothing left to tell. */
export async function tellBuilder(
	{ engine, store, signal }: { readonly engine: Engine; readonly store: Store; readonly signal: AbortSignal },
	message: Message,
): Promise<void> {
	const channel = engine.ports.builderChannels.find(({ name }) => name === message.channel);
	if (channel === undefined) return;
	const report = JSON.parse(message.text ?? "null") as OutcomeReport;
	const delivery = `${message.subject.id}.${message.epoch}.${message.id}`;
	await channel.tell({ delivery, report, signal, isCurrent: () => isCurrent(engine, store, report) });
}

/** The channel has its own limit; this one is for a channel that does not keep it. */
export const tellingMs = limits.tellMs + limits.sendTimeoutMs;

/** Of the newest submission from that workspace, and not where another builder has one of that name by now. */
async function isCurrent(
	{ ports }: Engine,
	store: Store,
	{ workspace, swapId, epoch }: OutcomeReport,
): Promise<boolean> {
	const newest = (await ports.journal.swaps(limits.listed)).find(
		(swap) => swap.workspace === workspace && swap.epoch > 0,
	);
	const swap = await store.read(swapId);
	if (newest?.id !== swapId || swap === null || swap.epoch !== epoch || isOpen(swap)) return false;
	const found = (await ports.workspaces.list()).find(({ name }) => name === workspace);
	return found !== undefined && mayUse(found, swap.proposer);
}
