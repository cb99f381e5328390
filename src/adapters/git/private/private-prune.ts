// Removes versions and staged candidates that nobody needs any more: never a pinned one, never the live one, half-made ones always.
import type { PrivateContext } from "./private-context.js";
import { knownIds, readRecord } from "./private-records.js";
import { clearStaged } from "./private-stage.js";
import { clearVersion, currentVersion, readVersion } from "./private-versions.js";

export interface PruneRequest {
	readonly pinned: readonly string[];
	readonly retain: number;
	readonly dry?: boolean;
}

/** Keeps the pinned ones, the current one, and of the others the `retain` that were made last. */
export async function prunePrivates(context: PrivateContext, { pinned, retain, dry }: PruneRequest): Promise<string[]> {
	const { layout } = context;
	const current = await currentVersion(layout);
	const kept = new Set([...pinned, ...(current === null ? [] : [current])]);
	const ids = new Set([...(await knownIds(layout, "versions")), ...(await knownIds(layout, "staged"))]);
	const others = [...ids].filter((id) => !kept.has(id));
	const whole: { id: string; madeAtMs: number }[] = [];
	for (const id of others) {
		const record = (await readVersion(layout, id)) ?? (await readRecord(layout, "staged", id));
		if (record !== null) whole.push(record);
	}
	whole.sort((a, b) => b.madeAtMs - a.madeAtMs || b.id.localeCompare(a.id));
	const retained = new Set(whole.slice(0, retain).map(({ id }) => id));
	const goes = others.filter((one) => !retained.has(one));
	if (dry === true) return goes;
	for (const id of goes) {
		await clearStaged(context, id);
		await clearVersion(context, id);
	}
	for (const id of [...retained, ...kept]) await clearUsedUp(context, id);
	return goes;
}

/** A version that was live is never made again, so nobody needs what it was made from. */
async function clearUsedUp(context: PrivateContext, id: string): Promise<void> {
	if ((await knownIds(context.layout, "staged")).includes(id)) {
		if ((await readVersion(context.layout, id))?.lived === true) await clearStaged(context, id);
	}
}
