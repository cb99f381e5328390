// The configuration that a running trial began with: kept in live.json, so that neither a broken file nor a changed one decides about a trial that knew
// another (F38). Reads it; the schema is checked elsewhere.
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";

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

/** Where the configuration says that the state lies elsewhere, this file says so too: the configuration may be what is broken. */
export function pointerFile(root: string): string {
	return join(root, ".deadman", "state");
}

export async function stateDirOf(root: string): Promise<string> {
	const pointed = (await readFile(pointerFile(root), "utf8").catch(() => "")).trim();
	return resolve(root, pointed === "" ? ".deadman" : pointed);
}

async function readJson(path: string): Promise<unknown> {
	try {
		return JSON.parse(await readFile(path, "utf8"));
	} catch {
		return null;
	}
}
