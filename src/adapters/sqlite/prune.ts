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

export async function prune({ stateDir }: Roots, files: Files, { pinned, retain }: PruneRequest): Promise<void> {
	const [snapshots, discarded] = [join(stateDir, "snapshots"), join(stateDir, "discarded")];
	const times = new Map<string, number>();
	for (const { name, atMs } of [...(await agesIn(snapshots, takenAt)), ...(await agesIn(discarded, restoredAt))]) {
		times.set(name, Math.max(atMs, times.get(name) ?? 0));
	}
	const newest = [...times.keys()].sort((a, b) => (times.get(b) ?? 0) - (times.get(a) ?? 0)).slice(0, retain);
	for (const swapId of times.keys()) {
		if (newest.includes(swapId) || pinned.includes(swapId)) continue;
		for (const name of await namesIn(join(discarded, swapId))) {
			await removeDiscarded(files, join(discarded, swapId, name));
		}
		await files.remove(join(discarded, swapId));
		await files.remove(join(snapshots, swapId));
	}
}

async function agesIn(folder: string, ageOf: (path: string) => Promise<number | null>) {
	const names = await namesIn(folder);
	return Promise.all(
		names.map(async (name) => {
			const path = join(folder, name);
			const atMs = await ageOf(path).catch(() => null);
			return { name, atMs: atMs ?? (await stat(path)).mtimeMs };
		}),
	);
}

const takenAt = async (path: string) => (await readManifest(path))?.takenAtMs ?? null;
const restoredAt = async (path: string) => (await readMarker(path))?.restoredAtMs ?? null;

async function namesIn(folder: string): Promise<string[]> {
	try {
		return await readdir(folder);
	} catch (error) {
		if (isAbsent(error)) return [];
		throw error;
	}
}
