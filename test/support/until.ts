// Waits for what cannot be awaited: looks again and again until a deadline. For tests with real processes only.
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 20;

/** Resolves with the first truthy answer; rejects with `what` after `timeoutMs` (default 30 s). */
export async function until<T>(
	what: string,
	look: () => T | Promise<T>,
	timeoutMs = 30_000,
): Promise<Exclude<T, null | undefined | false | 0 | "">> {
	const endsMs = performance.now() + timeoutMs;
	for (;;) {
		const seen = await look();
		if (seen) return seen as Exclude<T, null | undefined | false | 0 | "">;
		if (performance.now() > endsMs) throw new Error(`Not within ${timeoutMs} ms: ${what}.`);
		await sleep(POLL_MS);
	}
}
