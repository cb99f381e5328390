// Chance with a seed, and the bad habits that a candidate may have: what the seeded worlds are made of.
import type { Behaviour } from "../support/memory/programs.js";

/** Mulberry32: small, seeded, good enough to shuffle a world. */
export function createRandom(seed: number) {
	let state = seed;
	return (below: number): number => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
	};
}

export type Random = ReturnType<typeof createRandom>;

export const habits: readonly Partial<Behaviour>[] = [
	{},
	{ readyAfterMs: 5_000 },
	{ diesAfterMs: 0 },
	{ diesAfterMs: 5_000 },
	{ diesAfterMs: 60_000 },
	{ readyAfterMs: null },
	{ wedgesAfterMs: 30_000 },
	{ failsToStart: true },
	{ ignoresTerm: true },
	{ answersAs: "somebody-else" },
];
