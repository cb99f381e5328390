// What the handlers of one connection are doing: so that a platform that posts to us is answered after the click is stored, and so that a
// stop waits for what was begun.
import { within } from "./time-limit.js";

export interface Handling {
	/** What the platform's event waits for. A rejection goes back to it: the event comes again. */
	run(work: () => Promise<void>): Promise<void>;
	/** Beside it: nobody but `idle` waits, and nothing fails for it. */
	beside(work: Promise<void>): void;
	/** How many run, and how many have failed since the beginning. */
	readonly running: number;
	readonly failed: number;
	/** Resolves when everything that was begun is over, or the time is up. */
	idle(limitMs: number): Promise<void>;
}

export function createHandling(): Handling {
	const open = new Set<Promise<void>>();
	let running = 0;
	let failed = 0;
	function keep(work: Promise<void>): void {
		const done = work.catch(() => {}).then(() => void open.delete(done));
		open.add(done);
	}
	async function counted(work: () => Promise<void>): Promise<void> {
		running += 1;
		try {
			await work();
		} catch (error) {
			failed += 1;
			throw error;
		} finally {
			running -= 1;
		}
	}
	return {
		run(work) {
			const done = counted(work);
			keep(done);
			return done;
		},
		beside: keep,
		get running() {
			return running;
		},
		get failed() {
			return failed;
		},
		async idle(limitMs) {
			const over = Promise.all(open).then(() => {});
			await within(over, { limitMs, what: "handlers" }).catch(() => {});
		},
	};
}
