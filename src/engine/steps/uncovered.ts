// Beside a trial: says what it writes where no rollback reaches while somebody can still decide by that. Decides nothing, and holds nothing up.
import { limits } from "../../core/limits.js";
import { uncoveredOf, uncoveredText } from "../../core/machine/uncovered.js";
import { isRefusal } from "../../core/refusals.js";
import type { Part } from "./step.js";

/** Each folder once, on record and so on the card. Resolves when the trial is over, or nothing is left to be told. Never rejects. */
export async function tellUncovered(part: Part): Promise<void> {
	const { engine, signal, swap } = part;
	const { clock, log, snapshots } = engine.ports;
	while (!signal.aborted) {
		await clock.sleep(limits.uncoveredLookMs, signal);
		if (signal.aborted) return;
		try {
			for (const folder of await snapshots.written(swap.id)) await tell(part, folder);
		} catch (error) {
			log.warn("files.not_looked_at", { swap: swap.id, error: engine.ports.scrub(String(error)) });
		}
	}
}

async function tell({ change, signal, store, swap }: Part, folder: string): Promise<void> {
	const text = uncoveredText(change.target, folder);
	const now = await store.find(swap.id);
	if (signal.aborted || isRefusal(now) || now.status !== swap.status || uncoveredOf(now).includes(text)) return;
	await store.record(swap.id, { verb: "conclude", facts: [{ type: "noted", text }] });
}
