// Where a database lies, folder by folder and link by link. Recorded with the snapshot, so that a restore goes to the same place whatever
// the candidate put on the way. Looks, changes nothing.
import { readlink, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "node:path";
import { z } from "zod";
import { lstatOrNull } from "./bytes.js";
import { ifNowhere, type Roots } from "./places.js";

/** As the kernel has it. */
const MAX_LINKS = 40;

/** All absolute, in the order in which the path is walked. */
export const origin = z.object({
	/** The database itself, where every link has been followed. */
	file: z.string(),
	links: z.array(z.object({ path: z.string(), target: z.string() })),
	/** Those of the operator's folder: what lies outside of it may be a mount that is not there, and is never made. */
	folders: z.array(z.object({ path: z.string(), mode: z.number(), uid: z.number(), gid: z.number() })),
});

export type Origin = z.infer<typeof origin>;

export async function originOf({ root, stateDir }: Roots, database: string): Promise<Origin> {
	const [base, ours] = [await realOr(root), await realOr(stateDir)];
	const found: Origin = { file: base, links: [], folders: [] };
	const rest = database.split("/");
	let at = base;
	for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
		const path = join(at, part);
		const is = await lstatOrNull(path);
		if (is?.isSymbolicLink() === true && found.links.length < MAX_LINKS) {
			const target = await readlink(path);
			found.links.push({ path, target });
			rest.unshift(...target.split("/"));
			if (isAbsolute(target)) at = "/";
			continue;
		}
		if (is?.isDirectory() === true && path !== at && rest.length > 0) {
			found.folders.push({ path, mode: is.mode & 0o7777, uid: is.uid, gid: is.gid });
		}
		at = path;
	}
	// What leads through our own state is ours to switch.
	const links = found.links.filter(({ path }) => !isWithin(ours, path));
	const folders = found.folders.filter(({ path }) => path !== base && isWithin(base, path) && !isWithin(ours, path));
	return { file: at, links, folders };
}

/**
 * The file that the configured path leads to now. Null where that is none, or one that does not lie beside what was recorded: a link that
 * the candidate planted may lead to anybody's.
 */
export async function usedFile(roots: Roots, database: string, { file, links }: Origin): Promise<string | null> {
	const used = await realOrNull(join(roots.root, database));
	if (used === null || (await lstatOrNull(used))?.isFile() !== true) return null;
	const ours = await realOr(roots.stateDir);
	const near = [file, ...links.map(({ path }) => path)].some((path) => dirname(path) === dirname(used));
	return near || (isWithin(ours, file) && isWithin(ours, used)) ? used : null;
}

/** Whether every folder on the way is one, and no link leads anywhere else. */
export async function isGrounded({ file, links, folders }: Origin): Promise<boolean> {
	const places = [file, ...links.map(({ path }) => path)].map((path) => dirname(path));
	const ways = [...folders.map(({ path }) => path), ...places];
	const real = await Promise.all(ways.map(isRealFolder));
	return real.every(Boolean);
}

async function isRealFolder(path: string): Promise<boolean> {
	return (await realOrNull(path)) === path && (await lstatOrNull(path))?.isDirectory() === true;
}

export function isWithin(folder: string, path: string): boolean {
	return path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

/** Of what is not there yet: below the nearest folder that is. */
async function realOr(path: string): Promise<string> {
	const real = await realOrNull(path);
	if (real !== null || dirname(path) === path) return real ?? path;
	return join(await realOr(dirname(path)), basename(path));
}

const realOrNull = (path: string) => realpath(path).catch(ifNowhere(null));
