// Which part of the long runs this is: DEADMAN_TEST_SHARD is i/n, and without it all of it runs. Knows nothing of what it divides.

export interface Shard {
	readonly index: number;
	readonly of: number;
}

export function shardOf(text = process.env.DEADMAN_TEST_SHARD): Shard {
	if (text === undefined || text === "") return { index: 1, of: 1 };
	const [, index, of] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
	if (index === undefined || of === undefined || index < 1 || index > of) {
		throw new Error(`DEADMAN_TEST_SHARD is ${text}; it has to be i/n, with i from 1 to n.`);
	}
	return { index, of };
}

/** Every n-th of them, so that each shard has a little of everything. */
export function partOf<T>(rows: readonly T[], { index, of }: Shard = shardOf()): T[] {
	return rows.filter((_, at) => at % of === index - 1);
}

/** Of long tables the short run takes every n-th row, others with each commit, and always one at least; every other run takes all. */
export function sampleOf<T>(rows: readonly T[]): T[] {
	if (process.env.DEADMAN_TEST_SHORT === undefined) return [...rows];
	const { index, of } = shardOf();
	const step = Math.min(of, rows.length);
	return rows.filter((_, at) => at % step === (index - 1) % step);
}
