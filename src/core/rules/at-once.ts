// Work that is made to be done in parts, done in one go: for what is short, or where nobody waits.

export function atOnce<T>(work: Generator<void, T>): T {
	let step = work.next();
	while (step.done !== true) step = work.next();
	return step.value;
}
