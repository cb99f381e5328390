// How much the Chat SDK may remember: a limit on everything, so that a busy chat cannot fill the disk of the state folder.
export const stateLimits = {
	/** Of each kind and channel: the oldest goes first. */
	rows: 10_000,
	/** Of one list or one queue, where fewer were not asked for: the oldest goes first. */
	items: 1_000,
	/** Of one value, as JSON, in UTF-16 units. */
	valueCharacters: 256 * 1024,
	keyCharacters: 1_024,
	/** Between two sweeps of what has expired, in milliseconds. */
	sweepMs: 60_000,
} as const;
