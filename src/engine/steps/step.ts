// What a step is given and what it may do. A step brings facts; it never writes them itself, but for those that must stand before its next effect.
import type { FactBody } from "../../core/facts.js";
import type { Site } from "../../core/machine/sites.js";
import { isRefusal } from "../../core/refusals.js";
import type { Proposal, ReleaseRef, Swap, TargetChange } from "../../core/swap.js";
import type { Engine, TargetEngine } from "../base/context.js";
import { effect, Interrupted } from "../base/effects.js";
import type { Store } from "../base/store.js";
import type { Keeper } from "../programs/keeper.js";
import type { Keepers } from "../programs/keepers.js";
import type { Reports } from "../programs/reports.js";

export interface StepContext {
	readonly engine: Engine;
	readonly store: Store;
	readonly keepers: Keepers;
	readonly reports: Reports;
	/** As it was when the step began, after its intent. */
	readonly swap: Swap;
	/** An earlier life planned the restart that this life is: go on behind it. */
	readonly resumed: boolean;
	/** Aborts when the swap moves on or the supervisor stops. */
	readonly signal: AbortSignal;
}

/** One of the targets that a swap touches. */
export interface Part extends StepContext {
	readonly engine: TargetEngine;
	readonly change: TargetChange;
	readonly keeper: Keeper;
}

/** The step's outcome; empty when it was interrupted or is to be asked again. */
export type Step = (context: StepContext) => Promise<readonly FactBody[]>;

/** The host first. What is done to all of them is done in this order, and undone in the same one. */
export function partsOf(context: StepContext): readonly Part[] {
	return proposalOf(context.swap).targets.map((change) => ({
		...context,
		change,
		engine: context.engine.of(change.target),
		keeper: context.keepers.of(change.target),
	}));
}

/** Whose windows, retention and database policies lead: the host's, where the host is touched. */
export function leaderOf(context: StepContext): Part {
	const [leader] = partsOf(context);
	if (leader === undefined) throw new Error(`The swap ${context.swap.id} touches no target.`);
	return leader;
}

export function proposalOf(swap: Swap): Proposal {
	if (swap.proposal === null) throw new Error(`The swap ${swap.id} is ${swap.status} without a proposal.`);
	return swap.proposal;
}

/** A later epoch is another release: what was staged for the earlier one is never taken for it. */
export function candidateOf({ swap, change }: Pick<Part, "swap" | "change">): ReleaseRef {
	return { id: `${swap.id}-${swap.epoch}`, commit: change.commit, tree: change.tree };
}

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
