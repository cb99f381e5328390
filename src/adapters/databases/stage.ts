// Brings a snapshot beside the live file, proven and with the mode that the file had, so that one rename puts it in place. Knows what to do
// when there is no room for the copy.
import { createReadStream, createWriteStream } from "node:fs";
import { chmod, chown, rename, rm, truncate } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { SnapshotRecord } from "../../core/swap.js";
import type { Files, Log } from "../../ports/ports.js";
import { bytesOf, hasContent, lstatOrNull, sha256Of, sync } from "./bytes.js";
import { DataError, isFull } from "./child/failure.js";
import type { DataChild } from "./data-child.js";
import type { Place } from "./places.js";
import type { Access } from "./records.js";
import { sealOf } from "./seal.js";

interface Staging {
	readonly record: SnapshotRecord;
	readonly place: Place;
	readonly access: Access;
	readonly seal: string | null;
	/** Whether its folder is where it was. */
	readonly isGrounded: boolean;
}

export interface StagingParts {
	readonly files: Files;
	readonly log: Log;
	/** Copies what has to be hashed on the way; started where there is any. */
	readonly copier: () => DataChild;
}

/** False where it can be done only after the replaced data is set aside; then the snapshot is known to be right. */
export async function stageAhead(one: Staging, parts: StagingParts): Promise<boolean> {
	const { record, place } = one;
	if (record.file === null) return one.isGrounded;
	try {
		if (one.isGrounded) {
			await stage(one, parts);
			return true;
		}
	} catch (error) {
		if (!isFull(error)) throw error;
	}
	if (await hasContent(place.snapshot, record)) return false;
	throw lost(record, place, (await lstatOrNull(place.snapshot)) === null ? "gone" : "changed");
}

export async function stageLate(one: Staging, parts: StagingParts): Promise<void> {
	if (one.record.file === null) return;
	try {
		await stage(one, parts);
	} catch (error) {
		if (!isFull(error) || !(await makeRoom(one.place))) throw error;
		await stage(one, parts);
	}
}

/** The live file makes way once its copy on another disk is known to be right. */
async function makeRoom({ live, discarded, name }: Place): Promise<boolean> {
	const kept = join(discarded, name);
	const [own, copy] = await Promise.all([lstatOrNull(live), lstatOrNull(kept)]);
	if (own?.isFile() !== true || copy?.isFile() !== true || own.dev === copy.dev) return false;
	if ((await sha256Of(live)) !== (await sha256Of(kept))) return false;
	await rm(live);
	await sync(dirname(live));
	return true;
}

async function stage(one: Staging, parts: StagingParts): Promise<void> {
	const { record, place, access } = one;
	if (!(await hasContent(place.staged, record))) {
		if (await isInPlace(place, record)) return;
		await copyStaged(one, parts);
	}
	await applyAccess(place, access, parts.log);
	await sync(place.staged);
	await sync(dirname(place.staged));
}

/** Only where the snapshot itself was moved into place can it be gone with nothing left to do. */
async function isInPlace(place: Place, record: SnapshotRecord): Promise<boolean> {
	if ((await lstatOrNull(place.snapshot)) !== null) return false;
	if (await hasContent(place.live, record)) return true;
	throw lost(record, place, "gone");
}

async function copyStaged(one: Staging, parts: StagingParts): Promise<void> {
	const { record, place } = one;
	const { files, log } = parts;
	await files.remove(place.staged);
	try {
		if (await copyProven(one, parts)) return;
	} catch (error) {
		if (!isFull(error)) throw error;
		await files.remove(place.staged);
		await moveStaged(place, record, log, error);
		if (await hasContent(place.staged, record)) return;
	}
	await files.remove(place.staged);
	throw lost(record, place, "changed");
}

async function copyProven({ record, place, seal }: Staging, parts: StagingParts): Promise<boolean> {
	const { snapshot, staged } = place;
	// The kernel copies faster than anybody can hash.
	if (seal !== null && seal === (await sealOf(parts.files, snapshot))) {
		await parts.files.copy(snapshot, staged);
		return seal === (await sealOf(parts.files, snapshot)) && (await bytesOf(staged)) === record.bytes;
	}
	if (record.hashed === "chunks") {
		return (await parts.copier().ask("copy", { from: snapshot, to: staged })) === record.sha256;
	}
	await parts.files.copy(snapshot, staged);
	return hasContent(staged, record);
}

/** The disk is full: the snapshot itself goes into place, and counts are made against the restored database. */
async function moveStaged(place: Place, record: SnapshotRecord, log: Log, full: unknown): Promise<void> {
	if (!(await hasContent(place.snapshot, record))) throw lost(record, place, "changed");
	try {
		await rename(place.snapshot, place.staged);
	} catch (error) {
		throw (error as NodeJS.ErrnoException).code === "EXDEV" ? full : error;
	}
	log.warn("snapshots.moved", { database: record.database, why: "There is no space for a copy." });
}

function lost({ database }: SnapshotRecord, { snapshot }: Place, how: "gone" | "changed"): DataError {
	const verb = how === "gone" ? "is" : "was";
	return new DataError(`snapshot_${how}`, `The snapshot of ${database} ${verb} ${how}: ${snapshot}.`);
}

async function applyAccess({ staged }: Place, access: Access, log: Log): Promise<void> {
	if (access === null) return;
	const now = await lstatOrNull(staged);
	if (now !== null && (now.uid !== access.uid || now.gid !== access.gid)) {
		await chown(staged, access.uid, access.gid).catch((error) =>
			log.warn("snapshots.owner_lost", { file: staged, error: String(error) }),
		);
	}
	await chmod(staged, access.mode);
}

/** Without a staged file the restored one is in place already. */
export async function putInPlace({ live, staged }: Place, record: SnapshotRecord): Promise<void> {
	if (record.file === null) await rm(live, { force: true });
	else if ((await lstatOrNull(staged)) !== null) await replace(live, staged);
	if ((await lstatOrNull(dirname(live))) !== null) await sync(dirname(live));
}

/** A file that is a mount of its own, as in a container, cannot be renamed over: it is written over, and a second entry does so again. */
async function replace(live: string, staged: string): Promise<void> {
	try {
		await rename(staged, live);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EBUSY") throw error;
		await overwrite(live, staged);
		await rm(staged);
	}
}

async function overwrite(path: string, from: string): Promise<void> {
	await pipeline(createReadStream(from), createWriteStream(path, { flags: "r+" }));
	await truncate(path, await bytesOf(from));
	await sync(path);
}
