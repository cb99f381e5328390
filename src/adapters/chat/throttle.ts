// How often one person is answered who sends what is none of ours.
const PER_MINUTE = 5;
const MINUTE_MS = 60_000;
const PEOPLE = 1_000;

/** False: not again within this minute. */
export function createThrottle(now: () => number = Date.now): (person: string) => boolean {
	const seen = new Map<string, { sinceMs: number; count: number }>();
	return (person) => {
		const nowMs = now();
		const known = seen.get(person);
		const isFresh = known === undefined || Math.abs(nowMs - known.sinceMs) >= MINUTE_MS;
		const entry = isFresh ? { sinceMs: nowMs, count: 0 } : known;
		entry.count += 1;
		seen.delete(person);
		seen.set(person, entry);
		if (seen.size > PEOPLE) seen.delete(seen.keys().next().value ?? "");
		return entry.count <= PER_MINUTE;
	};
}
