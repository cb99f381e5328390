// Knows which commands of ours run in a repository of ours. A git that was killed leaves its locks behind: they go when no other one runs there, and
// the next one waits for that.
import { clearLocks } from "./leftovers.js";

interface Place {
	running: number;
	/** Some command did not end well since the locks were looked at. */
	failed: boolean;
	clearing: Promise<void> | null;
}

const places = new Map<string, Place>();

/** Every command in this repository goes through here. */
export async function tended<T>(gitDir: string, work: () => Promise<T>): Promise<T> {
	const place = places.get(gitDir) ?? { running: 0, failed: false, clearing: null };
	places.set(gitDir, place);
	while (place.clearing !== null) await place.clearing;
	place.running += 1;
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

/** What cannot be cleared now is tried again after the next failure, or by the next life. */
async function clear(gitDir: string, place: Place): Promise<void> {
	place.failed = false;
	place.clearing = clearLocks(gitDir).catch(() => {});
	await place.clearing;
	place.clearing = null;
}
