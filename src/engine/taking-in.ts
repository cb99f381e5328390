// What was done while the journal could not be read or written becomes part of it, before anybody reads it for anything else (F35).

import type { Fact } from "../core/facts.js";
import { evolve } from "../core/machine/evolve.js";
import { phases } from "../core/machine/phases.js";
import { causeOf, type Swap } from "../core/swap.js";
import type { EmergencyEntry } from "../ports/ports.js";
import { messagesOf } from "./base/announcing.js";
import type { Engine } from "./base/context.js";

/** Repeatable: what the journal holds already is passed by. Rejects where the journal cannot be written: then nothing may go on. */
export async function takeIn(engine: Engine): Promise<void> {
	const { emergency, journal, log } = engine.ports;
	const entries = await emergency.pending();
	if (entries.length === 0) return;
	for (const entry of entries) {
		const swap = await journal.swap(entry.swapId);
		const facts = swap === null ? [] : factsToAdd(swap, entry);
		log.warn("emergency.taken_in", { swap: entry.swapId, kind: entry.kind, facts: facts.map(({ type }) => type) });
		if (swap !== null && facts.length > 0) await add(engine, swap, facts);
	}
	await emergency.taken();
}

/** As the swap would stand with all of it: for who only reads. */
export function withEmergencies(swap: Swap, entries: readonly EmergencyEntry[]): Swap {
	const own = entries.filter(({ swapId }) => swapId === swap.id);
	return own.reduce((known, entry) => factsToAdd(known, entry).reduce(evolve, known), swap);
}

/** Empty where the journal knows it: a write that was reported as failed may have landed all the same. */
function factsToAdd(swap: Swap, entry: EmergencyEntry): readonly Fact[] {
	if (entry.kind === "facts") return entry.facts.slice(Math.max(0, swap.version - entry.version));
	if (phases[swap.status].on.undone === undefined) return [];
	const message = `It was undone without the journal, which could not be used: ${entry.why}`;
	const cause = entry.code === undefined ? causeOf("journal_unreadable", message) : causeOf(entry.code, entry.why);
	return [{ type: "undone", cause, atMs: entry.atMs }];
}

async function add({ ports, ...engine }: Engine, base: Swap, facts: readonly Fact[]): Promise<void> {
	const messages = messagesOf({ ports, ...engine }, { base, facts, diff: null });
	const batch = { swapId: base.id, expectedVersion: base.version, facts, next: facts.reduce(evolve, base), messages };
	await ports.gate.around(`fact.${facts.at(-1)?.type ?? "none"}`, () => ports.journal.append(batch));
}
