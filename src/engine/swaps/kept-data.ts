// What people do with the data that a rollback set aside: put it back, or remove it for good. Both only where it is still there.
import { authorise } from "../../core/people/authority.js";
import type { Verb } from "../../core/people/people.js";
import { isRefusal, type Refusal, refuse } from "../../core/refusals.js";
import type { Actor, Swap } from "../../core/swap.js";
import type { Audit } from "../base/audit.js";
import type { Engine } from "../base/context.js";
import { effect } from "../base/effects.js";
import { targetNames } from "../base/owners.js";
import type { Store } from "../base/store.js";
import type { Supervisor } from "../verbs/supervisor.js";
import { isThere, prunedRefusal, shownTables, tablesOf } from "./readings.js";

interface Parts {
	readonly engine: Engine;
	readonly store: Store;
	readonly audit: Audit;
}

interface Request {
	readonly id: string;
	readonly by: Actor;
}

export function createKeptData(parts: Parts): Pick<Supervisor, "dataReplay" | "dataDrop"> {
	return {
		dataReplay: (request) => replay(parts, request),
		dataDrop: (request) => drop(parts, request),
	};
}

async function replay(parts: Parts, request: Request) {
	const { engine, store } = parts;
	const swap = await keptBy(parts, request, "replay");
	if (isRefusal(swap)) return swap;
	const tables = await tablesOf(engine, swap, "replay");
	await store.record(swap.id, { verb: "conclude", facts: [{ type: "replayed", by: request.by, tables }] });
	return tables;
}

/** On record before it happens: whoever misses the data later finds who removed it. */
async function drop(parts: Parts, request: Request) {
	const { engine, store } = parts;
	const swap = await keptBy(parts, request, "drop");
	if (isRefusal(swap)) return swap;
	await store.record(swap.id, { verb: "conclude", facts: [{ type: "dataDropped", by: request.by }] });
	for (const target of targetNames(swap)) {
		const { ports } = engine.of(target);
		await effect(ports, "tidy.prune", () => ports.snapshots.drop(swap.id));
	}
	return shownTables(engine, swap);
}

/** The swap, where its data can be worked with by this actor. */
async function keptBy({ engine, store, audit }: Parts, { id, by }: Request, verb: Verb): Promise<Swap | Refusal> {
	const swap = (await store.read(id)) ?? refuse("swap_unknown", { id });
	if (isRefusal(swap)) return swap;
	const refusal = authorise(engine.settings.authority, { by, verb, swap });
	if (refusal !== null) {
		await audit({ swapId: swap.id, by, verb, refusal, shown: null });
		return refusal;
	}
	if (!swap.dataRestored || swap.status !== "rolled_back") return refuse("no_data", { id: swap.id });
	return (await isThere(engine, swap)) ? swap : prunedRefusal(engine, swap);
}
