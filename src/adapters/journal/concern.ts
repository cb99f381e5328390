// What the modules of the journal's tables share: each is one slice of the port, answered at once on the one connection of the journal's thread.

/** A slice of the port without its promises. */
export type Sync<Slice> = {
	readonly [M in keyof Slice]: Slice[M] extends (...values: infer V) => Promise<infer R> ? (...values: V) => R : never;
};

/** Columns are for people and for SQL; the JSON beside them keeps the exact value. */
export function whole(ms: number): number {
	return Math.round(ms);
}
