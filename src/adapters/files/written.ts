// What a running version wrote where no entry keeps anything: a look at names and times, as cheap as a walk. Changes nothing.
import { setImmediate } from "node:timers/promises";
import { leftOut } from "./ground.js";
import { type FilesParts, placeOf } from "./places.js";
import { type Entry, readItems, readManifest } from "./records.js";
import { MOST_WATCHED } from "./take.js";
import { isUntouched, treeOf } from "./tree.js";

/** Paths that are compared before the loop has another turn. */
const BETWEEN_TURNS = 1_000;

/** By the entries' names. A folder whose files nobody knew at the snapshot is never said to be written. */
export async function written(parts: FilesParts, swapId: string): Promise<readonly string[]> {
	const place = placeOf(parts, swapId);
	const manifest = await readManifest(place.manifest);
	const found: string[] = [];
	for (const [index, entry] of (manifest?.entries ?? []).entries()) {
		if (entry.policy === "watch" && entry.isKnown && (await hasChanged(entry, place.items(index))))
			found.push(entry.path);
	}
	return found;
}

/** Folders alone are none that anybody would miss. */
async function hasChanged(entry: Entry, items: string): Promise<boolean> {
	const now = await treeOf(entry.folder, { isLeftOut: leftOut(entry), most: MOST_WATCHED });
	if (now === null) return false;
	const before = await readItems(items);
	let looked = 0;
	for (const [path, was] of before) {
		looked += 1;
		if (looked % BETWEEN_TURNS === 0) await setImmediate();
		if (was.kind === "folder") continue;
		const is = now.get(path);
		if (is === undefined || !isUntouched(is, was)) return true;
	}
	return [...now].some(([path, { kind }]) => kind !== "folder" && !before.has(path));
}
