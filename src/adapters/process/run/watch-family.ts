// Counts a family's processes and memory while it runs, and says when there are too many: within one turn of the event loop where it
// explodes, for a fork bomb leaves no processor for anything longer. Looks at /proc; ends nobody.
import { readdirSync, readFileSync } from "node:fs";
import type { Confinement } from "../../../ports/ports.js";
import { descendantsOf, type Family, holds, membersOf } from "./family.js";
import { memoryOf } from "./process-memory.js";
import type { LivingProcess } from "./procfs.js";

type Excess = "processes" | "memory";
type Limits = Pick<Confinement, "maxProcesses" | "maxMemoryBytes">;

const TICK_MS = 20;
/** Between two looks at everything, unless a limit is near. */
const CALM_MS = 100;
/** From this part of a limit on, the next look comes with the next tick. */
const NEAR = 0.25;
/** Looking may take at most one part in so many of the time. */
const COST_SHARE = 4;
/** So many tasks more on this machine than at the last look are a burst. */
const BURST_TASKS = 64;
/** So many processes are asked at most, which holds the loop for some milliseconds. Counted, for in a burst the clock runs on without us. */
const ASKED = 800;
/** The sandbox's own two. */
const HOLDERS = 2;

export interface FamilyWatch {
	/** Members of the last look: some may have left no trace since. */
	readonly known: readonly LivingProcess[];
	stop(): void;
}

/** `exceeded` is called once at most. */
export function watchFamily(family: Family, limits: Limits, exceeded: (why: Excess) => void): FamilyWatch {
	let known: readonly LivingProcess[] = [];
	let tasks = tasksNow();
	let looking = false;
	let nextLookMs = 0;

	const stop = () => clearInterval(ticking);
	const tell = (why: Excess) => {
		stop();
		exceeded(why);
	};
	const look = async () => {
		const begunMs = performance.now();
		const tasksBefore = tasksNow();
		known = await membersNow(family, known);
		const { why, share } = await judge(known, family, limits);
		tasks = tasksBefore;
		const costMs = performance.now() - begunMs;
		nextLookMs = performance.now() + Math.max(share >= NEAR ? 0 : CALM_MS, costMs * COST_SHARE);
		return why;
	};
	const tick = async () => {
		if (tasksNow() - tasks > Math.min(BURST_TASKS, limits.maxProcesses / 2) && overflows(family, limits.maxProcesses)) {
			return tell("processes");
		}
		if (looking || performance.now() < nextLookMs) return;
		looking = true;
		// A look that fails is only one look.
		const why = await look().catch(() => null);
		looking = false;
		if (why !== null) tell(why);
	};
	const ticking = setInterval(() => void tick(), TICK_MS);
	return {
		get known() {
			return known;
		},
		stop,
	};
}

/** Nobody leaves a sandbox, so there the descendants are all. */
function membersNow(family: Family, known: readonly LivingProcess[]): Promise<LivingProcess[]> {
	if (family.holder !== undefined) return descendantsOf(family.holder);
	return membersOf({ ...family, newerThan: (family.groups[0] ?? 1) - 1 }, known);
}

async function judge(
	members: readonly LivingProcess[],
	{ holder }: Family,
	{ maxProcesses, maxMemoryBytes }: Limits,
): Promise<{ readonly why: Excess | null; readonly share: number }> {
	const counted = members.filter((stat) => !holds(stat, holder));
	if (counted.length > maxProcesses) return { why: "processes", share: 1 };
	const bytes = await memoryOf(counted, maxMemoryBytes);
	const share = Math.max(counted.length / maxProcesses, bytes / maxMemoryBytes);
	return { why: bytes > maxMemoryBytes ? "memory" : null, share };
}

/** Tasks on this machine, threads included: one short read. */
function tasksNow(): number {
	try {
		return Number(/\/(\d+) /.exec(readFileSync("/proc/loadavg", "utf8"))?.[1] ?? 0);
	} catch {
		return 0;
	}
}

/** From the youngest on, so that in a burst the first ones looked at decide. False also when that did not tell. */
function overflows({ marker, holder }: Family, maxProcesses: number): boolean {
	const trace = `${marker.name}=${marker.value}`;
	const most = maxProcesses + (holder === undefined ? 0 : HOLDERS);
	if (most >= ASKED) return false;
	let count = 0;
	for (const pid of youngestFirst().slice(0, ASKED)) {
		if (carries(pid, trace)) count += 1;
		if (count > most) return true;
	}
	return false;
}

function youngestFirst(): number[] {
	const pids = readdirSync("/proc").map(Number);
	return pids.filter((pid) => pid > 0).sort((a, b) => b - a);
}

function carries(pid: number, trace: string): boolean {
	try {
		return readFileSync(`/proc/${pid}/environ`, "latin1").includes(trace);
	} catch {
		return false;
	}
}
