// Where an entry's files lie, links followed, and what below it is others' concern. Looks, changes nothing.
import { lstat, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ifAbsent } from "../../core/absent.js";
import { compileGlob, namesOf } from "../../core/rules/glob.js";
import type { Covered, FilesParts } from "./places.js";
import type { Entry } from "./records.js";

/** Databases have a log and the like beside them, and so do the copies that are made of them. */
const BESIDE = /^(-wal|-shm|-journal|\.deadman-.*)$/;

/** What a copy is called until it is whole, and what a rehearsal tries. */
export const HALF = /^\.deadman-(half-[0-9a-f]{12}|probe(\.new)?)$/;

/** Of what is not there yet: below the nearest folder that is. */
export async function realOr(path: string): Promise<string> {
	const real = await realpath(path).catch(ifAbsent(null));
	if (real !== null || dirname(path) === path) return real ?? path;
	return join(await realOr(dirname(path)), basename(path));
}

export type Ground = Pick<Entry, "path" | "policy" | "folder" | "isThere" | "exclude" | "others" | "databases">;

export async function groundOf(parts: FilesParts, covered: Covered): Promise<Ground> {
	const { root, stateDir, elsewhere } = parts;
	const { path, policy, exclude } = covered;
	const folder = await realOr(join(root, path));
	const isThere = (await lstat(folder).catch(ifAbsent(null)))?.isDirectory() === true;
	const entries = parts.covered.filter((one) => one !== covered).map((one) => join(root, one.path));
	const databases = await bothWays(elsewhere.map((one) => join(root, one)));
	// What it lies in itself is not among it.
	const others = (await bothWays([...entries, stateDir])).filter(
		(place) => place !== folder && !folder.startsWith(`${place}/`),
	);
	return { path, policy, folder, isThere, exclude: [...exclude], others, databases };
}

/** As they are written, and where links lead. */
async function bothWays(paths: readonly string[]): Promise<string[]> {
	return [...new Set([...paths, ...(await Promise.all(paths.map(realOr)))])];
}

/** Of a path below the folder: it and what lies below it is as if it were not there. */
export function leftOut({ folder, exclude, others, databases }: Ground): (path: string) => boolean {
	const globs = exclude.map(compileGlob);
	return (below) => {
		if (HALF.test(basename(below))) return true;
		const full = join(folder, below);
		if (others.includes(full)) return true;
		if (databases.some((one) => full.startsWith(one) && isBeside(full.slice(one.length)))) return true;
		return globs.some((glob) => glob(namesOf(below)));
	};
}

function isBeside(rest: string): boolean {
	return rest === "" || BESIDE.test(rest);
}
