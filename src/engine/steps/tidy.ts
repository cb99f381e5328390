// Tidy: after the end. Removes what nobody needs any more, and never what another verdict may need (F18).
import { endedBadly } from "../../core/machine/known-bad.js";
import type { Swap } from "../../core/swap.js";
import type { TargetEngine } from "../base/context.js";
import { effect } from "../base/effects.js";
import { targetNames } from "../base/owners.js";
import { compactRepository, pruneTarget, tidyRepository } from "./pruning.js";
import type { Step, StepContext } from "./step.js";

export const tidy: Step = async (context) => {
	const { engine, swap } = context;
	const { workspaces } = engine.ports;
	const { workspace } = swap;
	if (workspace !== null && (await isDoneWith(context, workspace))) {
		await effect(engine.ports, "tidy.workspace", () => workspaces.remove(workspace));
	}
	const unfinished = await others(context);
	for (const target of targetNames(swap)) await prune(engine.of(target), unfinished);
	await effect(engine.ports, "tidy.refs", () => tidyRepository(engine, { unfinished, dry: false }));
	await compactRepository(engine, unfinished);
	return [{ type: "tidied" }];
};

async function others({ store, swap }: StepContext): Promise<readonly Swap[]> {
	return (await store.unfinished()).filter((other) => other.id !== swap.id);
}

/** A builder whose change was rolled back or refused mends it in its workspace; and work that was never proposed is not thrown away. */
async function isDoneWith(context: StepContext, workspace: string): Promise<boolean> {
	const { engine, swap } = context;
	const { workspaces } = engine.ports;
	if ((await others(context)).some((other) => other.workspace === workspace)) return false;
	await effect(engine.ports, "tidy.workspace", () => workspaces.freeze(workspace, false));
	if (endedBadly(swap)) return false;
	return (await workspaces.head(workspace)) === swap.proposal?.proposed;
}

async function prune(engine: TargetEngine, unfinished: readonly Swap[]): Promise<void> {
	engine.ports.snapshots.warm(null);
	await effect(engine.ports, "tidy.prune", () => pruneTarget(engine, { unfinished, dry: false }));
}
