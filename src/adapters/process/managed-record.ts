// What is on disk about the last restart of a program that somebody else runs: one small file, old or new, never half.
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import type { Run } from "../../ports.js";

const record = z.object({
	schemaVersion: z.literal(1),
	runId: z.string(),
	release: z.string(),
	swapId: z.string().nullable(),
	bootId: z.string(),
	/** Wall clock, in milliseconds since the epoch. */
	startedAtMs: z.number(),
});

export type ManagedRecord = z.output<typeof record>;

/** It has no process that we know: whoever manages it does. */
export function runOfRecord({ runId, release, swapId, bootId, startedAtMs }: ManagedRecord): Run {
	return { runId, release, swapId, bootId, startedAtMs, pid: 0, startTicks: 0 };
}

export function createManagedRecord(file: string) {
	return {
		/** Null when absent or damaged: then the program is restarted once more, which does no harm. */
		async read(): Promise<ManagedRecord | null> {
			try {
				return record.parse(JSON.parse(await readFile(file, "utf8")));
			} catch {
				return null;
			}
		},
		async write(value: ManagedRecord): Promise<void> {
			await mkdir(dirname(file), { recursive: true, mode: 0o700 });
			const handle = await open(`${file}.new`, "w", 0o600);
			try {
				await handle.writeFile(`${JSON.stringify(value)}\n`);
				await handle.sync();
			} finally {
				await handle.close();
			}
			await rename(`${file}.new`, file);
			await syncFolder(dirname(file));
		},
		async remove(): Promise<void> {
			await rm(file, { force: true });
			await syncFolder(dirname(file)).catch(() => {});
		},
	};
}

async function syncFolder(path: string): Promise<void> {
	const handle = await open(path, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}
