// Knows which commands of ours run in a repository of ours. A git that was killed leaves its locks behind: they go when no other one runs there, and
// the next one waits for that.
import { clearLocks } from "./leftovers.js";

interface Place {
	running: number;
	/** Some command did not end well since the locks were looked at. */
	failed: boolean;
	clearing: Promise<void> | null;
	/** Work that gives way at once, to be waited for. */
	idle: { readonly end: AbortController; readonly over: Promise<void> } | null;
}

const places = new Map<string, Place>();

/** Every command in this repository goes through here. */
export async function tended<T>(gitDir: string, work: () => Promise<T>): Promise<T> {
	const place = placeOf(gitDir);
	place.running += 1;
	place.idle?.end.abort();
	while (place.idle !== null || place.clearing !== null) await (place.idle?.over ?? place.clearing);
	try {
		return await work();
	} catch (error) {
		place.failed = true;
		throw error;
	} finally {
		place.running -= 1;
		if (place.failed && place.running === 0) await clear(gitDir, place);
	}
}

/**
 * Work that anything else displaces: it begins only where no command runs, its signal aborts as soon as one comes, and that one waits until it has ended and
 * its locks are gone. Answers false where it did not begin.
 */
export async function whileIdle(gitDir: string, work: (signal: AbortSignal) => Promise<boolean>): Promise<boolean> {
	const place = placeOf(gitDir);
	if (place.running > 0 || place.idle !== null || place.clearing !== null) return false;
	const end = new AbortController();
	let done = () => {};
	const over = new Promise<void>((resolve) => {
		done = resolve;
	});
	place.idle = { end, over };
	try {
		const whole = await work(end.signal);
		if (!whole) await clearLocks(gitDir).catch(() => {});
		return whole;
	} catch (error) {
		await clearLocks(gitDir).catch(() => {});
		throw error;
	} finally {
		place.idle = null;
		done();
	}
}

function placeOf(gitDir: string): Place {
	const place = places.get(gitDir) ?? { running: 0, failed: false, clearing: null, idle: null };
	places.set(gitDir, place);
	return place;
}

/** What cannot be cleared now is tried again after the next failure, or by the next life. */
async function clear(gitDir: string, place: Place): Promise<void> {
	place.failed = false;
	place.clearing = clearLocks(gitDir).catch(() => {});
	await place.clearing;
	place.clearing = null;
}
