// Finds the folder that deadman works for: the nearest `.deadman/config.json` upwards, or the nearest socket of a program that embeds deadman. Reads only `stateDir` of it; where that is not set, the pointer says where the state lies.

import { readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { ifAbsent } from "../core/absent.js";
import { isRefusal, type Refusal, refuse } from "../core/refusals.js";
import { readIdentity, unreadable } from "../state/identity.js";
import { copyRefusal, placeOf, type StatePlace } from "../state/place.js";
import { folderName, readPointer } from "../state/pointer.js";
import { operatorSocketOf } from "./socket-path.js";

export interface Location {
	/** The repository's folder. */
	readonly root: string;
	readonly configPath: string;
	readonly stateDir: string;
	/** What says that it lies there; `first`: there is none yet. */
	readonly stateBy: StatePlace["by"];
	/** The configuration as JSON says it, not yet validated. */
	readonly raw: unknown;
}

export function configPathOf(root: string): string {
	return join(root, folderName, "config.json");
}

/** `dir` names the repository's folder exactly; without it the search goes from `cwd` upwards. */
export async function locate(from: { readonly cwd: string; readonly dir: string | null }): Promise<Location | Refusal> {
	if (from.dir !== null) return locationOf(resolve(from.cwd, from.dir));
	for (let folder = resolve(from.cwd); ; folder = dirname(folder)) {
		if ((await isFile(configPathOf(folder))) || (await servedIn(folder)) !== null) return locationOf(folder);
		const owner = await ownerOf(folder);
		if (owner !== null) return locationOf(owner);
		if (dirname(folder) === folder) return refuse("config_missing", { path: configPathOf(resolve(from.cwd)) });
	}
}

/** From inside of a release, which lies in the state folder, the way leads to its repository. */
async function ownerOf(folder: string): Promise<string | null> {
	const identity = await readIdentity(folder);
	return identity === null || identity === unreadable ? null : identity.repository.root;
}

/** Where a supervisor answers although its configuration cannot be read any more: it goes by the one that its swap began with. */
export async function locateServed(from: {
	readonly cwd: string;
	readonly dir: string | null;
}): Promise<Location | null> {
	if (from.dir !== null) return servedIn(resolve(from.cwd, from.dir));
	for (let folder = resolve(from.cwd); ; folder = dirname(folder)) {
		const served = await servedIn(folder);
		if (served !== null || dirname(folder) === folder) return served;
	}
}

async function locationOf(root: string): Promise<Location | Refusal> {
	const configPath = configPathOf(root);
	const text = await readText(configPath);
	if (text === null) return (await servedIn(root)) ?? refuse("config_missing", { path: configPath });
	try {
		return await placed(root, JSON.parse(text.replace(/^\uFEFF/, "")));
	} catch (error) {
		if (!(error instanceof SyntaxError)) throw error;
		return refuse("config_invalid", { path: configPath, problems: `it is no JSON (${(error as Error).message})` });
	}
}

/** A program that embeds deadman has its configuration in code: there the socket alone says where it is. */
async function servedIn(root: string): Promise<Location | null> {
	const pointer = await readPointer(root);
	if (isRefusal(pointer)) return null;
	const stateDir = pointer?.stateDir ?? join(root, folderName);
	const found = await stat(operatorSocketOf(stateDir)).catch(() => null);
	if (found?.isSocket() !== true || (await copyRefusal(root, stateDir)) !== null) return null;
	return { root, configPath: configPathOf(root), stateDir, stateBy: pointer === null ? "found" : "pointer", raw: {} };
}

async function placed(root: string, raw: unknown): Promise<Location | Refusal> {
	const configured = (raw as { stateDir?: unknown } | null)?.stateDir;
	const place = await placeOf({ root, configured });
	if (isRefusal(place)) return place;
	const { stateDir, by } = place;
	return (await copyRefusal(root, stateDir)) ?? { root, configPath: configPathOf(root), stateDir, stateBy: by, raw };
}

const readText = (path: string) => readFile(path, "utf8").catch(ifAbsent(null));

async function isFile(path: string): Promise<boolean> {
	try {
		return (await stat(path)).isFile();
	} catch {
		return false;
	}
}
