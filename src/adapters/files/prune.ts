// Removes what is kept of files: as long as a swap's databases are kept its files are, by the same rule (F18).
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ifAbsent } from "../../core/absent.js";
import type { Files, PruneRequest, Removal } from "../../ports/ports.js";
import { keptFolder, placeOf, type Roots } from "./places.js";
import { readManifest, readRestored } from "./records.js";

const DAY_MS = 24 * 60 * 60_000;

interface Aged {
	readonly swapId: string;
	/** Null: it was never complete. */
	readonly takenAtMs: number | null;
	/** Null: nothing was set aside. */
	readonly restoredAtMs: number | null;
}

export async function prune(parts: Roots & { readonly files: Files }, request: PruneRequest): Promise<Removal[]> {
	const { pinned, retain, discarded } = request;
	const all = await agesIn(parts);
	const since = Date.now() - discarded.days * DAY_MS;
	const newest = (ages: readonly Aged[], time: "takenAtMs" | "restoredAtMs", most: number) =>
		[...ages].sort((one, other) => (other[time] ?? 0) - (one[time] ?? 0)).slice(0, most);
	const taken = all.filter(({ takenAtMs }) => takenAtMs !== null);
	const restored = all.filter(({ restoredAtMs }) => restoredAtMs !== null);
	const kept = new Set(
		[
			...newest(taken, "takenAtMs", retain),
			...newest(restored, "restoredAtMs", discarded.rollbacks),
			...restored.filter(({ restoredAtMs }) => (restoredAtMs ?? 0) > since),
		].map(({ swapId }) => swapId),
	);
	const goes = all.map(({ swapId }) => swapId).filter((swapId) => !kept.has(swapId) && !pinned.includes(swapId));
	if (request.dry !== true) for (const swapId of goes) await parts.files.remove(placeOf(parts, swapId).swap);
	return goes.map((name) => ({ kind: "files", name }));
}

async function agesIn(roots: Roots): Promise<Aged[]> {
	const folder = keptFolder(roots);
	const names = (await readdir(folder).catch(ifAbsent([]))).filter((name) => /^[\w-]{1,64}$/.test(name));
	return Promise.all(
		names.map(async (swapId) => {
			const { manifest, restored } = placeOf(roots, swapId);
			const changedAtMs = (await stat(join(folder, swapId))).mtimeMs;
			// What no longer reads goes by the time of its folder.
			const unreadable = { takenAtMs: changedAtMs, restoredAtMs: changedAtMs };
			const taken = await readManifest(manifest).catch(() => unreadable);
			const back = await readRestored(restored).catch(() => unreadable);
			return { swapId, takenAtMs: taken?.takenAtMs ?? null, restoredAtMs: back?.restoredAtMs ?? null };
		}),
	);
}
