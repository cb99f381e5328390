// Keeps the replaced data: every file of a live database under `discarded/`, whole before its folder appears under that name, and never
// written over afterwards.
import { link, mkdir, readdir, readlink, rename, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Files, Log } from "../../ports/ports.js";
import { lstatOrNull, sync } from "./bytes.js";
import { isFull } from "./child/failure.js";
import { type Place, sidecars } from "./places.js";
import { makeSurely } from "./spare.js";

export interface Leaving {
	readonly place: Place;
	/** What the program used in the place of the recorded file, where that is another one; it stays where it is. */
	readonly used: string | null;
	/** Where it is not, what lies at the place's path is somebody else's. */
	readonly isGrounded: boolean;
}

/** Once the folder is there it is complete: what is live now may already be the restored file. */
export async function setAside(files: Files, log: Log, leaving: Leaving): Promise<void> {
	const { place } = leaving;
	if (await files.exists(place.discarded)) return;
	const fresh = `${place.discarded}.new`;
	await makeEmpty(files, fresh, place.spare);
	try {
		await keep(files, log, leaving, fresh);
	} catch (error) {
		if (!isFull(error)) throw error;
		await keepBeside(files, log, leaving, fresh);
	}
	await rename(fresh, place.discarded);
	await sync(dirname(place.discarded));
}

/** A folder that is there already is used again: another one may find no room. */
async function makeEmpty(files: Files, fresh: string, spare: string): Promise<void> {
	if ((await lstatOrNull(fresh))?.isDirectory() === true) {
		for (const name of await readdir(fresh)) await files.remove(join(fresh, name));
		return;
	}
	await removeDiscarded(files, fresh);
	await makeSurely(fresh, spare);
}

async function keep(files: Files, log: Log, { place, used, isGrounded }: Leaving, folder: string): Promise<void> {
	const { live, name } = place;
	if (used !== null) await keepOther(files, log, used, join(folder, name));
	const own = used === null ? name : `in-place.${name}`;
	for (const suffix of isGrounded ? ["", ...sidecars] : []) {
		if ((await lstatOrNull(`${live}${suffix}`))?.isFile() !== true) continue;
		const kept = join(folder, `${own}${suffix}`);
		await linkOrCopy(files, `${live}${suffix}`, kept);
		await sync(kept);
	}
	await sync(folder);
}

/** Copied, because it stays: whoever writes into it later must not write into what is kept. */
async function keepOther(files: Files, log: Log, from: string, to: string): Promise<void> {
	try {
		for (const suffix of ["", ...sidecars]) {
			if ((await lstatOrNull(`${from}${suffix}`))?.isFile() === true)
				await files.copy(`${from}${suffix}`, `${to}${suffix}`);
		}
	} catch (error) {
		if (!isFull(error)) throw error;
		for (const suffix of ["", ...sidecars]) await rm(`${to}${suffix}`, { force: true });
		log.warn("snapshots.not_copied", { file: from, why: "There is no space for a copy; it stays where it is." });
	}
}

/** Links cost no space; other file systems, and some without links, get a copy. */
async function linkOrCopy(files: Files, from: string, to: string): Promise<void> {
	try {
		await link(from, to);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (!["EXDEV", "EPERM", "EMLINK", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(code ?? "")) throw error;
		await files.copy(from, to);
	}
}

/** The state folder's disk is full: the data stays on its own, where a link needs no space, and a symbolic link tells where. */
async function keepBeside(files: Files, log: Log, leaving: Leaving, fresh: string): Promise<void> {
	const { beside, spare } = leaving.place;
	await makeEmpty(files, fresh, spare);
	await files.remove(beside);
	await mkdir(beside, { mode: 0o700 });
	await keep(files, log, leaving, beside);
	await sync(dirname(beside));
	await files.remove(fresh);
	await symlink(beside, fresh);
}

/** With what a symbolic link points to. */
export async function removeDiscarded(files: Files, path: string): Promise<void> {
	const beside = await readlink(path).catch(() => null);
	if (beside !== null) await files.remove(beside);
	await files.remove(path);
}
