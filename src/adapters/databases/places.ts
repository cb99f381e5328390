// Where everything of a snapshot lies: the live files, the snapshot's and discarded folders, the staged file. Computes paths, changes nothing.
import { basename, join } from "node:path";
import type { Settings } from "../../config/config.js";
import type { SnapshotRecord } from "../../core/swap.js";

/** What SQLite keeps beside a database. A stale one beside another file is corruption, or brings the other version back. */
export const sidecars = ["-wal", "-shm", "-journal"] as const;

export type DatabaseSetting = Settings["databases"][number];

/** All absolute, but for what is put behind a name. `name` is the file's own, where links have been followed. */
export interface Place {
	readonly live: string;
	readonly name: string;
	readonly snapshot: string;
	readonly discarded: string;
	/** Made ahead: becomes the folder above where a full disk has no room for one. */
	readonly spare: string;
	readonly staged: string;
	/** Where the replaced data stays when the state folder has no room for it. */
	readonly beside: string;
	/** Behind the name of what the candidate put in the place of a link or a folder, and of a link that is being made. */
	readonly replaced: string;
	readonly linked: string;
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

/** What `take` reserves, so that a restore needs no space for what it writes itself. */
export function spareFolder(roots: Roots, swapId: string): string {
	return join(snapshotFolder(roots, swapId), "spare");
}

export interface Numbered {
	readonly swapId: string;
	/** The database's number in the snapshot. */
	readonly index: number;
	/** The start of the candidate whose data is replaced; any number where nothing is. */
	readonly generation?: number;
}

/** `live`: the database itself, where links have been followed. */
export function placeOf(roots: Roots, live: string, { swapId, index, generation = 0 }: Numbered): Place {
	const name = basename(live);
	const tag = `.deadman-${safe(swapId)}`;
	return {
		live,
		name,
		snapshot: join(snapshotFolder(roots, swapId), String(index), name),
		discarded: join(discardedFolder(roots, swapId), String(index)),
		spare: join(spareFolder(roots, swapId), String(index)),
		staged: `${live}${tag}.new`,
		beside: `${live}${tag}-${generation}.discarded`,
		replaced: `${tag}-${generation}.replaced`,
		linked: `${tag}.link`,
	};
}

/** For `catch`: the value where nothing is there, else the error goes on. */
export function ifNowhere<T>(value: T): (error: unknown) => T {
	return (error) => {
		if (isAbsent(error)) return value;
		throw error;
	};
}

/** A link to itself leads nowhere as well. */
export function isAbsent(error: unknown): boolean {
	return ["ENOENT", "ENOTDIR", "ELOOP"].includes((error as NodeJS.ErrnoException).code ?? "");
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
