// What surfaces read without changing anything, as the supervisor offers it.

import { limits } from "../core/limits.js";
import { isRefusal, type Refusal, refuse } from "../core/refusals.js";
import { hostTarget, type Swap, type TableCounts } from "../core/swap.js";
import { isoTime } from "../core/timestamp.js";
import type { Snapshots } from "../ports/ports.js";
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
	return swap.dataRestored || swap.discarded !== null ? shownTables(engine, swap) : refuse("no_data", { id });
}

/** As it was counted when it was set aside; says so where it has been removed since. */
export async function shownTables(engine: Engine, swap: Swap): Promise<readonly TableCounts[] | Refusal> {
	const pruned = swap.dataRestored ? await prunedOf(engine, swap) : null;
	if (pruned === null) return swap.discarded ?? tablesOf(engine, swap, "count");
	if (swap.discarded === null) return prunedRefusal(engine, swap);
	const gone = `Removed${whenOf(pruned)}: it cannot be put back any more.`;
	return swap.discarded.map((table) => ({ ...table, note: table.note === null ? gone : `${table.note} ${gone}` }));
}

export async function isThere(engine: Engine, swap: Swap): Promise<boolean> {
	return (await prunedOf(engine, swap)) === null;
}

export async function prunedRefusal(engine: Engine, swap: Swap): Promise<Refusal> {
	const pruned = await prunedOf(engine, swap);
	return refuse("data_pruned", { id: swap.id, when: pruned === null ? "" : whenOf(pruned) });
}

type Pruned = NonNullable<Awaited<ReturnType<Snapshots["pruned"]>>>;

/** Of the first target whose data is gone: it goes for all of them at one time. */
async function prunedOf(engine: Engine, swap: Swap): Promise<Pruned | null> {
	for (const target of targetNames(swap)) {
		const pruned = await engine.of(target).ports.snapshots.pruned(swap.id);
		if (pruned !== null) return pruned;
	}
	return null;
}

function whenOf({ atMs, by }: Pruned): string {
	if (atMs === null) return " by an earlier version";
	return ` at ${isoTime(atMs)}${by === "operator" ? " by an operator" : ""}`;
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
