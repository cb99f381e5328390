// What surfaces read, and wait for, without changing anything.

import type { Fact } from "../../core/facts.js";
import { limits } from "../../core/limits.js";
import { isEnded, isInFlight } from "../../core/machine/phases.js";
import { isRefusal, type Refusal, refuse } from "../../core/refusals.js";
import { swapSubject } from "../../core/subject.js";
import { type Actor, actorName, hostTarget, type Status, type Swap, type TableCounts } from "../../core/swap.js";
import { isoTime } from "../../core/timestamp.js";
import type { Snapshots, StoredReview } from "../../ports/ports.js";
import type { Engine } from "../base/context.js";
import { targetNames } from "../base/owners.js";
import type { Store } from "../base/store.js";
import type { Supervisor } from "../verbs/supervisor.js";

type Readings = Pick<
	Supervisor,
	| "swap"
	| "currentSwap"
	| "swaps"
	| "facts"
	| "diff"
	| "review"
	| "audits"
	| "feed"
	| "feedEnd"
	| "figures"
	| "wait"
	| "dataShow"
>;

export function createReadings(engine: Engine, store: Store): Readings {
	return {
		feed: (request) => engine.ports.journal.feed(request),
		feedEnd: () => engine.ports.journal.feedEnd(),
		figures: () => engine.ports.journal.figures(),
		swap: (id) => store.find(id),
		currentSwap: (of) => currentSwap(engine, of),
		swaps: () => engine.ports.journal.swaps(limits.listed),
		facts: (id) => factsOf(engine, store, id),
		diff: (id) => diffOf(engine, store, id),
		review: (id) => reviewOf(engine, store, id),
		audits: (swapId) =>
			engine.ports.journal.audits({
				subject: swapId === null ? null : swapSubject(swapId),
				limit: limits.listed,
			}),
		wait: (request) => waitFor(engine, store, request),
		dataShow: (id) => dataOf(engine, store, id),
	};
}

type WaitRequest = Parameters<Supervisor["wait"]>[0];

export async function currentSwap(engine: Engine, of: Actor | null = null): Promise<Swap | Refusal> {
	const all = await engine.ports.journal.swaps(limits.listed);
	const swaps = of === null ? all : all.filter(({ proposer }) => actorName(proposer) === actorName(of));
	const open = swaps.find((swap) => isInFlight(swap.status)) ?? swaps.find((swap) => !isEnded(swap.status));
	return open ?? swaps[0] ?? refuse("nothing_current");
}

async function factsOf(engine: Engine, store: Store, id: string): Promise<readonly Fact[] | Refusal> {
	const swap = await store.find(id);
	return isRefusal(swap) ? swap : engine.ports.journal.facts(id);
}

async function diffOf(engine: Engine, store: Store, id: string): Promise<string | Refusal> {
	const swap = await store.find(id);
	if (isRefusal(swap)) return swap;
	if (swap.proposal === null) return refuse("not_yet", { id, status: swap.status, verb: "shown as a diff" });
	const { base, tree } = swap.proposal;
	return engine.ports.repository.diff(base, tree).catch(async (error: unknown) => {
		const kept = await engine.ports.journal.swaps(engine.settings.retain.swaps);
		if (isEnded(swap.status) && !kept.some((one) => one.id === id)) return refuse("diff_pruned", { id });
		throw error;
	});
}

async function reviewOf(engine: Engine, store: Store, id: string): Promise<StoredReview | Refusal> {
	const swap = await store.find(id);
	if (isRefusal(swap)) return swap;
	const review = swap.epoch === 0 ? null : await engine.ports.journal.review(id, swap.epoch);
	return review ?? refuse("not_yet", { id, status: swap.status, verb: "reviewed" });
}

/** Subscribes before it reads, so that no change falls between. */
async function waitFor(engine: Engine, store: Store, request: WaitRequest): Promise<Swap | Refusal> {
	const over = new AbortController();
	const reached = (swap: Swap) => swap.id === request.id && isReached(swap, request.until);
	const unsubscribe = engine.subscribe((event) => {
		if (event.type === "swap:changed" && reached(event.swap)) over.abort();
	});
	try {
		const swap = await store.find(request.id);
		if (isRefusal(swap) || reached(swap)) return swap;
		const signal = request.signal === undefined ? over.signal : AbortSignal.any([over.signal, request.signal]);
		await engine.ports.clock.sleep(request.timeoutMs, signal);
		return await store.find(request.id);
	} finally {
		unsubscribe();
	}
}

function isReached(swap: Swap, until: readonly Status[]): boolean {
	if (until.length > 0) return until.includes(swap.status);
	return isEnded(swap.status) || swap.status === "stranded";
}

async function dataOf(engine: Engine, store: Store, id: string): Promise<readonly TableCounts[] | Refusal> {
	const swap = await store.find(id);
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
		const { snapshots } = engine.of(target).ports;
		const found = await (how === "count" ? snapshots.count(swap.id) : snapshots.replay(swap.id, "all"));
		const named = (table: TableCounts) => ({ ...table, database: `${target}: ${table.database}` });
		tables.push(...(target === hostTarget ? found : found.map(named)));
	}
	return tables;
}
