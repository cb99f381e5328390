// Reads swaps from the journal itself, for the few commands that must work while no supervisor answers. Changes nothing.
import { access } from "node:fs/promises";
import { join } from "node:path";
import { isInFlight } from "../../core/phases.js";
import { isRefusal, refuse } from "../../core/refusals.js";
import type { Swap } from "../../core/swap.js";
import type { Inspection } from "../composition.js";
import { type FactView, factViewOf, type SwapView, viewOf } from "../view.js";
import { loadComposed } from "./composed.js";
import { accepted, failureOf, noSupervisor } from "./failure.js";
import type { Session } from "./session.js";

/** `id` null: the swap that matters now, or null where there is none. */
export async function swapFromJournal({ location, clock }: Session, id: string | null): Promise<SwapView | null> {
	return reading(location.stateDir, async (journal) => {
		const swap = await find(journal, id);
		return swap === null ? null : viewOf(swap, clock.now());
	});
}

export async function factsFromJournal({ location }: Session, id: string | null): Promise<readonly FactView[]> {
	return reading(location.stateDir, async (journal) => {
		const swap = await find(journal, id);
		if (swap === null) throw failureOf(refuse("nothing_current"));
		return (await journal.facts(swap.id)).map(factViewOf);
	});
}

/** Without a journal there is nothing to say but that nobody answers. */
async function reading<T>(stateDir: string, read: (journal: Inspection) => Promise<T>): Promise<T> {
	await access(join(stateDir, "state.db")).catch(() => {
		throw noSupervisor(stateDir);
	});
	const { inspect } = await loadComposed();
	const journal = await inspect({ stateDir });
	if (isRefusal(journal)) return accepted<never>(journal);
	try {
		return await read(journal);
	} finally {
		await journal.close();
	}
}

async function find(journal: Inspection, id: string | null): Promise<Swap | null> {
	if (id === null) return currentOf(await journal.swaps());
	return (await journal.swap(id)) ?? accepted<never>(refuse("swap_unknown", { id }));
}

/** As the supervisor chooses: the newest in flight or waiting for a decision, else the newest. */
export function currentOf(swaps: readonly Swap[]): Swap | null {
	const open = swaps.find(({ status }) => isInFlight(status) || status === "pending_approval");
	return open ?? swaps[0] ?? null;
}
