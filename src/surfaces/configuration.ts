// The configuration of a folder, found, read and validated: what the daemon and `deadman doctor` start from.
import { dirname, resolve } from "node:path";
import { parseConfig, type Settings } from "../config/config.js";
import { isRefusal, type Refusal } from "../core/refusals.js";
import { asBegun, keptConfiguration, point, stateDirOf } from "./kept-configuration.js";
import { configPathOf, locate } from "./location.js";

export interface Configuration {
	readonly root: string;
	readonly configPath: string;
	readonly stateDir: string;
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
	const { root, configPath, stateDir, raw } = location;
	const settings = parseConfig(raw, configPath);
	return isRefusal(settings) ? settings : { root, configPath, stateDir, settings, source: raw, unusable: null };
}

/** For who guards: what a running trial began with goes before a file that is changed, broken or gone. Refuses as above where nothing is on trial. */
export async function readGuarding(from: {
	readonly cwd: string;
	readonly dir: string | null;
}): Promise<Configuration | Refusal> {
	const configuration = await readConfiguration(from);
	if (!isRefusal(configuration)) {
		await point(configuration);
		return { ...configuration, ...(await asBegun(configuration.stateDir, configuration)) };
	}
	for (const root of foldersFrom(from)) {
		const stateDir = await stateDirOf(root);
		const source = await keptConfiguration(stateDir);
		const settings = source === null ? null : parseConfig(source, stateDir);
		if (settings === null || isRefusal(settings)) continue;
		return { root, configPath: configPathOf(root), stateDir, settings, source, unusable: configuration.message };
	}
	return configuration;
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
