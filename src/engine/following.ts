// Reading and waiting: what surfaces ask without changing anything.
import type { Fact } from "../core/facts.js";
import { limits } from "../core/limits.js";
import { isEnded, isInFlight } from "../core/machine/phases.js";
import { isRefusal, type Refusal, refuse } from "../core/refusals.js";
import { type Actor, actorName, type Status, type Swap } from "../core/swap.js";
import type { StoredReview } from "../ports/ports.js";
import type { Engine } from "./context.js";
import type { Store } from "./store.js";

export interface WaitRequest {
	readonly id: string;
	readonly until: readonly Status[];
	readonly timeoutMs: number;
	readonly signal?: AbortSignal;
}

export async function findSwap(store: Store, id: string): Promise<Swap | Refusal> {
	return (await store.glance(id)) ?? refuse("swap_unknown", { id });
}

export async function currentSwap(engine: Engine, of: Actor | null = null): Promise<Swap | Refusal> {
	const all = await engine.ports.journal.swaps(limits.listed);
	const swaps = of === null ? all : all.filter(({ proposer }) => actorName(proposer) === actorName(of));
	const open = swaps.find((swap) => isInFlight(swap.status)) ?? swaps.find((swap) => !isEnded(swap.status));
	return open ?? swaps[0] ?? refuse("nothing_current");
}

export function allSwaps(engine: Engine): Promise<readonly Swap[]> {
	return engine.ports.journal.swaps(limits.listed);
}

export async function factsOf(engine: Engine, store: Store, id: string): Promise<readonly Fact[] | Refusal> {
	const swap = await findSwap(store, id);
	return isRefusal(swap) ? swap : engine.ports.journal.facts(id);
}

export async function diffOf(engine: Engine, store: Store, id: string): Promise<string | Refusal> {
	const swap = await findSwap(store, id);
	if (isRefusal(swap)) return swap;
	if (swap.proposal === null) return refuse("not_yet", { id, status: swap.status, verb: "shown as a diff" });
	return engine.ports.repository.diff(swap.proposal.base, swap.proposal.tree);
}

export async function reviewOf(engine: Engine, store: Store, id: string): Promise<StoredReview | Refusal> {
	const swap = await findSwap(store, id);
	if (isRefusal(swap)) return swap;
	const review = swap.epoch === 0 ? null : await engine.ports.journal.review(id, swap.epoch);
	return review ?? refuse("not_yet", { id, status: swap.status, verb: "reviewed" });
}

/** Subscribes before it reads, so that no change falls between. */
export async function waitFor(engine: Engine, store: Store, request: WaitRequest): Promise<Swap | Refusal> {
	const over = new AbortController();
	const reached = (swap: Swap) => swap.id === request.id && isReached(swap, request.until);
	const unsubscribe = engine.subscribe((event) => {
		if (event.type === "swap:changed" && reached(event.swap)) over.abort();
	});
	try {
		const swap = await findSwap(store, request.id);
		if (isRefusal(swap) || reached(swap)) return swap;
		const signal = request.signal === undefined ? over.signal : AbortSignal.any([over.signal, request.signal]);
		await engine.ports.clock.sleep(request.timeoutMs, signal);
		return await findSwap(store, request.id);
	} finally {
		unsubscribe();
	}
}

function isReached(swap: Swap, until: readonly Status[]): boolean {
	if (until.length > 0) return until.includes(swap.status);
	return isEnded(swap.status) || swap.status === "stranded";
}
