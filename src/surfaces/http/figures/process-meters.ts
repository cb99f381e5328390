// The figures of the supervisor's own process: time, memory, and how long its event loop keeps others waiting. All are cheap to read.
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Counter, Gauge } from "prom-client";

export interface MakeMeter {
	readonly gauge: (name: string, help: string, ...labelNames: string[]) => Gauge;
	readonly counter: (name: string, help: string, ...labelNames: string[]) => Counter;
}

/** The monitor is a timer that rings this often; only what comes on top is delay. */
const resolutionMs = 10;

/** Returns what reads them all. `startedAtMs`: of the supervisor, in wall-clock milliseconds. */
export function createProcessMeters({ gauge, counter }: MakeMeter): (startedAtMs: number) => void {
	const delay = monitorEventLoopDelay({ resolution: resolutionMs });
	delay.enable();
	const delays = gauge(
		"deadman_event_loop_delay_seconds",
		"How late timers were since the figures were read before, as a quantile; 1 is the maximum.",
		"quantile",
	);
	const cpu = counter("process_cpu_seconds_total", "Processor time of user and system.");
	const resident = gauge("process_resident_memory_bytes", "Resident memory.");
	const heap = gauge("nodejs_heap_size_used_bytes", "Used heap.");
	const started = gauge("process_start_time_seconds", "When the supervisor began, since the epoch.");
	gauge("nodejs_version_info", "The Node.js that runs it.", "version").set({ version: process.version }, 1);

	return (startedAtMs) => {
		delays.set({ quantile: "0.5" }, lateSeconds(delay.percentile(50)));
		delays.set({ quantile: "0.99" }, lateSeconds(delay.percentile(99)));
		delays.set({ quantile: "1" }, lateSeconds(delay.max));
		delay.reset();
		const { user, system } = process.cpuUsage();
		setTo(cpu, (user + system) / 1e6);
		const { rss, heapUsed } = process.memoryUsage();
		resident.set(rss);
		heap.set(heapUsed);
		started.set(startedAtMs / 1_000);
	};
}

/** Of nanoseconds between two rings; 0 before anything was seen. */
function lateSeconds(nanoseconds: number): number {
	return Math.max(0, nanoseconds / 1e6 - resolutionMs) / 1_000;
}

/** For counters that somebody else counts. */
export function setTo(counter: Counter, value: number): void {
	counter.reset();
	counter.inc(value);
}
