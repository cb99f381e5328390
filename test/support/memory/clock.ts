// The clock of tests and of the simulation: time moves only when it is told to, and timers ring in the order of their times.
import type { Instant } from "../../../src/core/deadman.js";
import type { Clock } from "../../../src/ports/ports.js";

interface Timer {
	readonly id: number;
	readonly dueMs: number;
	readonly ring: () => void;
}

export interface MemoryClock extends Clock {
	/** Moves both clocks on, ringing what becomes due; what that sets going is done before it resolves. */
	advance(ms: number): Promise<void>;
	/** Moves to the next timer, at most `limitMs` away. False when there is none. */
	advanceToNext(limitMs?: number): Promise<boolean>;
	/** Sets the wall clock only: somebody moved it, or NTP did. */
	setWall(wallMs: number): void;
	/** Another boot: timers are gone, the boot clock begins anew, the wall clock went on for `downMs`. */
	reboot(options?: { readonly downMs?: number }): void;
	/** Called at each reboot, for twins whose processes die with the machine. */
	onReboot(listener: () => void): void;
	/** Lets everything that is ready run. */
	settle(): Promise<void>;
	readonly pending: number;
}

const BOOT_BEGINS_MS = 10_000;

export function createMemoryClock(options: { readonly wallMs?: number } = {}): MemoryClock {
	let wallMs = options.wallMs ?? Date.UTC(2026, 0, 1);
	let bootMs = BOOT_BEGINS_MS;
	let boot = 1;
	let lastId = 0;
	let timers: Timer[] = [];
	const listeners: (() => void)[] = [];

	const now = (): Instant => ({ wallMs, bootMs, bootId: `boot-${boot}` });

	function timer(delayMs: number, ring: () => void): () => void {
		lastId += 1;
		const added = { id: lastId, dueMs: bootMs + Math.max(0, delayMs), ring };
		timers.push(added);
		timers.sort((a, b) => a.dueMs - b.dueMs || a.id - b.id);
		return () => {
			timers = timers.filter((other) => other !== added);
		};
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

	/** An immediate runs only after every microtask, however long their chain is. */
	const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

	function moveTo(targetMs: number): void {
		wallMs += targetMs - bootMs;
		bootMs = targetMs;
	}

	async function ringNext(untilMs: number): Promise<boolean> {
		const next = timers[0];
		if (next === undefined || next.dueMs > untilMs) return false;
		timers.shift();
		moveTo(Math.max(bootMs, next.dueMs));
		next.ring();
		await settle();
		return true;
	}

	async function advance(ms: number): Promise<void> {
		const startedIn = boot;
		const untilMs = bootMs + ms;
		await settle();
		while (boot === startedIn && (await ringNext(untilMs)));
		if (boot === startedIn) moveTo(untilMs);
		await settle();
	}

	async function advanceToNext(limitMs = Number.POSITIVE_INFINITY): Promise<boolean> {
		await settle();
		return ringNext(bootMs + limitMs);
	}

	return {
		now,
		timer,
		sleep,
		turn: async () => {},
		advance,
		advanceToNext,
		settle,
		setWall(ms) {
			wallMs = ms;
		},
		reboot({ downMs = 30_000 } = {}) {
			timers = [];
			boot += 1;
			bootMs = BOOT_BEGINS_MS;
			wallMs += downMs;
			for (const listener of listeners) listener();
		},
		onReboot: (listener) => listeners.push(listener),
		get pending() {
			return timers.length;
		},
	};
}
