// Reads /proc: who is alive, since when, in which group, and what its environment says. Linux only; signals nobody.
import { readdirSync, readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";

/** `startTicks` is field 22 of /proc/<pid>/stat: with the pid and the boot it names one process for good. */
export interface ProcessStat {
	readonly pid: number;
	/** Of the thread that leads it. */
	readonly state: string;
	/**
	 * The leading thread, or where that has ended another one that has not; null when all have. Only below this number does /proc tell
	 * what the process still holds.
	 */
	readonly thread: number | null;
	readonly parent: number;
	readonly group: number;
	readonly session: number;
	readonly startTicks: number;
}

export type LivingProcess = ProcessStat & { readonly thread: number };

const CONCURRENCY = 32;
/** How long reading at once may hold the loop. */
const SLICE_MS = 4;

async function listPids(): Promise<number[]> {
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
		thread: hasEnded(state) ? otherThread(pid, Number(fields[17])) : pid,
		parent: Number(parent),
		group: Number(group),
		session: Number(session),
		startTicks: Number(fields[19]),
	};
}

/** A zombie has ended: it only waits for a parent that may never ask. */
function hasEnded(state: string): boolean {
	return state === "Z" || state === "X" || state === "x";
}

/**
 * The leader may be a zombie while others write, sync and hold locks: KILL takes its time to reach them. A zombie that is left counts itself
 * as one thread. Others may be zombies too, as long as a debugger holds them.
 */
function otherThread(pid: number, threads: number): number | null {
	if (threads <= 1) return null;
	const names = readNow(() => readdirSync(`/proc/${pid}/task`)) ?? [];
	const lives = (thread: number) => {
		const text = readNow(() => readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8"));
		return text !== null && !hasEnded(text.charAt(text.lastIndexOf(")") + 2));
	};
	return names.map(Number).find(lives) ?? null;
}

/** As long as one of its threads lives: files are closed and locks given back by the last one. */
export function isAlive(stat: ProcessStat | null): stat is LivingProcess {
	return stat !== null && stat.thread !== null;
}

/** Every process that has not ended; only those started after the process `newerThan`, where pids still tell that. */
export async function livingProcesses(newerThan = 0): Promise<LivingProcess[]> {
	const pids = await listPids();
	const wrapped = newerThan > 0 && (await lastPid()) < newerThan;
	const living: LivingProcess[] = [];
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
	const text = readNow(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
	return text === null ? null : parseStat(pid, text);
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

/** The environment a process was started with, by one of its living threads; null when that is gone, about to be, or not ours to read. */
export async function readEnvironment(thread: number): Promise<ReadonlyMap<string, string> | null> {
	const text = await read(`/proc/${thread}/environ`);
	if (text === null || text === "") return null;
	const pairs = text.split("\0").filter((pair) => pair.includes("="));
	return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}

export async function readCommandName(pid: number): Promise<string> {
	return (await read(`/proc/${pid}/comm`))?.trim() ?? "ended";
}

/** Gone, or not ours to see. Any other error, such as too many open files, says nothing about the process: then it must not count as gone. */
const absent = new Set(["ENOENT", "ESRCH", "EACCES", "EPERM"]);

function orNull(error: unknown): null {
	if (absent.has((error as NodeJS.ErrnoException).code ?? "")) return null;
	throw error;
}

function readNow<T>(look: () => T): T | null {
	try {
		return look();
	} catch (error) {
		return orNull(error);
	}
}

async function read(path: string): Promise<string | null> {
	return readFile(path, "utf8").catch(orNull);
}

/** At most `CONCURRENCY` at once: the thread pool has other callers. */
export async function mapInParts<T, R>(items: readonly T[], map: (item: T) => Promise<R>): Promise<R[]> {
	const results: R[] = [];
	for (let index = 0; index < items.length; index += CONCURRENCY) {
		results.push(...(await Promise.all(items.slice(index, index + CONCURRENCY).map(map))));
	}
	return results;
}
