// How often somebody may within a minute: a bucket of tokens for each name, filled evenly. Knows no request and refuses nothing.
import { remember } from "./remember.js";

export interface Rate {
	/** 0 where this one may go on, and it is counted; else the milliseconds until the next one may. */
	take(name: string): number;
}

export interface RateOptions {
	readonly perMinute: number;
	/** Where it goes back, nothing is filled until it goes on. */
	readonly nowMs: () => number;
	/** Names that are remembered; beyond, the one that was silent longest is forgotten. */
	readonly names?: number;
}

const minuteMs = 60_000;

export function createRate({ perMinute, nowMs, names = 10_000 }: RateOptions): Rate {
	const buckets = new Map<string, { left: number; atMs: number }>();
	return {
		take(name) {
			const atMs = nowMs();
			const bucket = buckets.get(name) ?? { left: perMinute, atMs };
			remember(buckets, { key: name, value: bucket, most: names });
			bucket.left = Math.min(perMinute, bucket.left + (Math.max(0, atMs - bucket.atMs) * perMinute) / minuteMs);
			bucket.atMs = atMs;
			if (bucket.left < 1) return Math.ceil(((1 - bucket.left) * minuteMs) / perMinute);
			bucket.left -= 1;
			return 0;
		},
	};
}
