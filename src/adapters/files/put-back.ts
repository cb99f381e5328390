// Puts the copies back: what is as it was is not touched, what differs is set aside and replaced. Entered at any point, any number of times, it ends
// with the files as they were: what it is about to do is on disk before it does it, so that a second entry still knows what the first one replaced.
import { lstat, mkdir, realpath, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { ifAbsent } from "../../core/absent.js";
import { copyItem, move, overwrite, setFolders, setMeta, together } from "./copy.js";
import { HALF, leftOut } from "./ground.js";
import { type FilesParts, type Place, placeOf } from "./places.js";
import {
	type Entry,
	type Item,
	type Plan,
	readItems,
	readManifest,
	readPlan,
	readRestored,
	type Tree,
	write,
	writeRestored,
} from "./records.js";
import { MOST_WATCHED } from "./take.js";
import { hasMeta, isSame, isUntouched, itemAt, treeOf } from "./tree.js";

/** Paths that are compared before the loop has another turn: most need no look at the disk. */
const BETWEEN_TURNS = 1_000;

/** An error whose code says what to do about it. */
class FilesError extends Error {
	override readonly name = "FilesError";
	constructor(
		readonly code: "snapshot_gone" | "ground_changed",
		message: string,
	) {
		super(message);
	}
}

interface Job {
	readonly parts: FilesParts;
	readonly place: Place;
	readonly generation: number;
	readonly index: number;
	readonly entry: Entry;
}

/** `generation`: the candidate's last start. Once the files were put back for it nothing is touched: the restored version may have written. */
export async function putBack(parts: FilesParts, swapId: string, generation: number): Promise<void> {
	const place = placeOf(parts, swapId);
	const restored = await readRestored(place.restored);
	if (restored !== null && restored.generation >= generation) return;
	const manifest = await readManifest(place.manifest);
	if (manifest === null) throw new FilesError("snapshot_gone", `The copies of the files are gone: ${place.manifest}.`);
	for (const [index, entry] of manifest.entries.entries()) {
		const job = { parts, place, generation, index, entry };
		if (entry.policy === "restore") await putBackOne(job);
		else await tellOne(job);
	}
	await parts.gate.around("files.restored", () => writeRestored(parts.files, place, generation));
}

/** What stays is only told, and holds nothing up. */
async function tellOne(job: Job): Promise<void> {
	const { place, index, entry } = job;
	if (!entry.isKnown) return;
	const now = await treeOf(entry.folder, { isLeftOut: leftOut(entry), most: MOST_WATCHED });
	if (now === null) return;
	const found = await differences({ before: await readItems(place.items(index)), now, copy: null, entry });
	await keepPlan(job, found).catch((error) =>
		job.parts.log.warn("files.untold", { path: entry.path, error: String(error) }),
	);
}

async function putBackOne(job: Job): Promise<void> {
	const { parts, place, index, entry } = job;
	const { files, gate } = parts;
	const { folder } = entry;
	await gate.around("files.ground", () => clearGround(job));
	const before = await readItems(place.items(index));
	const held: string[] = [];
	const now = (await treeOf(folder, { isLeftOut: leftOut(entry), opens: true, held })) ?? new Map();
	for (const path of held.filter((one) => HALF.test(basename(one)))) await rm(join(folder, path), { force: true });
	const found = await differences({ before, now, copy: place.copy(index), entry });
	await keepPlan(job, found);
	await gate.around("files.aside", () => setAside(job, found, held));
	await gate.around("files.put", () => put(job, before));
	const there = (await lstat(folder).catch(ifAbsent(null)))?.isDirectory() === true;
	await files.syncTree(there ? folder : dirname(folder));
	await files.syncTree(place.swap);
}

async function keepPlan({ parts, place, generation, index }: Job, found: Plan): Promise<void> {
	const path = place.plan(generation, index);
	const kept = await readPlan(path);
	// Where nothing differs there is nothing to tell, and a full disk holds nothing up.
	if (kept === null && [found.added, found.changed, found.removed].every((paths) => paths.length === 0)) return;
	const earlier = kept ?? { added: [], changed: [], removed: [] };
	await parts.gate.around("files.plan", async () => {
		await makeFolders(dirname(path), place.swap, parts.files);
		await write(parts.files, path, joined(earlier, found));
	});
}

/** The folders above are there, and no link leads elsewhere; what stands in the place of the folder itself is set aside. */
async function clearGround({ place, generation, index, entry }: Job): Promise<void> {
	const { folder, path, isThere } = entry;
	const above = dirname(folder);
	if (isThere && (await lstat(above).catch(ifAbsent(null))) === null) await mkdir(above, { recursive: true });
	const real = await realpath(above).catch(ifAbsent(null));
	if (real === null && !isThere) return;
	if (real !== above) {
		const message = `${path} cannot be put back: ${above} is no folder any more, or a link leads elsewhere.`;
		throw new FilesError("ground_changed", message);
	}
	const found = await lstat(folder).catch(ifAbsent(null));
	if (found === null || found.isDirectory()) return;
	await move(folder, await freePath(join(place.aside(generation, index), "instead")));
}

interface Compared {
	readonly before: Tree;
	readonly now: Tree;
	/** Where contents can be compared; null: by size and times. */
	readonly copy: string | null;
	readonly entry: Entry;
}

/** By name only what a person would call a change: another mode or time is mended without a word. */
async function differences({ before, now, copy, entry: { folder } }: Compared): Promise<Plan> {
	const plan: Plan = { added: [], changed: [], removed: [] };
	let looked = 0;
	for (const [path, was] of before) {
		looked += 1;
		if (looked % BETWEEN_TURNS === 0) await setImmediate();
		const is = now.get(path);
		if (is === undefined) {
			if (path !== "") plan.removed.push(path);
		} else if (!(await isAsBefore(is, was, join(folder, path), copy && join(copy, path)))) plan.changed.push(path);
	}
	for (const path of now.keys()) if (path !== "" && !before.has(path)) plan.added.push(path);
	return plan;
}

async function isAsBefore(is: Item, was: Item, at: string, copyAt: string | null): Promise<boolean> {
	if (is.kind === "folder" && was.kind === "folder") return true;
	if (isUntouched(is, was)) return true;
	// Another name of it may be somebody else's: its mode and owner are not ours to set.
	if (copyAt === null || (is.links > 1 && is.inode !== was.inode)) return false;
	return isSame(is, was, at, copyAt);
}

/** What an earlier entry found counts: by now it is gone from where it was. */
function joined(earlier: Plan, found: Plan): Plan {
	const known = new Set([...earlier.added, ...earlier.changed, ...earlier.removed]);
	const more = (paths: readonly string[]) => paths.filter((path) => !known.has(path));
	return {
		added: [...earlier.added, ...more(found.added)].sort(),
		changed: [...earlier.changed, ...more(found.changed)].sort(),
		removed: [...earlier.removed, ...more(found.removed)].sort(),
	};
}

/** Whole folders at once, but for those with something in them that is left to others. */
async function setAside(
	{ place, generation, index, entry }: Job,
	{ added, changed }: Plan,
	held: readonly string[],
): Promise<void> {
	const aside = place.aside(generation, index);
	const holds = (path: string) => held.some((one) => one.startsWith(`${path}/`));
	const isAdded = new Set(added);
	for (const path of [...changed, ...added].sort()) {
		const is = await itemAt(join(entry.folder, path));
		if (is === null || (is.kind === "folder" && isAdded.has(path) && holds(path))) continue;
		await move(join(entry.folder, path), await freePath(join(aside, path)));
	}
	// There was none: where nothing is left in it, there is none again.
	if (!entry.isThere) await rmdir(entry.folder).catch(() => {});
}

/** Nothing that was set aside is ever written over. */
async function freePath(path: string): Promise<string> {
	for (let count = 1; ; count += 1) {
		const free = count === 1 ? path : `${path}.${count}`;
		if ((await lstat(free).catch(ifAbsent(null))) === null) return free;
	}
}

/** Parents before children; the times of folders last. */
async function put({ place, index, entry: { folder } }: Job, before: Tree): Promise<void> {
	const putAt = (path: string, was: Item) => putOne(join(place.copy(index), path), join(folder, path), was);
	for (const [path, was] of before) if (was.kind === "folder") await putAt(path, was);
	await together(before, async (path, was) => {
		if (was.kind !== "folder") await putAt(path, was);
	});
	await setFolders(folder, before);
}

async function putOne(from: string, to: string, was: Item): Promise<void> {
	const is = await itemAt(to);
	if (is !== null && (was.kind === "folder" || isUntouched(is, was))) return;
	if (is === null) {
		// A socket of the dead.
		await rm(to, { force: true });
		await copyItem(from, to, was);
	} else if (was.kind === "file" && !(await isSame(is, was, to, from))) {
		await overwrite(from, to, was);
	} else if (!hasMeta(is, was)) await setMeta(to, was);
}

async function makeFolders(folder: string, above: string, { syncFolder }: FilesParts["files"]): Promise<void> {
	await mkdir(folder, { recursive: true, mode: 0o700 });
	for (let at = folder; at.length > above.length; at = dirname(at)) await syncFolder(dirname(at));
}
