// How dependencies come from the store into a release: by shared blocks, by hard links, or as copies. One decision, with its reason.
import { constants } from "node:fs";
import { copyFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface Circumstances {
	/** The file system shares blocks between files until one of them is written. */
	readonly reflink: boolean;
	/** Whether the program could write what it shares with other releases. */
	readonly programWrites: boolean;
	/** No command of the stage comes after. */
	readonly built: boolean;
}

export interface Placement {
	readonly how: "reflink" | "hardlink" | "copy";
	/** A part of a sentence: "... because REASON". */
	readonly reason: string;
}

/** A hard link is one file under two names: who may write one writes both. */
export function placementOf({ reflink, programWrites, built }: Circumstances): Placement {
	if (reflink) return { how: "reflink", reason: "the file system shares blocks until one side is written" };
	if (programWrites)
		return { how: "copy", reason: "the program runs as the supervisor's user, and could write what releases share" };
	if (!built) return { how: "copy", reason: "commands of the stage still run, and could write what releases share" };
	return { how: "hardlink", reason: "neither the program nor any command can write them" };
}

let probes = 0;

/** Asks the file system of a folder by trying; leaves nothing behind. */
export async function sharesBlocks(folder: string): Promise<boolean> {
	probes += 1;
	const [from, to] = ["from", "to"].map((end) => join(folder, `.probe-${process.pid}-${probes}-${end}`));
	if (from === undefined || to === undefined) return false;
	try {
		await writeFile(from, "probe", { mode: 0o600 });
		await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE);
		return true;
	} catch {
		return false;
	} finally {
		for (const path of [from, to]) await rm(path, { force: true }).catch(() => {});
	}
}
