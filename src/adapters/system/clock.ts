// The real clock: wall time, and time since boot that goes on in suspend. Timers follow the latter. Linux only.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Instant } from "../../core/deadman.js";
import type { Clock } from "../../ports/ports.js";

/** Node's timers stop in suspend and overflow past 24 days, so a long one looks at the boot clock again this often. */
const STEP_MS = 5_000;

/** The uptime is looked at this often, and at once when the wall clock ran apart from the monotonic one by so much. */
const LOOK_MS = 1_000;
const SUSPENDED_MS = 20;

export function createClock(): Clock {
	const bootId = readBootId();
	const now = (): Instant => {
		const wallMs = Date.now();
		return { wallMs, bootMs: bootMs(wallMs), bootId };
	};
	return { now, timer, sleep, turn };
}

/** Where the machine does not say which boot this is, nothing of an earlier process may compare with ours. */
function readBootId(): string {
	return readOrNull("/proc/sys/kernel/random/boot_id")?.trim() ?? `unknown-${randomUUID()}`;
}

/** Uptime counts suspend but in steps of 10 ms, and some containers count it from their own start; the monotonic clock is exact and does neither. */
function bootMs(wallMs = Date.now()): number {
	const monotonicMs = Number(process.hrtime.bigint() / 1_000_000n);
	if (!isRecent(seen, { monotonicMs, wallMs })) {
		const uptimeMs = Math.round(Number(readOrNull("/proc/uptime")?.split(" ")[0] ?? 0) * 1_000);
		seen = { monotonicMs, wallMs, aheadMs: Math.max(0, uptimeMs - monotonicMs) };
	}
	return monotonicMs + seen.aheadMs;
}

interface Look {
	readonly monotonicMs: number;
	readonly wallMs: number;
}

/** How far the uptime is ahead of the monotonic clock: it changes in suspend only, and then the wall clock has gone on without the monotonic one. */
let seen = { monotonicMs: Number.NEGATIVE_INFINITY, wallMs: 0, aheadMs: 0 };

function isRecent(earlier: Look, { monotonicMs, wallMs }: Look): boolean {
	const passedMs = monotonicMs - earlier.monotonicMs;
	return passedMs < LOOK_MS && Math.abs(wallMs - earlier.wallMs - passedMs) < SUSPENDED_MS;
}

/** A few bytes of procfs: read at once, it never waits for a disk. */
function readOrNull(path: string): string | null {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return null;
	}
}

function timer(delayMs: number, ring: () => void): () => void {
	const dueMs = bootMs() + Math.max(0, delayMs);
	let handle = setTimeout(step, Math.min(delayMs, STEP_MS));
	function step() {
		const leftMs = dueMs - bootMs();
		if (leftMs <= 0) ring();
		else handle = setTimeout(step, Math.min(leftMs, STEP_MS));
	}
	return () => clearTimeout(handle);
}

function sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		if (signal?.aborted === true) return resolve();
		const wake = () => {
			cancel();
			signal?.removeEventListener("abort", wake);
			resolve();
		};
		const cancel = timer(delayMs, wake);
		signal?.addEventListener("abort", wake, { once: true });
	});
}

/** One immediate alone still comes before the timers that are due. */
async function turn(): Promise<void> {
	await nextTurn();
	await nextTurn();
}
