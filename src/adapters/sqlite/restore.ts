// Puts a snapshot back. Entered at any point, any number of times, it ends with the snapshot live and the replaced data set aside.
//
// Per database: stage (snapshot copied beside live, proven) → aside (live kept under discarded/) → clear (its sidecars unlinked) → swapIn
// (one rename). Until the rename the live file is the discarded one, so every cut-off leaves either that or the snapshot, and a second
// entry does the same again; only `aside` must not, and its folder's existence says that it is done. After the marker nothing is touched
// until the candidate is started again: by then the restored version may have written.
import { chmod, chown, mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { RefusedError } from "../../core/refusals.js";
import type { SnapshotRecord } from "../../core/swap.js";
import type { Files, Log } from "../../ports.js";
import { hasContent, statOrNull, sync } from "./bytes.js";
import { DataError, isFull } from "./failure.js";
import { fence, lockAll } from "./fence.js";
import { openDiscarded } from "./generations.js";
import { restoreByHook } from "./hooks.js";
import { discardedFolder, kindOf, type Place, placeOf, sidecars, snapshotFolder } from "./places.js";
import { type Access, readManifest, writeMarker } from "./records.js";
import { setAside } from "./set-aside.js";
import type { SnapshotParts } from "./take.js";

export interface RestoreParts extends SnapshotParts {
	readonly log: Log;
}

interface Entry {
	readonly record: SnapshotRecord;
	readonly place: Place;
	readonly access: Access;
}

export async function restore(parts: RestoreParts, swapId: string, records: readonly SnapshotRecord[]): Promise<void> {
	const generation = await openDiscarded(parts, swapId);
	if (generation === null) return;
	const entries = await entriesOf(parts, swapId, records);
	const files = entries.filter(({ record }) => ["file", "absent"].includes(kindOf(record)));
	await unheld(parts, files);
	await locked(parts, files, () => replaceAll(parts, files));
	for (const [index, { record }] of entries.entries()) {
		if (kindOf(record) === "hook") await byHook(parts, record, join(snapshotFolder(parts, swapId), String(index)));
	}
	const databases = entries.map(({ record, place }) => ({ record, name: place.name }));
	const marker = { schemaVersion: 1, swapId, restoredAtMs: Date.now(), generation, databases } as const;
	const folder = discardedFolder(parts, swapId);
	await parts.gate.around("snapshots.marker", () => writeMarker(parts.files, folder, marker));
}

async function entriesOf(parts: RestoreParts, swapId: string, records: readonly SnapshotRecord[]): Promise<Entry[]> {
	const manifest = await readManifest(snapshotFolder(parts, swapId));
	return Promise.all(
		records.map(async (record, index) => ({
			record,
			place: await placeOf(parts, record.database, swapId, index),
			access: manifest?.databases[index]?.access ?? null,
		})),
	);
}

/** A rename under a living peer is a split brain: its writes would vanish in an unlinked file. */
async function unheld({ patienceMs }: RestoreParts, entries: readonly Entry[]): Promise<void> {
	const files = entries.map(({ place }) => place.live);
	const held = await fence(files, patienceMs);
	if (held !== null) throw new RefusedError(held);
}

/** The lock also stops processes that /proc does not show. A database too broken to be locked is replaced all the same. */
async function locked(parts: RestoreParts, entries: readonly Entry[], work: () => Promise<void>): Promise<void> {
	if (entries.length === 0) return;
	const holder = parts.children.next();
	try {
		const files = entries.map(({ place }) => place.live);
		await lockAll(holder, files, parts.patienceMs);
		await work();
	} finally {
		await holder.end();
	}
}

/** Everything that can fail for want of space or a bad copy comes before the first live file changes. */
async function replaceAll({ gate, files, log }: RestoreParts, entries: readonly Entry[]): Promise<void> {
	for (const entry of entries) await gate.around("snapshots.stage", () => stage(entry, files, log));
	for (const { place } of entries) await gate.around("snapshots.aside", () => setAside(files, place));
	for (const { place, record } of entries) {
		await gate.around("snapshots.clear", () => clear(place));
		await gate.around("snapshots.swapIn", () => swapIn(place, record));
	}
}

async function stage({ record, place, access }: Entry, files: Files, log: Log): Promise<void> {
	if (record.file === null) return;
	if (!(await hasContent(place.staged, record))) {
		if (await isInPlace(place, record)) return;
		await copyStaged(place, record, files, log);
	}
	await applyAccess(place, access, log);
	await sync(place.staged);
	await sync(dirname(place.staged));
}

/** Only where the snapshot itself was moved into place can it be gone with nothing left to do. */
async function isInPlace({ snapshot, live }: Place, record: SnapshotRecord): Promise<boolean> {
	if ((await statOrNull(snapshot)) !== null) return false;
	if (await hasContent(live, record)) return true;
	throw new DataError("snapshot_gone", `The snapshot of ${record.database} is gone: ${snapshot}.`);
}

async function copyStaged(place: Place, record: SnapshotRecord, files: Files, log: Log): Promise<void> {
	await rm(place.staged, { force: true });
	await mkdir(dirname(place.staged), { recursive: true });
	try {
		await files.copy(place.snapshot, place.staged);
	} catch (error) {
		if (!isFull(error)) throw error;
		await moveStaged(place, record, log);
	}
	if (await hasContent(place.staged, record)) return;
	await rm(place.staged, { force: true });
	throw changed(record, place);
}

/** The disk is full: the snapshot itself goes into place, and counts are made against the restored database. */
async function moveStaged(place: Place, record: SnapshotRecord, log: Log): Promise<void> {
	const { snapshot, staged } = place;
	await rm(staged, { force: true });
	if (!(await hasContent(snapshot, record))) {
		throw changed(record, place);
	}
	log.warn("snapshots.moved", { database: record.database, why: "There is no space for a copy." });
	await rename(snapshot, staged);
}

function changed(record: SnapshotRecord, { snapshot }: Place): DataError {
	return new DataError("snapshot_changed", `The snapshot of ${record.database} was changed: ${snapshot}.`);
}

async function applyAccess({ staged }: Place, access: Access, log: Log): Promise<void> {
	if (access === null) return;
	const now = await statOrNull(staged);
	if (now !== null && (now.uid !== access.uid || now.gid !== access.gid)) {
		await chown(staged, access.uid, access.gid).catch((error) =>
			log.warn("snapshots.owner_lost", { file: staged, error: String(error) }),
		);
	}
	await chmod(staged, access.mode);
}

/** A sidecar of the discarded version beside the restored file would corrupt it, or bring the discarded version back. */
async function clear({ live }: Place): Promise<void> {
	for (const suffix of sidecars) await rm(`${live}${suffix}`, { force: true });
	if ((await statOrNull(dirname(live))) !== null) await sync(dirname(live));
}

/** Without a staged file the restored one is in place already. */
async function swapIn({ live, staged }: Place, record: SnapshotRecord): Promise<void> {
	if (record.file === null) await rm(live, { force: true });
	else if ((await statOrNull(staged)) !== null) await rename(staged, live);
	if ((await statOrNull(dirname(live))) !== null) await sync(dirname(live));
}

async function byHook(parts: RestoreParts, record: SnapshotRecord, folder: string): Promise<void> {
	const hook = parts.databases.find(({ name }) => name === record.database) ?? { policy: record.policy };
	await restoreByHook(parts, hook, folder, record);
}
