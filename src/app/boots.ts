// Counts on disk, before anything else is thought about, how often this supervisor began within one trial. A version on trial that runs as the same user can kill
// its guard: a life that is killed before its first thought comes to no verdict, however many of them there are.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { limits } from "../core/limits.js";
import type { Clock, Files, Log, Releases } from "../ports/ports.js";

const counted = z.object({
	schemaVersion: z.literal(1),
	swapId: z.string(),
	starts: z.number().int().min(1),
	lastMs: z.number(),
});

export interface BootCount {
	readonly stateDir: string;
	readonly files: Files;
	readonly clock: Clock;
	readonly log: Log;
	/** Of every target. */
	readonly releases: readonly Releases[];
}

/** How many lives in a row began during the trial that runs, this one included, none of them long after the one before; 0 without a trial. */
export async function countBoot(options: BootCount): Promise<number> {
	const { stateDir, files, clock, log, releases } = options;
	const file = join(stateDir, "boots.json");
	const swapId = await trialOf(releases);
	if (swapId === null) {
		await files.remove(file).catch(() => {});
		return 0;
	}
	const before = await read(file);
	const nowMs = clock.now().wallMs;
	const goesOn = before?.swapId === swapId && Math.abs(nowMs - before.lastMs) <= limits.guardQuietMs;
	const starts = goesOn ? before.starts + 1 : 1;
	// The next thing is to end the killer: it stays past the bound, and nothing tells it that we are here.
	if (starts > limits.guardStarts) return starts;
	const content = JSON.stringify({ schemaVersion: 1, swapId, starts, lastMs: nowMs });
	await files.writeAtomic(file, content, 0o600).catch((error) => log.warn("boots.uncounted", { error: String(error) }));
	return starts;
}

async function trialOf(releases: readonly Releases[]): Promise<string | null> {
	for (const one of releases) {
		const trial = (await one.readLive().catch(() => null))?.trial ?? null;
		if (trial !== null) return trial.swapId;
	}
	return null;
}

/** One that cannot be read counts as none: it was cut off, or is somebody else's. */
async function read(file: string): Promise<z.output<typeof counted> | null> {
	try {
		return counted.safeParse(JSON.parse(await readFile(file, "utf8"))).data ?? null;
	} catch {
		return null;
	}
}
