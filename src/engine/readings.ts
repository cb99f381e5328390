// What surfaces read without changing anything, as the supervisor offers it.

import { limits } from "../core/limits.js";
import { isRefusal, type Refusal, refuse } from "../core/refusals.js";
import { hostTarget, type Swap, type TableCounts } from "../core/swap.js";
import type { Engine } from "./context.js";
import { allSwaps, currentSwap, diffOf, factsOf, findSwap, reviewOf, waitFor } from "./following.js";
import { targetNames } from "./owners.js";
import type { Store } from "./store.js";
import type { Supervisor } from "./supervisor.js";

type Readings = Pick<
	Supervisor,
	"swap" | "currentSwap" | "swaps" | "facts" | "diff" | "review" | "audits" | "wait" | "dataShow"
>;

export function createReadings(engine: Engine, store: Store): Readings {
	return {
		swap: (id) => findSwap(store, id),
		currentSwap: (of) => currentSwap(engine, of),
		swaps: () => allSwaps(engine),
		facts: (id) => factsOf(engine, store, id),
		diff: (id) => diffOf(engine, store, id),
		review: (id) => reviewOf(engine, store, id),
		audits: (swapId) => engine.ports.journal.audits({ swapId, limit: limits.listed }),
		wait: (request) => waitFor(engine, store, request),
		dataShow: (id) => dataOf(engine, store, id),
	};
}

async function dataOf(engine: Engine, store: Store, id: string): Promise<readonly TableCounts[] | Refusal> {
	const swap = await findSwap(store, id);
	if (isRefusal(swap)) return swap;
	return swap.discarded ?? (swap.dataRestored ? tablesOf(engine, swap, "count") : refuse("no_data", { id }));
}

/** Of every target that the swap touched; an agent's databases carry its name. */
export async function tablesOf(engine: Engine, swap: Swap, how: "count" | "replay"): Promise<readonly TableCounts[]> {
	const tables: TableCounts[] = [];
	for (const target of targetNames(swap)) {
		const found = await engine.of(target).ports.snapshots[how](swap.id);
		const named = (table: TableCounts) => ({ ...table, database: `${target}: ${table.database}` });
		tables.push(...(target === hostTarget ? found : found.map(named)));
	}
	return tables;
}
