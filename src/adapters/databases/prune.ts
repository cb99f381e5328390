// Removes old snapshots and discarded data. Never those of a pinned swap, and never the newest ones (F18). What users wrote leaves a note
// behind that says when it went, and by whose will.
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Files, PruneRequest, Removal } from "../../ports/ports.js";
import { lstatOrNull } from "./bytes.js";
import { namesIn } from "./generations.js";
import { discardedFolder, type Roots, snapshotFolder } from "./places.js";
import { readManifest, readMarker, readTombstone, type Tombstone, writeTombstone } from "./records.js";
import { removeDiscarded } from "./set-aside.js";

const DAY_MS = 24 * 60 * 60_000;

interface Parts extends Roots {
	readonly files: Files;
}

/** A snapshot that discarded data is compared with is kept as long as that: a replay needs both. */
export async function prune(parts: Parts, { pinned, retain, discarded, dry }: PruneRequest): Promise<Removal[]> {
	const taken = await agesIn(join(parts.stateDir, "snapshots"), takenAt);
	const restored = await agesIn(join(parts.stateDir, "discarded"), restoredAt);
	const since = Date.now() - discarded.days * DAY_MS;
	const young = restored.filter(({ atMs }) => atMs !== null && atMs > since).map(({ swapId }) => swapId);
	const keptData = new Set([...newest(restored, discarded.rollbacks), ...young, ...pinned]);
	const hasData = new Set(restored.map(({ swapId }) => swapId));
	const keptSnapshots = new Set([
		...newest(taken, retain),
		...[...keptData].filter((id) => hasData.has(id)),
		...pinned,
	]);
	const data = [...hasData].filter((swapId) => !keptData.has(swapId));
	const snapshots = taken.map(({ swapId }) => swapId).filter((swapId) => !keptSnapshots.has(swapId));
	if (dry !== true) {
		for (const swapId of data) await removeData(parts, swapId, "retention");
		for (const swapId of snapshots) await parts.files.remove(snapshotFolder(parts, swapId));
	}
	return [
		...data.map((name) => ({ kind: "data", name }) as const),
		...snapshots.map((name) => ({ kind: "snapshot", name }) as const),
	];
}

/** For an operator who wants the space: with the snapshot that it was compared with. */
export async function drop(parts: Parts, swapId: string): Promise<void> {
	await removeData(parts, swapId, "operator");
	await parts.files.remove(snapshotFolder(parts, swapId));
}

/** Of a swap whose data was set aside; null while it is there. Older versions left no note. */
export async function prunedOf(
	roots: Roots,
	swapId: string,
): Promise<(Pick<Tombstone, "by"> & { atMs: number | null }) | null> {
	const note = await readTombstone(tombstoneOf(roots, swapId));
	if (note !== null) return { atMs: note.prunedAtMs, by: note.by };
	return (await lstatOrNull(discardedFolder(roots, swapId))) === null ? { atMs: null, by: "retention" } : null;
}

/** The note comes first: from then on it counts as gone, whatever of it is still there. */
async function removeData(parts: Parts, swapId: string, by: Tombstone["by"]): Promise<void> {
	const { files, stateDir } = parts;
	const folder = discardedFolder(parts, swapId);
	if ((await readTombstone(tombstoneOf(parts, swapId))) === null) {
		const note = { schemaVersion: 1, swapId, prunedAtMs: Date.now(), by } as const;
		await writeTombstone(files, tombstoneOf(parts, swapId), note, join(folder, "manifest.json"));
	}
	const names = (await namesIn(join(stateDir, "discarded"))).filter((name) => swapOf(name) === swapId);
	for (const name of names) await removeFolder(files, join(stateDir, "discarded", name));
}

const NOTE = ".pruned.json";

function tombstoneOf(roots: Roots, swapId: string): string {
	return `${discardedFolder(roots, swapId)}${NOTE}`;
}

async function removeFolder(files: Files, folder: string): Promise<void> {
	for (const name of await namesIn(folder)) await removeDiscarded(files, join(folder, name));
	await files.remove(folder);
}

interface Aged {
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
	const names = (await namesIn(folder)).filter((name) => !name.endsWith(".json"));
	return Promise.all(names.map(async (name) => ({ swapId: swapOf(name), atMs: await ageOf(join(folder, name)) })));
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
