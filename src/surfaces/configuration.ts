// The configuration of a folder, found, read and validated: what the daemon and `deadman doctor` start from.
import { dirname, join, resolve } from "node:path";
import { parseConfig, type Settings } from "../config/config.js";
import { isRefusal, type Refusal } from "../core/refusals.js";
import { homeFor } from "../state/home.js";
import { copyRefusal, type StatePlace, standingOf } from "../state/place.js";
import { folderName, readPointer } from "../state/pointer.js";
import { asBegun, keptConfiguration } from "./kept-configuration.js";
import { configPathOf, locate } from "./location.js";

export interface Configuration {
	readonly root: string;
	readonly configPath: string;
	readonly stateDir: string;
	/** What says that the state lies there; left out: the caller. */
	readonly stateBy?: StatePlace["by"];
	/** Why nothing new is begun, although a rollback that is due is carried out. */
	readonly suspect?: Refusal | null;
	readonly settings: Settings;
	/** What the settings were made from, as JSON. */
	readonly source: unknown;
	/** Why the operator's file could not be used, where it is another one; null: it is that file. */
	readonly unusable: string | null;
}

/** `dir` null: the nearest configuration from `cwd` upwards. */
export async function readConfiguration(from: {
	readonly cwd: string;
	readonly dir: string | null;
}): Promise<Configuration | Refusal> {
	const location = await locate(from);
	if (isRefusal(location)) return location;
	const { root, configPath, stateDir, stateBy, raw } = location;
	const settings = parseConfig(raw, configPath);
	if (isRefusal(settings)) return settings;
	return { root, configPath, stateDir, stateBy, settings, source: raw, unusable: null };
}

/** For who guards: what a running trial began with goes before a file that is changed, broken or gone. Refuses as above where nothing is on trial. */
export async function readGuarding(from: {
	readonly cwd: string;
	readonly dir: string | null;
}): Promise<Configuration | Refusal> {
	const configuration = await readConfiguration(from);
	if (!isRefusal(configuration)) {
		return { ...configuration, ...(await asBegun(configuration.stateDir, configuration)) };
	}
	if (configuration.code === "repository_copied") return configuration;
	for (const root of foldersFrom(from)) {
		const found = await trialOf(root, configuration);
		if (found !== null) return found;
	}
	return configuration;
}

/** What runs on trial here, by what it began with. Where no pointer leads to it, its place is looked up, and nothing new is begun. */
async function trialOf(root: string, why: Refusal): Promise<Configuration | null> {
	const pointer = await readPointer(root);
	const isLost = isRefusal(pointer) || why.code === "state_missing";
	const inside = join(root, folderName);
	if (!isLost) {
		const found = await trialIn(root, pointer?.stateDir ?? inside, why);
		if (found !== null || pointer !== null) return found;
	}
	const home = await homeFor(root).catch(() => why);
	for (const stateDir of isRefusal(home) ? [inside] : [inside, home]) {
		if ((await standingOf(root, stateDir).catch(() => null))?.belongs !== "same") continue;
		const found = await trialIn(root, stateDir, why);
		if (found !== null) return { ...found, suspect: why };
	}
	return null;
}

async function trialIn(root: string, stateDir: string, why: Refusal): Promise<Configuration | null> {
	const source = await keptConfiguration(stateDir);
	const settings = source === null ? null : parseConfig(source, stateDir);
	if (settings === null || isRefusal(settings) || (await copyRefusal(root, stateDir)) !== null) return null;
	return { root, configPath: configPathOf(root), stateDir, settings, source, unusable: why.message };
}

/** The folder that is named, or all from here upwards. */
function foldersFrom({ cwd, dir }: { readonly cwd: string; readonly dir: string | null }): string[] {
	if (dir !== null) return [resolve(cwd, dir)];
	const folders = [resolve(cwd)];
	for (let folder = resolve(cwd); dirname(folder) !== folder; ) {
		folder = dirname(folder);
		folders.push(folder);
	}
	return folders;
}
