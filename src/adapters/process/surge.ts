// Notices that a family explodes, within one turn of the event loop: a fork bomb leaves no processor for anything longer. Signals nobody.
import { readdirSync, readFileSync } from "node:fs";
import type { Family } from "./family.js";

/** So many processes are asked at most, which holds the loop for some milliseconds. Counted, for in a surge the clock runs on without us. */
const ASKED = 800;
/** The sandbox's own two. */
const HOLDERS = 2;

/** Tasks on this machine, threads included: one short read. */
export function tasksNow(): number {
	try {
		return Number(/\/(\d+) /.exec(readFileSync("/proc/loadavg", "utf8"))?.[1] ?? 0);
	} catch {
		return 0;
	}
}

/** From the youngest on, so that in a surge the first ones looked at decide. False also when that did not tell. */
export function overflows({ marker, holder }: Family, maxProcesses: number): boolean {
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
