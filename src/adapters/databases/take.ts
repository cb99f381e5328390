// Takes a snapshot: a cold copy of each database with its log, proven byte for byte, recovered into one file, checked and described.
// The manifest is written last: a folder without one is a leftover of a killed life.
import { mkdir, readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { RefusedError } from "../../core/refusals.js";
import type { SnapshotRecord } from "../../core/swap.js";
import type { Gate } from "../../ports/ports.js";
import { lstatOrNull, makeFolder, sha256Of, statOrNull, sync } from "./bytes.js";
import { DataError, isFull } from "./child/failure.js";
import type { DataChild, DataChildren } from "./data-child.js";
import { fence, heldError, lockAll } from "./fence.js";
import { type HookParts, snapshotByHook } from "./hooks.js";
import { type Origin, originOf } from "./origin.js";
import {
	type DatabaseSetting,
	discardedFolder,
	ifNowhere,
	type Place,
	placeOf,
	type Roots,
	snapshotFolder,
} from "./places.js";
import { type Access, type Manifest, readManifest, writeManifest } from "./records.js";
import { findSpace } from "./space.js";
import { reserve } from "./spare.js";

export interface SnapshotParts extends Roots, HookParts {
	readonly databases: readonly DatabaseSetting[];
	readonly gate: Gate;
	readonly children: DataChildren;
	/** How long a lock, or a file that changes, is waited for before anybody is blamed. */
	readonly patienceMs: number;
}

const PAUSE_MS = 50;

/** The log and the rollback journal hold commits; the index of the log is rebuilt from it. */
const copied = ["", "-wal", "-journal"] as const;

/** A snapshot of this swap that is complete is never taken again: by then another version may have written. */
export async function take(parts: SnapshotParts, swapId: string): Promise<readonly SnapshotRecord[]> {
	const folder = snapshotFolder(parts, swapId);
	const earlier = await readManifest(folder);
	if (earlier !== null) return earlier.databases.map(({ record }) => record);
	await clearLeftovers(parts, folder);
	const paths = parts.databases.flatMap(({ path, policy }) => (path === undefined || policy === "keep" ? [] : [path]));
	const full = await findSpace(parts, parts.files, paths);
	if (full !== null) throw new RefusedError(full);
	await makeFolder(folder, parts.stateDir);
	const databases = await takeReserved(parts, swapId).catch((error) => withoutLeftovers(parts, folder, error));
	await sync(folder);
	const manifest: Manifest = { schemaVersion: 1, swapId, takenAtMs: Date.now(), databases };
	await parts.gate.around("snapshots.manifest", () => writeManifest(parts.files, folder, manifest));
	return databases.map(({ record }) => record);
}

/** The child of a killed life may still be closing such a copy, and would take the log of a new one at the same path with it. */
async function clearLeftovers({ files }: SnapshotParts, folder: string): Promise<void> {
	if (!(await files.exists(folder))) return;
	const entries = await readdir(folder, { withFileTypes: true, recursive: true });
	const held = await fence(
		entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)),
	);
	if (held !== null) throw new RefusedError(held);
	await files.remove(folder);
}

/** On a full disk the half-made copy is in the way of the rollback that follows. */
async function withoutLeftovers({ files }: SnapshotParts, folder: string, error: unknown): Promise<never> {
	if (isFull(error)) await files.remove(folder);
	throw error;
}

/** What the way back needs is there before anything goes forward. */
async function takeReserved(parts: SnapshotParts, swapId: string): Promise<Manifest["databases"]> {
	await makeFolder(dirname(discardedFolder(parts, swapId)), parts.stateDir);
	await reserve(parts, swapId, parts.databases.length);
	return takeAll(parts, swapId);
}

async function takeAll(parts: SnapshotParts, swapId: string): Promise<Manifest["databases"]> {
	const [holder, settler] = [parts.children.next(), parts.children.next()];
	try {
		const origins = await Promise.all(
			parts.databases.map(({ path }) => (path === undefined ? null : originOf(parts, path))),
		);
		await holdAll(holder, parts, origins);
		const taken: Manifest["databases"] = [];
		for (const [index, setting] of parts.databases.entries()) {
			taken.push(await takeOne({ parts, settler, swapId, index }, setting, origins[index] ?? null));
		}
		return taken;
	} finally {
		await Promise.all([holder.end(), settler.end()]);
	}
}

