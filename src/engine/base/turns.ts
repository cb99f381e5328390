// Long work of the core, done in parts: others get their turn in between, so that a large proposal holds nobody up.
import type { Clock } from "../../ports/ports.js";

/** What the work comes to. */
export async function inTurns<T>(clock: Pick<Clock, "turn">, work: Generator<void, T>): Promise<T> {
	let step = work.next();
	while (step.done !== true) {
		await clock.turn();
		step = work.next();
	}
	return step.value;
}
