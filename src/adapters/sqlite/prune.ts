// Removes old snapshots and discarded data. Never those of a pinned swap, and never the newest ones (F18).
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Files } from "../../ports.js";
import { namesIn } from "./generations.js";
import type { Roots } from "./places.js";
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
	for (const { name, swapId } of restored) {
		if (!kept.has(swapId)) await removeFolder(files, join(discarded, name));
	}
	for (const { name, swapId } of taken) {
		if (!kept.has(swapId)) await files.remove(join(snapshots, name));
	}
}

async function removeFolder(files: Files, folder: string): Promise<void> {
	for (const name of await namesIn(folder)) await removeDiscarded(files, join(folder, name));
	await files.remove(folder);
}

interface Aged {
	readonly name: string;
	readonly swapId: string;
	/** Null for a snapshot that was never completed: failed tries push out nothing. */
	readonly atMs: number | null;
}

function newest(all: readonly Aged[], retain: number): string[] {
	const whole = all.filter(({ atMs }) => atMs !== null);
	const sorted = whole.sort((a, b) => (b.atMs ?? 0) - (a.atMs ?? 0));
	return [...new Set(sorted.map(({ swapId }) => swapId))].slice(0, retain);
}

async function agesIn(folder: string, ageOf: (path: string) => Promise<number | null>): Promise<Aged[]> {
	const names = await namesIn(folder);
	return Promise.all(
		names.map(async (name) => ({ name, swapId: swapOf(name), atMs: await ageOf(join(folder, name)) })),
	);
}

/** A swap that was restored more than once has a folder for each. */
function swapOf(name: string): string {
	return name.replace(/\.\d+$/, "");
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