async function holdAll(holder: DataChild, parts: SnapshotParts, origins: readonly (Origin | null)[]): Promise<void> {
	const files = origins.flatMap((origin, index) =>
		origin === null || parts.databases[index]?.policy === "keep" ? [] : [origin.file],
	);
	await lockAll(holder, files, parts.patienceMs);
}

interface Job {
	readonly parts: SnapshotParts;
	readonly settler: DataChild;
	readonly swapId: string;
	readonly index: number;
}

async function takeOne(
	job: Job,
	setting: DatabaseSetting,
	origin: Origin | null,
): Promise<Manifest["databases"][number]> {
	const { parts, swapId, index } = job;
	if (origin === null) return { record: await byHook(parts, setting, swapId, index), access: null, origin };
	const place = placeOf(parts, origin.file, { swapId, index });
	const found = setting.policy === "keep" ? null : await lstatOrNull(place.live);
	const nothing = { database: setting.path ?? "", file: null, bytes: 0, sha256: null, fingerprint: null };
	if (found === null) return { record: { ...nothing, policy: setting.policy }, access: null, origin };
	if (!found.isFile()) throw new DataError("database_bad", `${setting.path} is no file, so it cannot be copied.`);
	const access: Access = { mode: found.mode & 0o7777, uid: found.uid, gid: found.gid };
	await parts.gate.around("snapshots.copy", () => copyUnchanged(parts, place));
	const record = await parts.gate.around("snapshots.verify", () => verify(job, setting, place));
	return { record, access, origin };
}

async function byHook(parts: SnapshotParts, setting: DatabaseSetting, swapId: string, index: number) {
	const nothing = { database: setting.name ?? "", file: null, bytes: 0, sha256: null, fingerprint: null };
	if (setting.policy === "keep") return { ...nothing, policy: setting.policy };
	const folder = join(snapshotFolder(parts, swapId), String(index));
	return parts.gate.around("snapshots.copy", () => snapshotByHook(parts, setting, folder));
}

/** A log that nobody needs any more is not locked, and threads of a killed program write on for a while. */
async function copyUnchanged(parts: SnapshotParts, place: Place): Promise<void> {
	const until = performance.now() + parts.patienceMs;
	for (;;) {
		const changed = await copyCold(parts, place);
		if (changed === null) return;
		if (performance.now() >= until) throw await heldError(place.live, `${changed} changed while it was copied.`);
		await setTimeout(PAUSE_MS);
	}
}

/** The source is read again after the copy: equal bytes say both that the copy is right and that nobody wrote meanwhile. */
async function copyCold({ files }: SnapshotParts, { live, snapshot }: Place): Promise<string | null> {
	await mkdir(dirname(snapshot), { recursive: true, mode: 0o700 });
	for (const suffix of copied) {
		await rm(`${snapshot}${suffix}`, { force: true });
		if ((await statOrNull(`${live}${suffix}`)) === null) continue;
		const isThere = await files.copy(`${live}${suffix}`, `${snapshot}${suffix}`).then(() => true, ifNowhere(false));
		if (!isThere) return `${live}${suffix}`;
	}
	for (const suffix of copied) {
		const [is, was] = await Promise.all([hashOrNull(`${snapshot}${suffix}`), hashOrNull(`${live}${suffix}`)]);
		if (is !== was) return `${live}${suffix}`;
	}
	return null;
}

async function verify({ settler, index }: Job, setting: DatabaseSetting, place: Place): Promise<SnapshotRecord> {
	const { problem, fingerprint } = await settler.ask("settle", { file: place.snapshot });
	if (problem !== null) {
		throw new DataError("database_bad", `${setting.path} does not pass its integrity check: ${problem}.`);
	}
	await sync(place.snapshot);
	await sync(dirname(place.snapshot));
	return {
		database: setting.path ?? "",
		file: join(String(index), basename(place.snapshot)),
		bytes: (await statOrNull(place.snapshot))?.size ?? 0,
		sha256: await sha256Of(place.snapshot),
		fingerprint,
		policy: setting.policy,
	};
}

const hashOrNull = (path: string) => sha256Of(path).catch(ifNowhere(null));
