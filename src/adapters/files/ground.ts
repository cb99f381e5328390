// Where an entry's files lie, links followed, and what below it is others' concern. Looks, changes nothing.
import { lstat, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ifAbsent } from "../../core/absent.js";
import { compileGlob, namesOf } from "../../core/rules/glob.js";
import type { Covered, FilesParts } from "./places.js";
import type { Entry } from "./records.js";

/** Databases have a log and the like beside them, and so do the copies that are made of them. */
const BESIDE = /^(-wal|-shm|-journal|\.deadman-.*)$/;

/** What a copy is called until it is whole. */
export const HALF = /^\.deadman-half-[0-9a-f]{12}$/;

/** Of what is not there yet: below the nearest folder that is. */
export async function realOr(path: string): Promise<string> {
	const real = await realpath(path).catch(ifAbsent(null));
	if (real !== null || dirname(path) === path) return real ?? path;
	return join(await realOr(dirname(path)), basename(path));
}

export type Ground = Pick<Entry, "path" | "policy" | "folder" | "isThere" | "exclude" | "others">;

export async function groundOf(parts: FilesParts, covered: Covered): Promise<Ground> {
	const { root, stateDir, elsewhere } = parts;
	const { path, policy, exclude } = covered;
	const folder = await realOr(join(root, path));
	const isThere = (await lstat(folder).catch(ifAbsent(null)))?.isDirectory() === true;
	const named = [...elsewhere, ...parts.covered.filter((one) => one !== covered).map((one) => one.path)];
	const places = [...named.map((one) => join(root, one)), stateDir];
	const all = await Promise.all(places.map(async (place) => [place, await realOr(place)]));
	// What it lies in itself is not among it.
	const others = [...new Set(all.flat())].filter((place) => place !== folder && !folder.startsWith(`${place}/`));
	return { path, policy, folder, isThere, exclude: [...exclude], others };
}

/** Of a path below the folder: it and what lies below it is as if it were not there. */
export function leftOut({ folder, exclude, others }: Ground): (path: string) => boolean {
	const globs = exclude.map(compileGlob);
	return (below) => {
		if (HALF.test(basename(below))) return true;
		const full = join(folder, below);
		if (others.some((one) => full.startsWith(one) && isBeside(full.slice(one.length)))) return true;
		return globs.some((glob) => glob(namesOf(below)));
	};
}

function isBeside(rest: string): boolean {
	return rest === "" || BESIDE.test(rest);
}
