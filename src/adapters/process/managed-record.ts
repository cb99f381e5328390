// What is on disk about the last restart of a program that somebody else runs: one small file, old or new, never half.
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import type { Log, Run } from "../../ports.js";
import { createQueue } from "../../ports-waiting.js";
import { attempt } from "./bookkeeping.js";

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

/** What the disk does not take counts for this life. */
export function createManagedRecord(file: string, log: Log) {
	let untaken: { readonly value: ManagedRecord | null } | null = null;
	/** One after another, so that an older value never comes last. */
	const inTurn = createQueue();

	function settle(wanted: { readonly value: ManagedRecord | null }): Promise<boolean> {
		return inTurn(() => attempt({ log, event: "program.record_unwritten" }, () => put(file, wanted.value)));
	}

	/** From its first moment on it counts, so that a look meanwhile sees it. */
	async function take(value: ManagedRecord | null): Promise<void> {
		const mine = { value };
		untaken = mine;
		if ((await settle(mine)) && untaken === mine) untaken = null;
	}

	return {
		/** Null when absent or damaged: then the program is restarted once more, which does no harm. */
		async read(): Promise<ManagedRecord | null> {
			if (untaken !== null) return untaken.value;
			try {
				return record.parse(JSON.parse(await readFile(file, "utf8")));
			} catch {
				return null;
			}
		},
		write: (value: ManagedRecord) => take(value),
		remove: () => take(null),
	};
}

async function put(file: string, value: ManagedRecord | null): Promise<void> {
	if (value === null) {
		await rm(file, { force: true });
		await syncFolder(dirname(file)).catch(() => {});
		return;
	}
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
}

async function syncFolder(path: string): Promise<void> {
	const handle = await open(path, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}
