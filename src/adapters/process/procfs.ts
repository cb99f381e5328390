// Reads /proc: who is alive, since when, in which group, and what its environment says. Linux only; signals nobody.
import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";

/** `startTicks` is field 22 of /proc/<pid>/stat: with the pid and the boot it names one process for good. */
export interface ProcessStat {
	readonly pid: number;
	readonly state: string;
	readonly parent: number;
	readonly group: number;
	readonly session: number;
	readonly startTicks: number;
}

const CONCURRENCY = 32;
/** How long reading at once may hold the loop. */
const SLICE_MS = 4;

export async function listPids(): Promise<number[]> {
	const names = await readdir("/proc");
	return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Null when there is no such process. */
export async function readStat(pid: number): Promise<ProcessStat | null> {
	const text = await read(`/proc/${pid}/stat`);
	return text === null ? null : parseStat(pid, text);
}

/** The name in parentheses may hold anything, so fields count from its last one. */
function parseStat(pid: number, text: string): ProcessStat {
	const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
	const [state = "X", parent, group, session] = fields;
	return {
		pid,
		state,
		parent: Number(parent),
		group: Number(group),
		session: Number(session),
		startTicks: Number(fields[19]),
	};
}

/** A zombie has ended: it only waits for a parent that may never ask. */
export function isAlive(stat: ProcessStat | null): stat is ProcessStat {
	return stat !== null && stat.state !== "Z" && stat.state !== "X" && stat.state !== "x";
}

/** Every process that has not ended; only those started after the process `newerThan`, where pids still tell that. */
export async function livingProcesses(newerThan = 0): Promise<ProcessStat[]> {
	const pids = await listPids();
	const wrapped = newerThan > 0 && (await lastPid()) < newerThan;
	const living: ProcessStat[] = [];
	let sliceEnd = performance.now() + SLICE_MS;
	for (const pid of wrapped ? pids : pids.filter((pid) => pid > newerThan)) {
		const stat = statNow(pid);
		if (isAlive(stat)) living.push(stat);
		if (performance.now() < sliceEnd) continue;
		await setImmediate();
		sliceEnd = performance.now() + SLICE_MS;
	}
	return living;
}

/** /proc answers this from memory: read at once it is ten times cheaper than by the thread pool. */
function statNow(pid: number): ProcessStat | null {
	try {
		return parseStat(pid, readFileSync(`/proc/${pid}/stat`, "utf8"));
	} catch {
		return null;
	}
}

/** The pid given out last: below an earlier one when pids began anew. */
async function lastPid(): Promise<number> {
	return Number((await read("/proc/loadavg"))?.split(" ").at(-1) ?? 0);
}

/** Read in one go where the moment matters: /proc answers at once. */
export function startTicksNow(pid: number): number {
	const text = readFileSync(`/proc/${pid}/stat`, "utf8");
	return parseStat(pid, text).startTicks;
}

/** The environment a process was started with; null when it is gone or not ours to read. */
export async function readEnvironment(pid: number): Promise<ReadonlyMap<string, string> | null> {
	const text = await read(`/proc/${pid}/environ`);
	if (text === null || text === "") return null;
	const pairs = text.split("\0").filter((pair) => pair.includes("="));
	return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}

export async function readCommandName(pid: number): Promise<string> {
	return (await read(`/proc/${pid}/comm`))?.trim() ?? "ended";
}

async function read(path: string): Promise<string | null> {
	try {
		return await readFile(path, "utf8");
	} catch {
		return null;
	}
}

/** At most `CONCURRENCY` at once: the thread pool has other callers. */
export async function mapInParts<T, R>(items: readonly T[], map: (item: T) => Promise<R>): Promise<R[]> {
	const results: R[] = [];
	for (let index = 0; index < items.length; index += CONCURRENCY) {
		results.push(...(await Promise.all(items.slice(index, index + CONCURRENCY).map(map))));
	}
	return results;
}
