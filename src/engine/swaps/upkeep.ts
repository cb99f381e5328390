// Bounded disk at an operator's word: what takes how much, what would go, and its removal. The rule is the one that follows each swap.
import { isInFlight } from "../../core/machine/phases.js";
import { administer } from "../../core/people/administration.js";
import { type Refusal, refuse } from "../../core/refusals.js";
import type { Removal } from "../../ports/ports.js";
import type { Audit } from "../base/audit.js";
import type { Engine } from "../base/context.js";
import { effect } from "../base/effects.js";
import type { Store } from "../base/store.js";
import { compactRepository, pruneTarget, tidyRepository } from "../steps/pruning.js";
import type { Supervisor } from "../verbs/supervisor.js";

interface Parts {
	readonly engine: Engine;
	readonly store: Store;
	readonly audit: Audit;
}

export function createUpkeepVerbs({ engine, store, audit }: Parts): Pick<Supervisor, "prune" | "sizes"> {
	return {
		sizes: () => engine.ports.upkeep.sizes(),
		async prune({ by, dry }) {
			const refusal = administer(engine.settings.authority, by, "prune") ?? (await inFlight(store));
			if (refusal === null) return pruneAll(engine, store, dry);
			await audit({ swapId: null, by, verb: "prune", refusal, shown: null });
			return refusal;
		},
	};
}

async function inFlight(store: Store): Promise<Refusal | null> {
	const busy = (await store.unfinished()).find(({ status }) => isInFlight(status));
	return busy === undefined ? null : refuse("swap_in_flight", { id: busy.id, status: busy.status });
}

async function pruneAll(engine: Engine, store: Store, dry: boolean): Promise<readonly Removal[]> {
	const unfinished = await store.unfinished();
	const removed: Removal[] = [];
	await effect(engine.ports, "tidy.prune", async () => {
		for (const target of engine.targets) removed.push(...(await pruneTarget(engine.of(target), { unfinished, dry })));
	});
	await effect(engine.ports, "tidy.refs", async () => {
		removed.push(...(await tidyRepository(engine, { unfinished, dry })));
	});
	// Packing takes its time, and whoever asked is not kept for it.
	if (!dry) void compactRepository(engine, unfinished);
	return removed;
}
