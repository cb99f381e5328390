// What releases share, before a supervisor begins: a first start waits for a configuration that says what it is; where a version is live already, nothing
// stands before it, and its folders are there again.
import { type Known, knownShared, makeRoom } from "../adapters/git/releases/shared-paths.js";
import { isRefusal, type Refusal } from "../core/refusals.js";
import type { Log, Releases } from "../ports/ports.js";
import type { Place } from "./place.js";

interface Beginning {
	readonly releases: Pick<Releases, "readLive" | "current">;
	readonly log: Log;
}

/** Refuses only where nothing is live: there no rollback can be due. What cannot be read or made is told, and holds nothing up. */
export async function readyShared({ releases, log }: Beginning, { root, settings }: Place): Promise<Refusal | null> {
	const tell = (error: unknown) => log.warn("shared.unready", { reason: String(error) });
	const known = await knownShared({ root, settings }).catch((error: unknown): readonly Known[] => {
		tell(error);
		return [];
	});
	if (isRefusal(known)) {
		tell(known.message);
		return (await isBeginning(releases).catch(() => false)) ? known : null;
	}
	if (settings.activation === "release") for (const one of known) await makeRoom(root, one).catch(tell);
	return null;
}

async function isBeginning({ readLive, current }: Beginning["releases"]): Promise<boolean> {
	return (await readLive()) === null && (await current()) === null;
}
