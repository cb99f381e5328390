// Whose the data is: which start of the candidate, and for which start a restore was begun and finished. Sets earlier restores of the same
// swap apart, so that nothing they kept is ever written over.
import { readdir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { SnapshotRecord } from "../../core/swap.js";
import type { Files, Gate } from "../../ports/ports.js";
import { bytesOf, hasContent, makeFolder, statOrNull, sync } from "./bytes.js";
import { DataError } from "./child/failure.js";
import { originOf } from "./origin.js";
import { discardedFolder, ifNowhere, placeOf, type Roots, snapshotFolder, spareFolder } from "./places.js";
import { readGeneration, readManifest, readMarker, writeBegun, writeGeneration } from "./records.js";
import { makeSurely, reserve } from "./spare.js";

interface Parts extends Roots {
	readonly files: Files;
	readonly gate: Gate;
}

export async function begin(parts: Parts, swapId: string, generation: number): Promise<void> {
	const folder = snapshotFolder(parts, swapId);
	if (((await readGeneration(folder)) ?? -1) >= generation) return;
	await parts.gate.around("snapshots.begin", async () => {
		await makeFolder(folder, parts.stateDir);
		await remake(parts, swapId);
		await reserve(parts, swapId, (await readManifest(folder))?.databases.length ?? 0);
		await writeGeneration(parts.files, folder, generation);
	});
}

/** On a full disk a restore moved the snapshot itself into place: it has to be there again before anybody writes. */
async function remake(parts: Parts, swapId: string): Promise<void> {
	const manifest = await readManifest(snapshotFolder(parts, swapId));
	for (const [index, { record, origin }] of (manifest?.databases ?? []).entries()) {
		if (record.file === null) continue;
		const { file } = origin ?? (await originOf(parts, record.database));
		const { live, snapshot } = placeOf(parts, file, { swapId, index });
		if ((await statOrNull(snapshot)) !== null) continue;
		if (!(await isUntouched(live, record))) {
			throw new DataError("snapshot_gone", `The snapshot of ${record.database} is gone: ${snapshot}.`);
		}
		await parts.files.copy(live, `${snapshot}.new`);
		await rename(`${snapshot}.new`, snapshot);
		await sync(dirname(snapshot));
	}
}

async function isUntouched(live: string, record: SnapshotRecord): Promise<boolean> {
	const logs = await Promise.all(["-wal", "-journal"].map((suffix) => bytesOf(`${live}${suffix}`)));
	return logs.every((bytes) => bytes === 0) && (await hasContent(live, record));
}

export async function generationOf(roots: Roots, swapId: string) {
	const folders = [discardedFolder(roots, swapId), ...(await earlierFolders(roots, swapId)).reverse()];
	let restored: number | null = null;
	for (const folder of folders) restored ??= (await readMarker(folder))?.generation ?? null;
	return { started: await readGeneration(snapshotFolder(roots, swapId)), restored };
}

/**
 * Null where the restore for the candidate's last start was finished. Otherwise that start, with the folder in which it goes on: what an
 * earlier one set aside, finished or not, lies apart by then.
 */
export async function openDiscarded(parts: Parts, swapId: string): Promise<number | null> {
	const folder = discardedFolder(parts, swapId);
	const started = (await readGeneration(snapshotFolder(parts, swapId))) ?? 0;
	const finished = await readMarker(folder);
	if (finished !== null && finished.generation >= started) return null;
	await parts.gate.around("snapshots.open", async () => {
		const begun = finished?.generation ?? (await readGeneration(folder)) ?? (await begunBefore(folder, started));
		if (begun < started) await setApart(parts, swapId);
		const spare = spareFolder(parts, swapId);
		await makeSurely(folder, join(spare, "folder"));
		if ((await readGeneration(folder)) === null) await writeBegun(parts.files, folder, started, join(spare, "begun"));
	});
	return started;
}

/** A folder that does not say what it was begun for: by an older version, or killed before it could, and then it is empty. */
async function begunBefore(folder: string, started: number): Promise<number> {
	return (await namesIn(folder)).some((name) => /^\d+$/.test(name)) ? 0 : started;
}

async function setApart(roots: Roots, swapId: string): Promise<void> {
	const folder = discardedFolder(roots, swapId);
	const earlier = await earlierFolders(roots, swapId);
	await rename(folder, `${folder}.${earlier.length + 1}`);
	await sync(dirname(folder));
}

/** Of restores of this swap before the last one, oldest first. */
export async function earlierFolders(roots: Roots, swapId: string): Promise<string[]> {
	const folder = discardedFolder(roots, swapId);
	const earlier: string[] = [];
	for (let path = `${folder}.1`; (await statOrNull(path)) !== null; path = `${folder}.${earlier.length + 1}`) {
		earlier.push(path);
	}
	return earlier;
}

/** Empty where there is no such folder. */
export const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(ifNowhere([]));
