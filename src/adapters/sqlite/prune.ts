// Removes old snapshots and discarded data. Never those of a pinned swap, and never the newest ones (F18).
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Files } from "../../ports.js";
import { isAbsent, type Roots } from "./places.js";
import { readManifest, readMarker } from "./records.js";
import { removeDiscarded } from "./set-aside.js";

export interface PruneRequest {
	readonly pinned: readonly string[];
	readonly retain: number;
}

/** Each kind has its own newest: swaps that were confirmed push out nothing that users wrote into one that was rolled back. */
export async function prune({ stateDir }: Roots, files: Files, { pinned, retain }: PruneRequest): Promise<void> {
	const [snapshots, discarded] = [join(stateDir, "snapshots"), join(stateDir, "discarded")];
	const [taken, restored] = [await agesIn(snapshots, takenAt), await agesIn(discarded, restoredAt)];
	const kept = new Set([...newest(taken, retain), ...newest(restored, retain), ...pinned]);
	for (const swapId of new Set([...taken, ...restored].map(({ name }) => name))) {
		if (kept.has(swapId)) continue;
		for (const name of await namesIn(join(discarded, swapId))) {
			await removeDiscarded(files, join(discarded, swapId, name));
		}
		await files.remove(join(discarded, swapId));
		await files.remove(join(snapshots, swapId));
	}
}

interface Aged {
	readonly name: string;
	/** Null for a snapshot that was never completed: failed tries push out nothing. */
	readonly atMs: number | null;
}

function newest(all: readonly Aged[], retain: number): string[] {
	const whole = all.filter(({ atMs }) => atMs !== null);
	const sorted = whole.sort((a, b) => (b.atMs ?? 0) - (a.atMs ?? 0));
	return sorted.slice(0, retain).map(({ name }) => name);
}

async function agesIn(folder: string, ageOf: (path: string) => Promise<number | null>): Promise<Aged[]> {
	const names = await namesIn(folder);
	return Promise.all(names.map(async (name) => ({ name, atMs: await ageOf(join(folder, name)) })));
}

/** What no longer reads goes by the time of its folder. */
async function takenAt(path: string): Promise<number | null> {
	const manifest = await readManifest(path).catch(() => changedAt(path));
	return typeof manifest === "number" ? manifest : (manifest?.takenAtMs ?? null);
}

/** Data without a marker is data all the same. */
async function restoredAt(path: string): Promise<number> {
	const marker = await readMarker(path).catch(() => null);
	return marker?.restoredAtMs ?? (await changedAt(path));
}

async function changedAt(path: string): Promise<number> {
	return (await stat(path)).mtimeMs;
}

async function namesIn(folder: string): Promise<string[]> {
	try {
		return await readdir(folder);
	} catch (error) {
		if (isAbsent(error)) return [];
		throw error;
	}
}
