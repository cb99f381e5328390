// Finds the living runs of one state folder, also those that an earlier supervisor started and never wrote down.
import { randomUUID } from "node:crypto";
import type { Clock, Run } from "../../../ports/ports.js";
import type { Marker } from "./family.js";
import { isAlive, livingProcesses, mapInParts, type ProcessStat, readEnvironment, readStat } from "./procfs.js";
import { hashOf, type RunRecord, type RunRecords } from "./run-records.js";

/** Linux tells start times to every program in hundredths of a second. */
const TICK_MS = 10;

interface Search {
	readonly instance: Marker;
	readonly records: RunRecords;
	readonly clock: Clock;
}

/** By record where the record knows the process, else by the marker. */
export async function findRuns(search: Search): Promise<readonly Run[]> {
	const records = await search.records.all();
	const recorded = await aliveOf(records, search.clock);
	const finished = new Set(records.filter((record) => record.pid !== null).map((record) => record.runId));
	const marked = (await findMarked(search, records)).filter((run) => !finished.has(run.runId));
	return [...recorded, ...marked].sort((a, b) => a.startedAtMs - b.startedAtMs);
}

/** Only those whose record knows the process: quick, for nothing is searched. */
export async function findRecorded({ records, clock }: Search): Promise<readonly Run[]> {
	return aliveOf(await records.all(), clock);
}

async function aliveOf(records: readonly RunRecord[], clock: Clock): Promise<readonly Run[]> {
	const runs = await mapInParts(records, async (record) => {
		const run = runOf(record);
		return run !== null && (await isRunAlive(run, clock)) ? run : null;
	});
	return runs.filter((run) => run !== null);
}

/** Null as long as the record does not know its process. */
export function runOf(record: RunRecord): Run | null {
	const { pid, startTicks } = record;
	return pid === null || startTicks === null ? null : { ...identityOf(record), pid, startTicks };
}

export function identityOf({
	runId,
	release,
	swapId,
	bootId,
	startedAtMs,
}: RunRecord): Omit<Run, "pid" | "startTicks"> {
	return { runId, release, swapId, bootId, startedAtMs };
}

/** By pid, start time and boot: a pid alone may have another owner by now. */
export async function isRunAlive(run: Run, clock: Clock): Promise<boolean> {
	if (run.bootId !== clock.now().bootId) return false;
	const stat = await readStat(run.pid);
	return isAlive(stat) && stat.startTicks === run.startTicks;
}

interface Found {
	readonly stat: ProcessStat;
	readonly environment: ReadonlyMap<string, string>;
}

/** Whose record is lost, gets one anew: nobody but its environment knows its token. */
async function findMarked(search: Search, records: readonly RunRecord[]): Promise<Run[]> {
	const found = [...(await oldestOfEach(search))];
	return Promise.all(
		found.map(async ([runId, { stat, environment }]) => {
			const { pid, startTicks } = stat;
			const record = records.find((candidate) => candidate.runId === runId);
			if (record !== undefined) return { ...identityOf(record), pid, startTicks };
			const run = { ...identityFrom(runId, { stat, environment }, search.clock), pid, startTicks };
			const tokenSha256 = hashOf(environment.get("DEADMAN_TOKEN") ?? randomUUID());
			await search.records.write({ schemaVersion: 1, ...run, tokenSha256 });
			return run;
		}),
	);
}

/** By run the oldest process that leads a group: what it started itself is younger. */
async function oldestOfEach({ instance }: Search): Promise<ReadonlyMap<string, Found>> {
	const leaders = (await livingProcesses()).filter((stat) => stat.pid === stat.group && stat.pid !== process.pid);
	const found = await mapInParts(leaders, async (stat) => ({ stat, environment: await readEnvironment(stat.thread) }));
	const oldest = new Map<string, Found>();
	for (const { stat, environment } of found) {
		const runId = environment?.get("DEADMAN_RUN");
		if (environment === null || runId === undefined || environment.get(instance.name) !== instance.value) continue;
		const known = oldest.get(runId);
		if (known === undefined || isOlder(stat, known.stat)) oldest.set(runId, { stat, environment });
	}
	return oldest;
}

function isOlder(a: ProcessStat, b: ProcessStat): boolean {
	return a.startTicks < b.startTicks || (a.startTicks === b.startTicks && a.pid < b.pid);
}

/** Where the record is lost, the environment says what the process is. */
function identityFrom(runId: string, { stat, environment }: Found, clock: Clock): Omit<Run, "pid" | "startTicks"> {
	const { wallMs, bootMs, bootId } = clock.now();
	return {
		runId,
		release: environment.get("DEADMAN_RELEASE") ?? "",
		swapId: environment.get("DEADMAN_SWAP_ID") ?? null,
		bootId,
		startedAtMs: wallMs - Math.max(0, bootMs - stat.startTicks * TICK_MS),
	};
}
