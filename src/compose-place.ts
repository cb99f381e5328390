// What a supervisor starts from, where the disk or the configuration is bad: the settings that a running trial began with, and patience with what
// only passes.
import { readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Place } from "./compose-ports.js";
import { parseConfig } from "./config.js";
import { keptConfiguration, pointerFile } from "./config-kept.js";
import { limits } from "./core/limits.js";
import { isPassingCode } from "./core/passing-causes.js";
import { isRefusal } from "./core/refusals.js";
import type { Log } from "./ports.js";

/** While something is on trial, with the settings that it began with (F38). */
export async function asBegun(place: Place): Promise<Place> {
	const kept = await keptConfiguration(place.stateDir);
	if (kept === null || isDeepStrictEqual(kept, asJson(place.source))) return place;
	const settings = parseConfig(kept, "the configuration that is kept with the swap");
	if (isRefusal(settings)) return { ...place, unusable: settings.message };
	return { ...place, settings, source: kept, unusable: "it was changed while a swap was on trial" };
}

function asJson(source: unknown): unknown {
	return source === undefined ? null : JSON.parse(JSON.stringify(source));
}

export function tellKept({ unusable = null }: Place, log: Log): void {
	if (unusable === null) return;
	const next = "A restart behind the end of the swap takes the configuration as it is then.";
	log.warn("configuration.kept", { why: unusable, next });
}

/** Says beside the configuration where the state lies, if that is elsewhere: the configuration may not be readable one day. */
export async function point({ root, stateDir }: Place): Promise<void> {
	const file = pointerFile(root);
	if (stateDir === join(root, ".deadman")) return;
	const isThere = await stat(dirname(file)).then(
		(found) => found.isDirectory(),
		() => false,
	);
	const known = await readFile(file, "utf8").catch(() => "");
	if (isThere && known.trim() !== stateDir) await writeFile(file, `${stateDir}\n`, { mode: 0o600 }).catch(() => {});
}

/** A passing error is waited out for a while; after that it is thrown. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
	const untilMs = performance.now() + limits.journalWaitMs;
	for (;;) {
		try {
			return await work();
		} catch (error) {
			const { code } = error as NodeJS.ErrnoException;
			if (code === undefined || !isPassingCode(code.toLowerCase()) || performance.now() > untilMs) throw error;
			await sleep(limits.retryPauseMs);
		}
	}
}
