// Things that happen once, by name: remembered, so that whoever asks later hears of it as well as who waits.

export interface Latch {
	set(name: string): void;
	/** True as soon as it has happened; false when `signal` aborts before that. */
	wait(name: string, signal: AbortSignal): Promise<boolean>;
}

export function createLatch(): Latch {
	const happened = new Set<string>();
	const waiting = new Map<string, Set<() => void>>();
	return {
		set(name) {
			happened.add(name);
			for (const wake of waiting.get(name) ?? []) wake();
			waiting.delete(name);
		},
		wait(name, signal) {
			return new Promise((resolve) => {
				if (happened.has(name)) return resolve(true);
				if (signal.aborted) return resolve(false);
				const all = waiting.get(name) ?? new Set();
				waiting.set(
					name,
					all.add(() => resolve(true)),
				);
				signal.addEventListener("abort", () => resolve(false), { once: true });
			});
		},
	};
}
