// What is on disk about the last restart of a program that somebody else runs: one small file, old or new, never half.
import { readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import type { Log, Run } from "../../../ports/ports.js";
import { createQueue } from "../../../ports/waiting.js";
import { attempt, syncFolder, writeDurably } from "./bookkeeping.js";

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
	if (value !== null) return writeDurably(file, `${JSON.stringify(value)}\n`);
	await rm(file, { force: true });
	await syncFolder(dirname(file)).catch(() => {});
}
