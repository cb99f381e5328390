// Platforms send the same event again when they are unsure: it is handled once, and whoever asks again waits for the first time. In memory
// only; over a restart the journal knows.
import { remember } from "../../../core/remember.js";

const REMEMBERED = 2_000;

/** What failed is forgotten, so that the next delivery of the event tries again. No key: always handled. */
export function createOnce(): (key: string | null, work: () => Promise<void>) => Promise<void> {
	const handled = new Map<string, Promise<void>>();
	return (key, work) => {
		if (key === null) return work();
		const earlier = handled.get(key);
		if (earlier !== undefined) return earlier;
		const done = work().catch((error) => {
			handled.delete(key);
			throw error;
		});
		remember(handled, { key, value: done, most: REMEMBERED });
		return done;
	};
}
