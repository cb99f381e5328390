// Puts the copies back: what is as it was is not touched, what differs is set aside and replaced. Entered at any point, any number of times, it ends
// with the files as they were: what it is about to do is on disk before it does it, so that a second entry still knows what the first one replaced.
import { lstat, mkdir, realpath, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { ifAbsent } from "../../core/absent.js";
import { copyItem, move, overwrite, setFolders, setMeta, together } from "./copy.js";
import { type Place, placeOf } from "./places.js";
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
} from "./records.js";
import { type Covered, type FilesParts, walkOf } from "./take.js";
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
		await putBackOne({ parts, place, generation, index, entry });
	}
	const { files, gate } = parts;
	await gate.around("files.restored", () => write(files, place.restored, { generation, restoredAtMs: Date.now() }));
}

async function putBackOne(job: Job): Promise<void> {
	const { parts, place, generation, index, entry } = job;
	const { files, gate } = parts;
	const folder = await groundOf(job);
	if (folder === null || !entry.isKnown) return;
	const before = await readItems(place.items(index));
	const now = await treeOf(folder, walkOf(parts, coveredBy(parts, entry)));
	if (now === null) return;
	const found = await differences({ before, now, folder, copy: place.copy(index), entry });
	const path = place.plan(generation, index);
	const plan = joined((await readPlan(path)) ?? { added: [], changed: [], removed: [] }, found);
	await gate.around("files.plan", async () => {
		await files.syncFolder(await made(dirname(path), parts.stateDir, files));
		await write(files, path, plan);
	});
	if (entry.policy !== "restore") return;
	await gate.around("files.aside", () => setAside(job, folder, found));
	await gate.around("files.put", () => put(job, folder, before));
	await files.syncTree(folder);
	if (parts.stateDir !== folder) await files.syncTree(place.swap);
}

/** As it was when the copy was taken: what is configured by now may be another thing. */
function coveredBy({ covered }: FilesParts, { path, policy }: Entry): Covered {
	return { path, policy, exclude: covered.find((one) => one.path === path)?.exclude ?? [] };
}

/** Where the files belong, with whatever stands in the way of that set aside; null: there was no such folder, and there is none. */
async function groundOf({ parts, place, generation, index, entry }: Job): Promise<string | null> {
	const configured = join(parts.root, entry.path);
	const folder = entry.folder ?? (await realpath(configured).catch(ifAbsent(null)));
	if (folder === null) return null;
	const above = await realpath(dirname(folder)).catch(ifAbsent(null));
	if (above !== dirname(folder)) {
		const message = `${entry.path} cannot be put back: ${dirname(folder)} is no folder any more, or a link leads elsewhere.`;
		throw new FilesError("ground_changed", message);
	}
	const found = await lstat(folder).catch(ifAbsent(null));
	if (found === null || found.isDirectory() || entry.policy !== "restore") return folder;
	await move(folder, await freePath(join(place.aside(generation, index), "instead")));
	return folder;
}

interface Compared {
	readonly before: Tree;
	readonly now: Tree;
	readonly folder: string;
	readonly copy: string;
	readonly entry: Entry;
}

/** By name only what a person would call a change: another mode or time is mended without a word. */
async function differences({ before, now, folder, copy, entry }: Compared): Promise<Plan> {
	const plan: Plan = { added: [], changed: [], removed: [] };
	let looked = 0;
	for (const [path, was] of before) {
		looked += 1;
		if (looked % BETWEEN_TURNS === 0) await setImmediate();
		const is = now.get(path);
		if (is === undefined) plan.removed.push(path);
		else if (!(await isAsBefore({ is, was, entry }, join(folder, path), join(copy, path)))) plan.changed.push(path);
	}
	for (const path of now.keys()) if (path !== "" && !before.has(path)) plan.added.push(path);
	return plan;
}

async function isAsBefore(
	{ is, was, entry }: { readonly is: Item; readonly was: Item; readonly entry: Entry },
	at: string,
	copyAt: string,
): Promise<boolean> {
	if (is.kind === "folder" && was.kind === "folder") return true;
	if (isUntouched(is, was)) return true;
	return entry.policy === "restore" && isSame(is, was, at, copyAt);
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

/** Whole folders at once; of changed folders nothing, because they stay. */
async function setAside({ place, generation, index }: Job, folder: string, { added, changed }: Plan): Promise<void> {
	const aside = place.aside(generation, index);
	for (const path of [...changed, ...added].sort()) {
		if ((await itemAt(join(folder, path))) === null) continue;
		await move(join(folder, path), await freePath(join(aside, path)));
	}
}

/** Nothing that was set aside is ever written over. */
async function freePath(path: string): Promise<string> {
	for (let count = 1; ; count += 1) {
		const free = count === 1 ? path : `${path}.${count}`;
		if ((await lstat(free).catch(ifAbsent(null))) === null) return free;
	}
}

/** Parents before children; the times of folders last. */
async function put({ place, index }: Job, folder: string, before: Tree): Promise<void> {
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
	await rm(`${to}.deadman-half`, { force: true });
	if (is === null) {
		// A socket of the dead.
		await rm(to, { force: true });
		await copyItem(from, to, was);
	} else if (was.kind === "file" && !(await isSame(is, was, to, from))) {
		await overwrite(from, to, was);
	} else if (!hasMeta(is, was)) await setMeta(to, was);
}

async function made(folder: string, above: string, { syncFolder }: FilesParts["files"]): Promise<string> {
	await mkdir(folder, { recursive: true, mode: 0o700 });
	for (let at = dirname(folder); at.length > above.length; at = dirname(at)) await syncFolder(at);
	return folder;
}
