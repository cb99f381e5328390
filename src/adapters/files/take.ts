// Takes a copy of the program's files while nobody writes them. The manifest is written last: a folder without one is a leftover of a killed life.
import { mkdir, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ifAbsent } from "../../core/absent.js";
import { compileGlob, namesOf } from "../../core/rules/glob.js";
import type { Files, Gate, Log } from "../../ports/ports.js";
import { copyContents } from "./copy.js";
import { type Place, placeOf, type Roots } from "./places.js";
import { type Entry, type Item, type Manifest, readManifest, write, writeItems } from "./records.js";
import { treeOf, type Walk } from "./tree.js";

/** One entry of `files`, or a shared folder that none covers. */
export interface Covered {
	/** Relative to the operator's folder. */
	readonly path: string;
	readonly policy: Entry["policy"];
	/** Globs over paths below it. */
	readonly exclude: readonly string[];
}

export interface FilesParts extends Roots {
	readonly covered: readonly Covered[];
	/** Relative to the operator's folder: others keep these, with what they have beside them. */
	readonly elsewhere: readonly string[];
	readonly files: Files;
	readonly gate: Gate;
	readonly log: Log;
}

/** What is only watched is not worth a longer stop. */
const MOST_WATCHED = 20_000;

/** Databases have a log and the like beside them, and so do the copies that are made of them. */
const BESIDE = /^(-wal|-shm|-journal|\.deadman-.*)$/;

/** A copy of this swap that is complete is never taken again: by then another version may have written. */
export async function take(parts: FilesParts, swapId: string): Promise<Manifest> {
	const { files, gate } = parts;
	const place = placeOf(parts, swapId);
	const earlier = await readManifest(place.manifest);
	if (earlier !== null) return earlier;
	await files.remove(place.swap);
	await mkdir(place.swap, { recursive: true, mode: 0o700 });
	const entries: Entry[] = [];
	for (const [index, covered] of parts.covered.entries()) {
		entries.push(await gate.around("files.copy", () => takeOne(parts, covered, { place, index })));
	}
	if (entries.some(({ policy }) => policy === "restore")) await files.syncTree(place.swap);
	else await files.syncFolder(place.swap);
	const manifest: Manifest = { schemaVersion: 1, swapId, takenAtMs: Date.now(), entries };
	await gate.around("files.manifest", () => write(files, place.manifest, manifest));
	await files.syncFolder(dirname(place.swap));
	return manifest;
}

interface Where {
	readonly place: Place;
	readonly index: number;
}

async function takeOne(parts: FilesParts, covered: Covered, { place, index }: Where): Promise<Entry> {
	const { path, policy } = covered;
	const folder = await realpath(join(parts.root, path)).catch(ifAbsent(null));
	const tree = folder === null ? new Map<string, Item>() : await treeOf(folder, walkOf(parts, covered));
	if (tree === null) return { path, policy, folder, isKnown: false, bytes: 0 };
	await writeItems(place.items(index), tree);
	const isCopied = policy === "restore" && folder !== null && tree.size > 0;
	const bytes = isCopied ? await copyContents(folder, place.copy(index), tree) : 0;
	return { path, policy, folder, isKnown: true, bytes };
}

/** What is neither copied nor put back: excluded, a database, our own state, or another entry's. */
export function walkOf({ root, stateDir, covered, elsewhere }: FilesParts, { path, policy, exclude }: Covered): Walk {
	const globs = exclude.map(compileGlob);
	const others = covered.filter((other) => other.path !== path).map((other) => other.path);
	const ours = stateDir.startsWith(`${root}/`) ? [stateDir.slice(root.length + 1)] : [];
	const taken = new Set([...others, ...ours]);
	const isLeftOut = (below: string) => {
		const full = `${path}/${below}`;
		if (taken.has(full) || elsewhere.some((one) => full.startsWith(one) && isBeside(full.slice(one.length))))
			return true;
		return globs.some((glob) => glob(namesOf(below)));
	};
	return policy === "watch" ? { isLeftOut, most: MOST_WATCHED } : { isLeftOut };
}

function isBeside(rest: string): boolean {
	return rest === "" || BESIDE.test(rest);
}
