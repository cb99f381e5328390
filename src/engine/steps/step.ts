// What a step is given and what it may do. A step brings facts; it never writes them itself, but for those that must stand before its next effect.
import type { FactBody } from "../../core/facts.js";
import { isRefusal } from "../../core/refusals.js";
import type { Site } from "../../core/sites.js";
import type { Swap } from "../../core/swap.js";
import type { Engine } from "../context.js";
import { effect, Interrupted } from "../effects.js";
import type { Keeper } from "../keeper.js";
import type { Reports } from "../reports.js";
import type { Store } from "../store.js";

export interface StepContext {
	readonly engine: Engine;
	readonly store: Store;
	readonly keeper: Keeper;
	readonly reports: Reports;
	/** As it was when the step began, after its intent. */
	readonly swap: Swap;
	/** An earlier life planned the restart that this life is: go on behind it. */
	readonly resumed: boolean;
	/** Aborts when the swap moves on or the supervisor stops. */
	readonly signal: AbortSignal;
}

/** The step's outcome; empty when it was interrupted or is to be asked again. */
export type Step = (context: StepContext) => Promise<readonly FactBody[]>;

/** An effect that only goes forward: not begun any more once the swap has moved on. */
export async function forward<T>(context: StepContext, site: Site, run: () => Promise<T>): Promise<T> {
	if (context.signal.aborted) throw new Interrupted();
	return effect(context.engine.ports, site, run);
}

/** Journals facts within a step, before its next effect. Interrupts the step when the swap has moved on. */
export async function note(context: StepContext, facts: readonly FactBody[]): Promise<Swap> {
	const swap = await context.store.record(context.swap.id, { verb: "conclude", facts });
	if (isRefusal(swap)) throw new Error(swap.message);
	if (swap.status !== context.swap.status) throw new Interrupted();
	return swap;
}

export function progress(context: StepContext, step: string): (line: string) => void {
	const { engine, swap } = context;
	return (line) => engine.emit({ type: "step:progress", swapId: swap.id, step, line: engine.ports.scrub(line) });
}
