// One job after the other: locks of our own repository are never met by our own jobs.

/** The returned function runs its jobs in the order they came; a failed one holds nobody up. */
export function createQueue(): <T>(job: () => Promise<T>) => Promise<T> {
	let last: Promise<unknown> = Promise.resolve();
	return (job) => {
		const mine = last.then(job);
		last = mine.catch(() => {});
		return mine;
	};
}
