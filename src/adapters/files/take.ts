// Takes a copy of the program's files while nobody writes them, from what was copied ahead. The manifest is written last: a folder without one is no copy.
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { matchContents } from "./ahead.js";
import { copyContents } from "./copy.js";
import { groundOf, leftOut } from "./ground.js";
import { type Covered, type FilesParts, ordered, type Place, placeOf } from "./places.js";
import {
	type AheadEntry,
	type Entry,
	type Manifest,
	readAhead,
	readManifest,
	reserve,
	write,
	writeItems,
} from "./records.js";
import { treeOf } from "./tree.js";

/** What is only watched is not worth a longer stop. */
export const MOST_WATCHED = 20_000;
/** So many changed paths are synced one by one; more at once, with everything else that the disk has to write. */
const FEW = 64;

/** A copy of this swap that is complete is never taken again: by then another version may have written. */
export async function take(parts: FilesParts, swapId: string): Promise<Manifest> {
	const { files, gate } = parts;
	const place = placeOf(parts, swapId);
	const earlier = await readManifest(place.manifest);
	if (earlier !== null) return earlier;
	const made = (await readAhead(place.made).catch(() => null))?.entries ?? null;
	if (made === null) await files.remove(place.swap);
	await mkdir(place.swap, { recursive: true, mode: 0o700 });
	await gate.around("files.reserve", () => reserve(place.spare));
	const taken: Taken[] = [];
	for (const [index, covered] of ordered(parts.covered).entries()) {
		const own = made?.find((one) => one.index === index) ?? null;
		taken.push(await gate.around("files.copy", () => takeOne(parts, covered, { place, index, made: own })));
	}
	await syncAll(parts, place, taken);
	const entries = taken.map(({ entry }) => entry);
	const manifest: Manifest = { schemaVersion: 1, swapId, takenAtMs: Date.now(), entries };
	await gate.around("files.manifest", () => write(files, place.manifest, manifest));
	await files.syncFolder(dirname(place.swap));
	await files.remove(place.ahead);
	return manifest;
}

interface Taken {
	readonly entry: Entry;
	/** Paths that are not on disk yet; null: any. */
	readonly changed: readonly string[] | null;
}

async function syncAll({ files }: FilesParts, place: Place, taken: readonly Taken[]): Promise<void> {
	const changed = taken.flatMap((one) => one.changed ?? []);
	if (taken.some((one) => one.changed === null) || changed.length > FEW) return files.syncTree(place.swap);
	for (const path of new Set([...changed, ...changed.map((one) => dirname(one))])) await files.syncFolder(path);
	await files.syncFolder(place.swap);
}

interface Where {
	readonly place: Place;
	readonly index: number;
	readonly made: AheadEntry | null;
}

async function takeOne(parts: FilesParts, covered: Covered, where: Where): Promise<Taken> {
	const { place, index } = where;
	const ground = await groundOf(parts, covered);
	const isMeant = ground.policy === "restore";
	const walk = { isLeftOut: leftOut(ground), ...(isMeant ? { strict: true } : { most: MOST_WATCHED }) };
	const tree = await treeOf(ground.folder, walk);
	if (tree === null) return { entry: { ...ground, isKnown: false, bytes: 0 }, changed: [] };
	await writeItems(place.items(index), tree);
	const made = where.made?.folder === ground.folder && ground.isThere ? where.made : null;
	const copy = place.copy(index);
	if (isMeant && made !== null) {
		const { bytes, changed } = await matchContents({ ...ground, copy, seen: place.seen(index), tree, made });
		return { entry: { ...ground, isKnown: true, bytes }, changed };
	}
	if (isMeant) await parts.files.remove(copy);
	if (!isMeant || !ground.isThere) return { entry: { ...ground, isKnown: true, bytes: 0 }, changed: [] };
	return { entry: { ...ground, isKnown: true, bytes: await copyContents(ground.folder, copy, tree) }, changed: null };
}
