// Where everything of a snapshot lies: the live files, the snapshot's and discarded folders, the staged file. Computes paths, changes nothing.
import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Settings } from "../../config.js";
import type { SnapshotRecord } from "../../core/swap.js";

/** What SQLite keeps beside a database. A stale one beside another file is corruption, or brings the other version back. */
export const sidecars = ["-wal", "-shm", "-journal"] as const;

export type DatabaseSetting = Settings["databases"][number];

/** All absolute. `name` is the file's own, where links have been followed. */
export interface Place {
	readonly live: string;
	readonly name: string;
	readonly snapshot: string;
	readonly discarded: string;
	readonly staged: string;
}

export interface Roots {
	/** The operator's folder: database paths are relative to it. */
	readonly root: string;
	readonly stateDir: string;
}

export function snapshotFolder({ stateDir }: Roots, swapId: string): string {
	return join(stateDir, "snapshots", safe(swapId));
}

export function discardedFolder({ stateDir }: Roots, swapId: string): string {
	return join(stateDir, "discarded", safe(swapId));
}

/** `index` is the database's number in the snapshot. */
export async function placeOf(roots: Roots, database: string, swapId: string, index: number): Promise<Place> {
	const live = await liveFile(roots, database);
	const name = basename(live);
	return {
		live,
		name,
		snapshot: join(snapshotFolder(roots, swapId), String(index), name),
		discarded: join(discardedFolder(roots, swapId), String(index)),
		staged: `${live}.deadman-${safe(swapId)}.new`,
	};
}

/** SQLite follows links too: the sidecars lie beside the file itself. */
export async function liveFile({ root }: Roots, database: string): Promise<string> {
	const path = join(root, database);
	const own = await resolved(path);
	if (own !== null) return own;
	const folder = await resolved(dirname(path));
	return folder === null ? path : join(folder, basename(path));
}

async function resolved(path: string): Promise<string | null> {
	try {
		return await realpath(path);
	} catch (error) {
		if (isAbsent(error)) return null;
		throw error;
	}
}

export function isAbsent(error: unknown): boolean {
	const { code } = error as NodeJS.ErrnoException;
	return code === "ENOENT" || code === "ENOTDIR";
}

/** What a record stands for: nothing to restore, a command to run, a file to remove, or a file to put back. */
export function kindOf(record: SnapshotRecord): "kept" | "hook" | "absent" | "file" {
	if (record.policy === "keep") return "kept";
	if (record.file !== null) return "file";
	return record.fingerprint === null ? "absent" : "hook";
}

/** A swap id becomes a folder's name. */
function safe(swapId: string): string {
	if (!/^[\w-]{1,64}$/.test(swapId)) throw new Error(`${JSON.stringify(swapId)} is no id of a swap.`);
	return swapId;
}
