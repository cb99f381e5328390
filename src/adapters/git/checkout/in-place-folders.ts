// Folders of the checkout: made without ever going through a link, removed only when empty, and what stands in the way moved aside, never lost.
import { chmod, lstat, mkdir, readdir, rename, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import { copyFolder } from "../releases/private-copy.js";
import { giveTo } from "../repository/operator.js";
import { editsFolder, type InPlaceContext } from "./in-place-context.js";
import type { PlanFolder } from "./in-place-plan.js";

/** What to do with a file or link where a folder must be. */
export type Obstacle = (path: string) => Promise<void>;

/** Like its parent, but for the permissions: the supervisor's umask is nobody's wish. */
export async function makeFolders(root: string, path: string, obstacle: Obstacle): Promise<void> {
	if (path === ".") return;
	await makeFolders(root, dirname(path), obstacle);
	const full = join(root, path);
	const found = await lstat(full).catch(ifAbsent(null));
	if (found?.isDirectory() === true) return;
	if (found !== null) await obstacle(path);
	await mkdir(full);
	await chmod(full, 0o755);
	await giveTo(full, await lstat(dirname(full)));
}

/** Brings back what was there, also where nothing was in it. */
export async function restoreFolders(root: string, folders: readonly PlanFolder[], obstacle: Obstacle): Promise<void> {
	for (const folder of folders) {
		const full = join(root, folder.path);
		if ((await lstat(full).catch(ifAbsent(null)))?.isDirectory() === true) continue;
		await makeFolders(root, folder.path, obstacle);
		await chmod(full, folder.bits);
		await giveTo(full, folder);
	}
}

/** Upwards, as git would; `kept` ones stay. */
export async function removeEmptied(root: string, path: string, kept: ReadonlySet<string>): Promise<void> {
	if (path === "." || kept.has(path)) return;
	const removed = await rmdir(join(root, path)).then(
		() => true,
		(error: NodeJS.ErrnoException) => error.code === "ENOENT",
	);
	if (removed) await removeEmptied(root, dirname(path), kept);
}

/** A folder without a single file goes; answers false where there is one. */
export async function removeEmptyTree(path: string): Promise<boolean> {
	if (!(await isEmptyTree(path))) return false;
	for (const name of await readdir(path)) await removeEmptyTree(join(path, name));
	await rmdir(path);
	return true;
}

async function isEmptyTree(path: string): Promise<boolean> {
	for (const entry of await readdir(path, { withFileTypes: true })) {
		if (!entry.isDirectory() || !(await isEmptyTree(join(path, entry.name)))) return false;
	}
	return true;
}

/** Under its own path, in the first folder where that is free. */
export async function setAside(context: InPlaceContext, candidateId: string, path: string): Promise<void> {
	const { root, stateDir, log } = context;
	for (let count = 1; ; count += 1) {
		const folder = editsFolder(context, count === 1 ? candidateId : `${candidateId}.${count}`);
		const to = join(folder, path);
		if (!(await isRoomFor(to))) continue;
		await moveAcross(context, join(root, path), to);
		await syncUp(context, dirname(to), stateDir);
		log.warn("in_place.set_aside", { path, to });
		return;
	}
}

async function isRoomFor(path: string): Promise<boolean> {
	try {
		await mkdir(dirname(path), { recursive: true });
		return (await lstat(path).catch(ifAbsent(null))) === null;
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === "EEXIST" || code === "ENOTDIR") return false;
		throw error;
	}
}

async function syncUp(context: InPlaceContext, folder: string, until: string): Promise<void> {
	await context.files.syncFolder(folder);
	if (folder !== until && folder !== dirname(folder)) await syncUp(context, dirname(folder), until);
}

/** By renaming; on another file system whole under its name before the first one goes. */
async function moveAcross(context: InPlaceContext, from: string, to: string): Promise<void> {
	try {
		await rename(from, to);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
		const making = `${to}.making`;
		await context.files.remove(making);
		await copyWhole(context, { from, to: making });
		await context.files.syncTree(dirname(making));
		await rename(making, to);
		await context.files.syncFolder(dirname(to));
		await context.files.remove(from);
	}
}

export const copyingJob = "in-place";

/** `to` must not be there. */
export const copyWhole = (context: InPlaceContext, place: { readonly from: string; readonly to: string }) =>
	copyFolder(context, { ...place, job: copyingJob, timeoutMs: context.settings.limits.timeout });
