// The copies that a snapshot is made of, before it is one: laid while the old version still runs, so torn, and never taken for anything until they
// were compared with a database that nobody writes. Knows them from what else a killed life left.
import { lstat, readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { RefusedError } from "../../core/refusals.js";
import { bytesOf, lstatOrNull, makeFolder } from "./bytes.js";
import type { DataChild } from "./data-child.js";
import { fence, heldError } from "./fence.js";
import { namesIn } from "./generations.js";
import { originOf } from "./origin.js";
import type { SnapshotParts } from "./parts.js";
import { ifNowhere, type Place, placeOf, snapshotFolder } from "./places.js";
import { readManifest } from "./records.js";

/** The log and the rollback journal hold commits; the index of the log is rebuilt from it. */
const copied = ["", "-wal", "-journal"] as const;

const PAUSE_MS = 50;
/** Times of files move in steps: two writes within one look like one. */
const STEP_NS = 20_000_000n;
const SECOND_NS = 1_000_000_000n;

/** While the program writes. What fails leaves no copy, and whoever takes the snapshot makes it. */
export async function copyAhead(parts: SnapshotParts, swapId: string): Promise<void> {
	const folder = snapshotFolder(parts, swapId);
	if ((await readManifest(folder)) !== null) return;
	await keepMaterial(parts, swapId);
	await makeFolder(folder, parts.stateDir);
	const child = parts.children.next();
	try {
		for (const [index, { path, policy }] of parts.databases.entries()) {
			if (path === undefined || policy === "keep") continue;
			const place = placeOf(parts, (await originOf(parts, path)).file, { swapId, index });
			if ((await lstatOrNull(place.live))?.isFile() !== true) continue;
			await makeFolder(dirname(place.snapshot), parts.stateDir);
			await parts.gate.around("snapshots.ahead", () => matchAll(child, place));
		}
	} finally {
		await child.end();
	}
}

/** A complete snapshot stays. */
export async function forget(parts: SnapshotParts, swapId: string): Promise<void> {
	const folder = snapshotFolder(parts, swapId);
	if ((await readManifest(folder)) === null) await parts.files.remove(folder);
}

/** How much of the space that the next copies need is taken already. */
export async function materialBytes(parts: SnapshotParts, swapId: string | undefined): Promise<number> {
	if (swapId === undefined) return 0;
	const sizes = await Promise.all((await materialIn(parts, snapshotFolder(parts, swapId))).map(bytesOf));
	return sizes.reduce((sum, size) => sum + size, 0);
}

/**
 * Removes what a killed life left, but for copies: whatever is in them, they will be compared. Its child may still be closing such a copy, and would take
 * the log of a new one at the same path with it.
 */
export async function keepMaterial(parts: SnapshotParts, swapId: string): Promise<void> {
	const folder = snapshotFolder(parts, swapId);
	if (!(await parts.files.exists(folder))) return;
	const kept = await materialIn(parts, folder);
	const held = await fence(kept);
	if (held !== null) throw new RefusedError(held);
	const of = new Set(kept.map((path) => dirname(path)));
	for (const path of (await namesIn(folder)).map((name) => join(folder, name))) {
		if (!of.has(path)) await parts.files.remove(path);
	}
}

/** Plain files in the folders of databases: what hooks leave there is theirs to read, and made anew. */
async function materialIn({ databases }: SnapshotParts, folder: string): Promise<string[]> {
	const isOurs = (name: string) => databases[Number(name)]?.path !== undefined;
	const numbers = (await namesIn(folder)).filter((name) => /^\d+$/.test(name) && isOurs(name));
	const found = await Promise.all(
		numbers.map(async (name) => {
			const entries = await readdir(join(folder, name), { withFileTypes: true }).catch(ifNowhere([]));
			return entries.filter((entry) => entry.isFile()).map((entry) => join(folder, name, entry.name));
		}),
	);
	return found.flat();
}

/** Once everybody has stopped: the copies are what the database and its logs are, all of one moment. A log that nobody needs any more is not locked, and
 * threads of a killed program write on for a while: so it counts only where nothing has changed meanwhile. @returns Bytes that had to be written. */
export async function matchQuiet(parts: SnapshotParts, child: DataChild, place: Place): Promise<number> {
	const until = performance.now() + parts.patienceMs;
	let all = 0;
	for (let isAgain = false; ; isAgain = true) {
		const before = await stepAway(await marksOf(place.live), place.live);
		const written = await matchAll(child, place);
		all += written;
		const changed = differing(before, await marksOf(place.live));
		if (changed === null && (before.isOld || (isAgain && written === 0))) return all;
		if (performance.now() >= until && isAgain) {
			throw await heldError(place.live, `${place.live}${changed ?? ""} changed while it was copied.`);
		}
		await setTimeout(PAUSE_MS);
	}
}

async function matchAll(child: DataChild, { live, snapshot }: Place): Promise<number> {
	await forgetOthers(snapshot);
	let written = 0;
	for (const suffix of copied) {
		const request = { from: `${live}${suffix}`, to: `${snapshot}${suffix}`, hashed: suffix === "" };
		written += (await child.ask("match", request))?.written ?? 0;
	}
	return written;
}

/** A link on the way may have led to another file by then. */
async function forgetOthers(snapshot: string): Promise<void> {
	const names = [...copied, ".hashes"].map((suffix) => `${basename(snapshot)}${suffix}`);
	const others = (await namesIn(dirname(snapshot))).filter((name) => !names.includes(name));
	for (const name of others) await rm(join(dirname(snapshot), name), { recursive: true, force: true });
}

interface Marks {
	readonly each: ReadonlyMap<string, string>;
	/** Nanoseconds; 0 where nothing is there. */
	readonly newest: bigint;
	/** Whoever writes from now on is seen by the times. */
	readonly isOld: boolean;
}

/** What a write would change of each. */
async function marksOf(live: string): Promise<Marks> {
	const each = new Map<string, string>();
	let newest = 0n;
	let isFine = true;
	for (const suffix of copied) {
		const found = await lstat(`${live}${suffix}`, { bigint: true }).catch(ifNowhere(null));
		if (found === null) continue;
		const { ino, size, mtimeNs, ctimeNs } = found;
		each.set(suffix, `${ino} ${size} ${mtimeNs} ${ctimeNs}`);
		for (const time of [mtimeNs, ctimeNs]) if (time > newest) newest = time;
		// Some file systems count whole seconds.
		isFine &&= ctimeNs % SECOND_NS !== 0n;
	}
	const age = BigInt(Date.now()) * 1_000_000n - newest;
	return { each, newest, isOld: newest === 0n || age > (isFine ? STEP_NS : 3n * SECOND_NS) };
}

/** The last write is rarely older than the program's end; waiting out the step is cheaper than comparing twice. */
async function stepAway(marks: Marks, live: string): Promise<Marks> {
	if (marks.isOld) return marks;
	await setTimeout(Number(STEP_NS / 1_000_000n) + 5);
	return marksOf(live);
}

function differing(before: Marks, after: Marks): string | null {
	return copied.find((suffix) => before.each.get(suffix) !== after.each.get(suffix)) ?? null;
}
