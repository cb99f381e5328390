// Puts the ground of a database back as it was at the snapshot: its folders and links. What the candidate put in their place is moved
// away by a rename, never followed, never written over: a rename needs no space and reaches nothing but the name itself.
import { chmod, chown, mkdir, readlink, rename, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Log } from "../../ports/ports.js";
import { lstatOrNull, sync } from "./bytes.js";
import { DataError } from "./child/failure.js";
import { isGrounded, type Origin } from "./origin.js";
import { type Place, sidecars } from "./places.js";

/** From the top down. Outside of the operator's folder nothing is made: a mount may be missing. */
export async function layFolders(origin: Origin, place: Place, log: Log): Promise<void> {
	for (const { path, mode, uid, gid } of origin.folders) {
		const found = await lstatOrNull(path);
		if (found?.isDirectory() === true) continue;
		if (found !== null) await moveTo(path, `${path}${place.replaced}`, log);
		await mkdir(path, { mode });
		await chown(path, uid, gid).catch((error) =>
			log.warn("snapshots.owner_lost", { file: path, error: String(error) }),
		);
		await chmod(path, mode);
		await sync(dirname(path));
	}
	if (await isGrounded(origin)) return;
	throw new DataError(
		"ground_changed",
		`The folder of ${origin.file} is missing, or a link in its place leads elsewhere.`,
	);
}

/** A sidecar of the discarded version beside the restored file would corrupt it, or bring the discarded version back. */
export async function clear({ file, links }: Origin, place: Place, log: Log): Promise<void> {
	for (const suffix of sidecars) await clearAway(`${file}${suffix}`, place, log);
	const found = await lstatOrNull(file);
	if (found !== null && !found.isFile()) await moveAway(file, place, log);
	for (const { path, target } of links) {
		for (const suffix of sidecars) await moveAway(`${path}${suffix}`, place, log);
		if (!(await isLinkTo(path, target))) await moveAway(path, place, log);
	}
	await syncFolders([file, ...links.map(({ path }) => path)]);
}

/** After the file is in place. */
export async function layLinks({ links }: Origin, { linked }: Place): Promise<void> {
	for (const { path, target } of links) {
		if (await isLinkTo(path, target)) continue;
		await rm(`${path}${linked}`, { force: true });
		await symlink(target, `${path}${linked}`);
		await rename(`${path}${linked}`, path);
		await sync(dirname(path));
	}
}

async function isLinkTo(path: string, target: string): Promise<boolean> {
	const found = await lstatOrNull(path);
	return found?.isSymbolicLink() === true && (await readlink(path)) === target;
}

/** A file was set aside before. */
async function clearAway(path: string, place: Place, log: Log): Promise<void> {
	if ((await lstatOrNull(path))?.isFile() === true) await rm(path);
	else await moveAway(path, place, log);
}

async function moveAway(path: string, place: Place, log: Log): Promise<void> {
	if ((await lstatOrNull(path)) === null) return;
	try {
		await moveTo(path, join(place.discarded, `${path.slice(dirname(path).length + 1)}.replaced`), null);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
		await moveTo(path, `${path}${place.replaced}`, log);
	}
}

/** Never over anything. What stays outside of the state folder is told: nobody prunes it. */
async function moveTo(path: string, wanted: string, log: Log | null): Promise<void> {
	let to = wanted;
	for (let number = 2; (await lstatOrNull(to)) !== null; number += 1) to = `${wanted}.${number}`;
	await rename(path, to);
	log?.warn("snapshots.left_beside", { path, now: to });
	await syncFolders([path, to]);
}

async function syncFolders(paths: readonly string[]): Promise<void> {
	for (const folder of new Set(paths.map((path) => dirname(path)))) {
		if ((await lstatOrNull(folder)) !== null) await sync(folder);
	}
}
