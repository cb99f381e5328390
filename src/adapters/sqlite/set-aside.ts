// Keeps the replaced data: every file of a live database under `discarded/`, whole before its folder appears under that name, and never
// written over afterwards.
import { link, mkdir, readlink, rename, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Files } from "../../ports.js";
import { statOrNull, sync } from "./bytes.js";
import { isFull } from "./failure.js";
import { type Place, sidecars } from "./places.js";

/** Once the folder is there it is complete: what is live now may already be the restored file. */
export async function setAside(files: Files, place: Place): Promise<void> {
	if (await files.exists(place.discarded)) return;
	const fresh = `${place.discarded}.new`;
	await removeDiscarded(files, fresh);
	await mkdir(fresh, { recursive: true, mode: 0o700 });
	try {
		await keep(files, place, fresh);
	} catch (error) {
		if (!isFull(error)) throw error;
		await keepBeside(files, place, fresh);
	}
	await rename(fresh, place.discarded);
	await sync(dirname(place.discarded));
}

async function keep(files: Files, { live, name }: Place, folder: string): Promise<void> {
	for (const suffix of ["", ...sidecars]) {
		if ((await statOrNull(`${live}${suffix}`)) === null) continue;
		const kept = join(folder, `${name}${suffix}`);
		await linkOrCopy(files, `${live}${suffix}`, kept);
		await sync(kept);
	}
	await sync(folder);
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
async function keepBeside(files: Files, place: Place, fresh: string): Promise<void> {
	const beside = place.staged.replace(/\.new$/, ".discarded");
	await files.remove(fresh);
	await files.remove(beside);
	await mkdir(beside, { mode: 0o700 });
	await keep(files, place, beside);
	await sync(dirname(beside));
	await symlink(beside, fresh);
}

/** With what a symbolic link points to. */
export async function removeDiscarded(files: Files, path: string): Promise<void> {
	const beside = await readlink(path).catch(() => null);
	if (beside !== null) await files.remove(beside);
	await files.remove(path);
}
