// How often somebody may ask: a bucket of tokens for each name, filled evenly over the minute. Knows no request and refuses nothing.

export interface Rate {
	/** 0 where this one may go on, and it is counted; else the milliseconds until the next one may. */
	take(name: string): number;
}

interface Bucket {
	left: number;
	atMs: number;
}

/** Names that are remembered; beyond, the one that was silent longest is forgotten. */
const remembered = 10_000;

const minuteMs = 60_000;

/** `nowMs` never goes back. */
export function createRate(options: { readonly perMinute: number; readonly nowMs: () => number }): Rate {
	const { perMinute, nowMs } = options;
	const buckets = new Map<string, Bucket>();

	/** Moved to the end of the order, so that the first one is the silent one. */
	function bucketOf(name: string, atMs: number): Bucket {
		const found = buckets.get(name) ?? { left: perMinute, atMs };
		buckets.delete(name);
		buckets.set(name, found);
		const [oldest] = buckets.keys();
		if (buckets.size > remembered && oldest !== undefined) buckets.delete(oldest);
		return found;
	}

	return {
		take(name) {
			const atMs = nowMs();
			const bucket = bucketOf(name, atMs);
			bucket.left = Math.min(perMinute, bucket.left + ((atMs - bucket.atMs) * perMinute) / minuteMs);
			bucket.atMs = atMs;
			if (bucket.left < 1) return Math.ceil(((1 - bucket.left) * minuteMs) / perMinute);
			bucket.left -= 1;
			return 0;
		},
	};
}
