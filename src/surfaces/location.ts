// Finds the folder that deadman works for: the nearest `.deadman/config.json` upwards, or the nearest socket of a program that embeds deadman. Reads only `stateDir` of it; the schema is checked elsewhere.

import { readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { ifAbsent } from "../core/absent.js";
import { type Refusal, refuse } from "../core/refusals.js";
import { operatorSocketOf } from "./socket-path.js";

export interface Location {
	/** The repository's folder. */
	readonly root: string;
	readonly configPath: string;
	readonly stateDir: string;
	/** The configuration as JSON says it, not yet validated. */
	readonly raw: unknown;
}

export function configPathOf(root: string): string {
	return join(root, ".deadman", "config.json");
}

/** `dir` names the repository's folder exactly; without it the search goes from `cwd` upwards. */
export async function locate(from: { readonly cwd: string; readonly dir: string | null }): Promise<Location | Refusal> {
	if (from.dir !== null) return locationOf(resolve(from.cwd, from.dir));
	for (let folder = resolve(from.cwd); ; folder = dirname(folder)) {
		if ((await isFile(configPathOf(folder))) || (await servedIn(folder)) !== null) return locationOf(folder);
		if (dirname(folder) === folder) return refuse("config_missing", { path: configPathOf(resolve(from.cwd)) });
	}
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
		const raw: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
		return { root, configPath, stateDir: stateDirOf(root, raw), raw };
	} catch (error) {
		return refuse("config_invalid", { path: configPath, problems: `it is no JSON (${(error as Error).message})` });
	}
}

/** A program that embeds deadman has its configuration in code: there the socket alone says where it is. */
async function servedIn(root: string): Promise<Location | null> {
	const pointed = ((await readText(join(root, ".deadman", "state")).catch(() => null)) ?? "").trim();
	const stateDir = resolve(root, pointed === "" ? ".deadman" : pointed);
	const found = await stat(operatorSocketOf(stateDir)).catch(() => null);
	return found?.isSocket() === true ? { root, configPath: configPathOf(root), stateDir, raw: {} } : null;
}

/** A relative `stateDir` is taken from the repository's folder. */
function stateDirOf(root: string, raw: unknown): string {
	const stateDir = (raw as { stateDir?: unknown } | null)?.stateDir;
	return resolve(root, typeof stateDir === "string" && stateDir !== "" ? stateDir : ".deadman");
}

const readText = (path: string) => readFile(path, "utf8").catch(ifAbsent(null));

async function isFile(path: string): Promise<boolean> {
	try {
		return (await stat(path)).isFile();
	} catch {
		return false;
	}
}
