// Takes a snapshot: what was copied ahead of each database with its log is made what they are now, byte for byte, and recovered into one file.
// The manifest is written last: a folder without one is a leftover of a killed life.
import { basename, dirname, join } from "node:path";
import { RefusedError } from "../../core/refusals.js";
import type { SnapshotRecord } from "../../core/swap.js";
import { lstatOrNull, makeFolder, sync } from "./bytes.js";
import { DataError, isFull } from "./child/failure.js";
import type { DataChild } from "./data-child.js";
import { lockAll } from "./fence.js";
import { snapshotByHook } from "./hooks.js";
import { keepMaterial, matchQuiet, materialBytes } from "./material.js";
import { type Origin, originOf } from "./origin.js";
import type { SnapshotParts } from "./parts.js";
import { type DatabaseSetting, discardedFolder, type Place, placeOf, snapshotFolder } from "./places.js";
import { type Access, type Manifest, readManifest, writeManifest } from "./records.js";
import { sealOf } from "./seal.js";
import { findSpace } from "./space.js";
import { reserve } from "./spare.js";

/** A snapshot of this swap that is complete is never taken again: by then another version may have written. */
export async function take(parts: SnapshotParts, swapId: string): Promise<readonly SnapshotRecord[]> {
	const folder = snapshotFolder(parts, swapId);
	const earlier = await readManifest(folder);
	if (earlier !== null) return earlier.databases.map(({ record }) => record);
	const paths = parts.databases.flatMap(({ path, policy }) => (path === undefined || policy === "keep" ? [] : [path]));
	const full = await findSpace(parts, parts.files, paths, await materialBytes(parts, swapId));
	if (full !== null) throw new RefusedError(full);
	await keepMaterial(parts, swapId);
	await makeFolder(folder, parts.stateDir);
	const databases = await takeReserved(parts, swapId).catch((error) => withoutLeftovers(parts, folder, error));
	await sync(folder);
	const manifest: Manifest = { schemaVersion: 1, swapId, takenAtMs: Date.now(), databases };
	await parts.gate.around("snapshots.manifest", () => writeManifest(parts.files, folder, manifest));
	return databases.map(({ record }) => record);
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
	if (origin === null) return { record: await byHook(parts, setting, swapId, index), access: null, origin, seal: null };
	const place = placeOf(parts, origin.file, { swapId, index });
	const found = setting.policy === "keep" ? null : await lstatOrNull(place.live);
	const nothing = { database: setting.path ?? "", file: null, bytes: 0, sha256: null, fingerprint: null };
	if (found === null) return { record: { ...nothing, policy: setting.policy }, access: null, origin, seal: null };
	if (!found.isFile()) throw new DataError("database_bad", `${setting.path} is no file, so it cannot be copied.`);
	const access: Access = { mode: found.mode & 0o7777, uid: found.uid, gid: found.gid };
	await makeFolder(dirname(place.snapshot), parts.stateDir);
	await parts.gate.around("snapshots.copy", () => matchQuiet(parts, job.settler, place));
	const record = await parts.gate.around("snapshots.verify", () => verify(job, setting, place));
	return { record, access, origin, seal: await sealOf(parts.files, place.snapshot) };
}

async function byHook(parts: SnapshotParts, setting: DatabaseSetting, swapId: string, index: number) {
	const nothing = { database: setting.name ?? "", file: null, bytes: 0, sha256: null, fingerprint: null };
	if (setting.policy === "keep") return { ...nothing, policy: setting.policy };
	const folder = join(snapshotFolder(parts, swapId), String(index));
	return parts.gate.around("snapshots.copy", () => snapshotByHook(parts, setting, folder));
}

async function verify({ settler, index }: Job, setting: DatabaseSetting, place: Place): Promise<SnapshotRecord> {
	const { problem, bytes, sha256 } = await settler.ask("seal", { file: place.snapshot });
	if (problem !== null) {
		throw new DataError("database_bad", `${setting.path} does not pass its integrity check: ${problem}.`);
	}
	await sync(dirname(place.snapshot));
	return {
		database: setting.path ?? "",
		file: join(String(index), basename(place.snapshot)),
		bytes,
		sha256,
		hashed: "chunks",
		fingerprint: null,
		policy: setting.policy,
	};
}
