// Takes a copy of the program's files while nobody writes them. The manifest is written last: a folder without one is a leftover of a killed life.
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { copyContents } from "./copy.js";
import { groundOf, leftOut } from "./ground.js";
import { type Covered, type FilesParts, type Place, placeOf } from "./places.js";
import { type Entry, type Manifest, readManifest, reserve, write, writeItems } from "./records.js";
import { treeOf } from "./tree.js";

/** What is only watched is not worth a longer stop. */
export const MOST_WATCHED = 20_000;

/** A copy of this swap that is complete is never taken again: by then another version may have written. */
export async function take(parts: FilesParts, swapId: string): Promise<Manifest> {
	const { files, gate } = parts;
	const place = placeOf(parts, swapId);
	const earlier = await readManifest(place.manifest);
	if (earlier !== null) return earlier;
	await files.remove(place.swap);
	await mkdir(place.swap, { recursive: true, mode: 0o700 });
	await gate.around("files.reserve", () => reserve(place.spare));
	const entries: Entry[] = [];
	// Parents first: what lies in a folder comes back into it.
	const ordered = [...parts.covered].sort((one, other) => one.path.length - other.path.length);
	for (const [index, covered] of ordered.entries()) {
		entries.push(await gate.around("files.copy", () => takeOne(parts, covered, { place, index })));
	}
	if (entries.some(({ policy }) => policy === "restore")) await files.syncTree(place.swap);
	else await files.syncFolder(place.swap);
	const manifest: Manifest = { schemaVersion: 1, swapId, takenAtMs: Date.now(), entries };
	await gate.around("files.manifest", () => write(files, place.manifest, manifest));
	await files.syncFolder(dirname(place.swap));
	return manifest;
}

interface Where {
	readonly place: Place;
	readonly index: number;
}

async function takeOne(parts: FilesParts, covered: Covered, { place, index }: Where): Promise<Entry> {
	const ground = await groundOf(parts, covered);
	const isMeant = ground.policy === "restore";
	const walk = { isLeftOut: leftOut(ground), ...(isMeant ? { strict: true } : { most: MOST_WATCHED }) };
	const tree = await treeOf(ground.folder, walk);
	if (tree === null) return { ...ground, isKnown: false, bytes: 0 };
	await writeItems(place.items(index), tree);
	const bytes = isMeant && ground.isThere ? await copyContents(ground.folder, place.copy(index), tree) : 0;
	return { ...ground, isKnown: true, bytes };
}
