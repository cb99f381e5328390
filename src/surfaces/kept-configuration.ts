// The configuration that a running trial began with: kept in live.json, so that neither a broken file nor a changed one decides about a trial that knew
// another (F38).
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parseConfig, type Settings } from "../config/config.js";
import { isRefusal } from "../core/refusals.js";

export interface Begun {
	readonly settings: Settings;
	/** What the settings were made from, as JSON. */
	readonly source: unknown;
	/** Why these are not what was given; null: they are. */
	readonly unusable: string | null;
}

/** What was given, or, while something is on trial, what that began with. */
export async function asBegun(stateDir: string, given: Omit<Begun, "unusable">): Promise<Begun> {
	const source = await keptConfiguration(stateDir);
	if (source === null || isDeepStrictEqual(source, asJson(given.source))) return { ...given, unusable: null };
	const settings = parseConfig(source, "the configuration that is kept with the swap");
	if (isRefusal(settings)) return { ...given, unusable: null };
	return { settings, source, unusable: "it was changed while a swap was on trial" };
}

function asJson(source: unknown): unknown {
	return JSON.parse(JSON.stringify(source));
}

/** As JSON says it; null where nothing is on trial, or what is began without one. */
export async function keptConfiguration(stateDir: string): Promise<unknown> {
	const agents = await readdir(join(stateDir, "targets")).catch(() => []);
	for (const folder of [stateDir, ...agents.map((name) => join(stateDir, "targets", name))]) {
		const live = (await readJson(join(folder, "live.json"))) as { trial?: { configuration?: unknown } | null } | null;
		const kept = live?.trial?.configuration ?? null;
		if (kept !== null) return kept;
	}
	return null;
}

async function readJson(path: string): Promise<unknown> {
	try {
		return JSON.parse(await readFile(path, "utf8"));
	} catch {
		return null;
	}
}
