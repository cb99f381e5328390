// The configuration of a folder, found, read and validated: what the daemon and `deadman doctor` start from.
import { parseConfig, type Settings } from "../config.js";
import { isRefusal, type Refusal } from "../core/refusals.js";
import { locate } from "./location.js";

export interface Configuration {
	readonly root: string;
	readonly configPath: string;
	readonly stateDir: string;
	readonly settings: Settings;
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
	return isRefusal(settings) ? settings : { root, configPath, stateDir, settings };
}
