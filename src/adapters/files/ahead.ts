// Copies the program's files while it still writes them, so that once it has stopped only what differs is copied. Whatever it wrote meanwhile shows in
// the times of a file, where the file system tells them; where it may not, all bytes are compared.
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { mountOf, mountsBelow, tellsWrites } from "../../core/mounts.js";
import { copyContents, makeSame, together } from "./copy.js";
import { type Ground, groundOf, leftOut } from "./ground.js";
import { type FilesParts, ordered, placeOf } from "./places.js";
import {
	type AheadEntry,
	type Item,
	readAhead,
	readItems,
	readManifest,
	type Tree,
	write,
	writeItems,
} from "./records.js";
import { isUntouched, treeOf } from "./tree.js";

/** Times of files move in steps: who writes within the step in which the copy began may not be seen. */
const STEP_NS = 20_000_000n;
const SECOND_NS = 1_000_000_000n;
/** Files that are looked at before the loop has another turn. */
const BETWEEN_TURNS = 1_000;

/** What fails leaves nothing that anybody would use. */
export async function copyAhead(parts: FilesParts, swapId: string): Promise<void> {
	const { files, gate } = parts;
	const place = placeOf(parts, swapId);
	if ((await readManifest(place.manifest)) !== null) return;
	await files.remove(place.swap);
	if (!parts.covered.some(({ policy }) => policy === "restore")) return;
	await mkdir(place.ahead, { recursive: true, mode: 0o700 });
	const entries: AheadEntry[] = [];
	for (const [index, covered] of ordered(parts.covered).entries()) {
		if (covered.policy !== "restore") continue;
		const ground = await groundOf(parts, covered);
		if (!ground.isThere) continue;
		const where = { seen: place.seen(index), copy: place.copy(index) };
		entries.push({ index, ...(await gate.around("files.ahead", () => copyOne(parts, ground, where))) });
	}
	await files.syncTree(place.swap);
	await write(files, place.made, { entries });
}

interface Where {
	/** Where it is put down what was there. */
	readonly seen: string;
	readonly copy: string;
}

async function copyOne(
	{ files }: FilesParts,
	ground: Ground,
	{ seen, copy }: Where,
): Promise<Omit<AheadEntry, "index">> {
	const { folder } = ground;
	const mounts = await files.mounts();
	const isTold = tellsWrites(mountOf(mounts, folder)) && mountsBelow(mounts, folder).length === 0;
	// What somebody has mapped counts as written at its next change only once it is clean.
	if (isTold) await files.syncTree(folder);
	const startedNs = String(BigInt(Date.now()) * 1_000_000n);
	const tree = (await treeOf(folder, { isLeftOut: leftOut(ground) })) ?? new Map();
	await writeItems(seen, tree);
	const bytes = await copyContents(folder, copy, tree, { isMoving: true });
	return { folder, startedNs, isTold, bytes };
}

/** A complete copy stays. */
export async function forget(parts: FilesParts, swapId: string): Promise<void> {
	const { manifest, swap } = placeOf(parts, swapId);
	if ((await readManifest(manifest)) === null) await parts.files.remove(swap);
}

/** How much of the space that the copies need is taken already. */
export async function materialBytes(parts: FilesParts, swapId: string | undefined): Promise<number> {
	if (swapId === undefined) return 0;
	const made = await readAhead(placeOf(parts, swapId).made).catch(() => null);
	return (made?.entries ?? []).reduce((sum, { bytes }) => sum + bytes, 0);
}

interface Comparison extends Where {
	readonly folder: string;
	/** What is there now, and nobody writes any more. */
	readonly tree: Tree;
	readonly made: AheadEntry;
}

/** Makes a copy of before what the folder holds now. @returns Bytes in all, and every path of the copy that was made or written. */
export async function matchContents({ folder, copy, seen, tree, made }: Comparison) {
	const before = await readItems(seen);
	const changed: string[] = [];
	for (const [path, was] of before) {
		if (path === "" || tree.get(path)?.kind === was.kind) continue;
		// What comes back after a power cut is in no list, so nobody will look at it.
		await rm(join(copy, path), { recursive: true, force: true });
	}
	for (const [path, { kind }] of tree) {
		if (kind !== "folder") continue;
		if ((await mkdir(join(copy, path), { recursive: true, mode: 0o700 })) !== undefined) changed.push(join(copy, path));
	}
	const { bytes, doubtful } = await doubtfulIn(tree, before, made);
	await together(doubtful, async (path, item) => {
		if (await makeSame(join(folder, path), join(copy, path), item)) changed.push(join(copy, path));
	});
	return { bytes, changed };
}

async function doubtfulIn(tree: Tree, before: Tree, made: AheadEntry) {
	const doubtful: Tree = new Map();
	let [bytes, looked] = [0, 0];
	for (const [path, item] of tree) {
		looked += 1;
		if (looked % BETWEEN_TURNS === 0) await setImmediate();
		if (item.kind !== "file") continue;
		bytes += item.size;
		const was = before.get(path);
		if (was === undefined || !isUntouched(item, was) || !wasQuiet(item, made)) doubtful.set(path, item);
	}
	return { bytes, doubtful };
}

/** Since before the copy began. */
function wasQuiet({ modified, changed }: Item, { startedNs, isTold }: AheadEntry): boolean {
	if (!isTold) return false;
	return [BigInt(modified), BigInt(changed)].every((time) => {
		const step = time % SECOND_NS === 0n ? 3n * SECOND_NS : STEP_NS;
		return time < BigInt(startedNs) - step;
	});
}
