// Who owns what: a swap the program of a target, and which exclude each other; a builder its workspace. Looks only at what is stored.
import { isEnded, phases } from "../../core/machine/phases.js";
import { type Actor, actorName, hostTarget, type Swap } from "../../core/swap.js";
import type { Workspace } from "../../ports/ports.js";
import type { Engine, EngineSettings } from "./context.js";

/** The names of what a swap touches; before it is submitted, of what it was drafted for. */
export function targetNames(swap: Swap): readonly string[] {
	return swap.proposal === null ? [swap.target] : swap.proposal.targets.map(({ target }) => target);
}

/** Of the target whose window leads: the host's, where the host is touched. Also for a swap of a target that is not configured any more. */
export function settingsOf(engine: Engine, swap: Swap): EngineSettings {
	const [leader] = targetNames(swap);
	return engine.of(leader !== undefined && engine.targets.includes(leader) ? leader : hostTarget).settings;
}

/** Then the swap's steps start and stop this target's program, and nobody else does. */
export function owns(swap: Swap, target: string): boolean {
	return phases[swap.status].liveTouched && targetNames(swap).includes(target);
}

/** Two swaps exclude each other when they touch the same target, or one of them the host (1.15). */
export function excludes(one: readonly string[], other: readonly string[]): boolean {
	if (one.includes(hostTarget) || other.includes(hostTarget)) return true;
	return one.some((target) => other.includes(target));
}

/** Asks for something or does something: not a draft and not at its end. */
export function isOpen(swap: Swap): boolean {
	return !isEnded(swap.status) && swap.status !== "drafting";
}

/** Its template step moves the branch that a swap of the host would land on. */
export function isApplied(swap: Swap): boolean {
	return swap.promotion?.state === "approved";
}

/** How a refusal calls that. */
export const applying = "being applied to the template";

/** A builder has its own and those that are nobody's; of others it learns nothing. People may use all. */
export function mayUse({ owner = null }: Pick<Workspace, "owner">, by: Actor | undefined): boolean {
	return by?.surface !== "builder" || owner === null || owner === actorName(by);
}
