// Puts a snapshot back. Entered at any point, any number of times, it ends with the snapshot live and the replaced data set aside.
//
// Per database: stage (snapshot copied beside live, proven) → aside (live kept under discarded/) → clear (its sidecars unlinked) → swapIn
// (one rename). Until the rename the live file is the discarded one, so every cut-off leaves either that or the snapshot, and a second
// entry does the same again; only `aside` must not, and its folder's existence says that it is done. After the marker nothing is touched
// until the candidate is started again: by then the restored version may have written.
import { join } from "node:path";
import { RefusedError } from "../../core/refusals.js";
import type { SnapshotRecord } from "../../core/swap.js";
import { lstatOrNull } from "./bytes.js";
import type { DataChild } from "./data-child.js";
import { fence, lockAll } from "./fence.js";
import { openDiscarded } from "./generations.js";
import { clear, layFolders, layLinks } from "./ground.js";
import { restoreByHook } from "./hooks.js";
import { isGrounded, type Origin, originOf, usedFile } from "./origin.js";
import type { RestoreParts } from "./parts.js";
import {
	discardedFolder,
	kindOf,
	type Numbered,
	type Place,
	placeOf,
	sidecars,
	snapshotFolder,
	spareFolder,
} from "./places.js";
import { type Access, readManifest, writeMarker } from "./records.js";
import { setAside } from "./set-aside.js";
import { putInPlace, type StagingParts, stageAhead, stageLate } from "./stage.js";

interface Entry {
	readonly record: SnapshotRecord;
	readonly place: Place;
	readonly access: Access;
	/** As of the manifest. */
	readonly seal: string | null;
	readonly origin: Origin;
	/** As of `Leaving`. */
	readonly used: string | null;
	/** Whether the folders on the way are what they were; where not, nothing behind them is touched. */
	readonly isGrounded: boolean;
}

export async function restore(parts: RestoreParts, swapId: string, records: readonly SnapshotRecord[]): Promise<void> {
	const generation = await openDiscarded(parts, swapId);
	if (generation === null) return;
	const entries = await entriesOf(parts, { swapId, generation }, records);
	const files = entries.filter(({ record }) => ["file", "absent"].includes(kindOf(record)));
	await unheld(parts, files);
	await locked(parts, files, () => replaceAll(parts, files));
	for (const [index, { record }] of entries.entries()) {
		if (kindOf(record) === "hook") await byHook(parts, record, join(snapshotFolder(parts, swapId), String(index)));
	}
	const databases = entries.map(({ record, place }) => ({ record, name: place.name }));
	const marker = { schemaVersion: 1, swapId, restoredAtMs: Date.now(), generation, databases } as const;
	const [folder, spare] = [discardedFolder(parts, swapId), join(spareFolder(parts, swapId), "marker")];
	await parts.gate.around("snapshots.marker", () => writeMarker(parts.files, folder, marker, spare));
}

async function entriesOf(
	parts: RestoreParts,
	of: Omit<Numbered, "index">,
	records: readonly SnapshotRecord[],
): Promise<Entry[]> {
	const manifest = await readManifest(snapshotFolder(parts, of.swapId));
	return Promise.all(
		records.map(async (record, index) => {
			const known = manifest?.databases[index];
			const origin = known?.origin ?? (await originOf(parts, record.database));
			const used = await usedFile(parts, record.database, origin);
			return {
				record,
				place: placeOf(parts, origin.file, { ...of, index }),
				access: known?.access ?? null,
				seal: known?.seal ?? null,
				origin,
				used: used === origin.file ? null : used,
				isGrounded: await isGrounded(origin),
			};
		}),
	);
}

/** A rename under a living peer is a split brain: its writes would vanish in an unlinked file. */
async function unheld({ patienceMs }: RestoreParts, entries: readonly Entry[]): Promise<void> {
	const files = entries.flatMap(({ place, used }) => (used === null ? [place.live] : [place.live, used]));
	const held = await fence(files, patienceMs);
	if (held !== null) throw new RefusedError(held);
}

/** The lock also stops processes that /proc does not show. A database too broken to be locked is replaced all the same. */
async function locked(parts: RestoreParts, entries: readonly Entry[], work: () => Promise<void>): Promise<void> {
	const files: string[] = [];
	for (const { place, isGrounded } of entries) {
		if (isGrounded && (await isOwnFile(place.live))) files.push(place.live);
	}
	if (files.length === 0) return work();
	const holder = parts.children.next();
	try {
		await lockAll(holder, files, parts.patienceMs);
		await work();
	} finally {
		await holder.end();
	}
}

/** SQLite would follow a link that the candidate planted, and mend what it finds there. */
async function isOwnFile(file: string): Promise<boolean> {
	const found = await Promise.all(["", ...sidecars].map((suffix) => lstatOrNull(`${file}${suffix}`)));
	return found.every((one) => one === null || one.isFile());
}

/**
 * Everything that can fail for want of space or a bad copy comes before the first live file changes. Where there is room only once the
 * replaced data is elsewhere, or no folder yet, the copy comes after that.
 */
async function replaceAll(parts: RestoreParts, entries: readonly Entry[]): Promise<void> {
	let copier: DataChild | null = null;
	const copierOf = () => {
		copier ??= parts.children.next();
		return copier;
	};
	try {
		await replaceWith({ ...parts, copier: copierOf }, entries);
	} finally {
		await endOf(copier);
	}
}

async function endOf(child: DataChild | null): Promise<void> {
	await child?.end();
}

async function replaceWith(parts: RestoreParts & StagingParts, entries: readonly Entry[]): Promise<void> {
	const { gate, files, log } = parts;
	const late = new Set<Entry>();
	for (const entry of entries) {
		const isStaged = await gate.around("snapshots.stage", () => stageAhead(entry, parts));
		if (!isStaged) late.add(entry);
	}
	for (const entry of entries) await gate.around("snapshots.aside", () => setAside(files, log, entry));
	for (const entry of entries) {
		const { origin, place } = entry;
		if (!entry.isGrounded) await gate.around("snapshots.stage", () => layFolders(origin, place, log));
		await gate.around("snapshots.clear", () => clear(origin, place, log));
		if (late.has(entry)) await gate.around("snapshots.stage", () => stageLate(entry, parts));
		await gate.around("snapshots.swapIn", () => swapIn(entry));
	}
}

async function swapIn({ place, record, origin }: Entry): Promise<void> {
	await putInPlace(place, record);
	await layLinks(origin, place);
}

async function byHook(parts: RestoreParts, record: SnapshotRecord, folder: string): Promise<void> {
	const hook = parts.databases.find(({ name }) => name === record.database) ?? { policy: record.policy };
	await restoreByHook(parts, hook, folder, record);
}
