// Tidy: after the end. Removes what nobody needs any more, and never what another verdict may need (F18).
import { endedBadly } from "../../core/machine/known-bad.js";
import type { Swap } from "../../core/swap.js";
import type { Releases } from "../../ports/ports.js";
import type { TargetEngine } from "../base/context.js";
import { effect } from "../base/effects.js";
import { targetNames } from "../base/owners.js";
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

async function prune({ ports, settings }: TargetEngine, unfinished: readonly Swap[]): Promise<void> {
	const { releases, snapshots } = ports;
	snapshots.warm(null);
	const pinned = await pinnedBy(releases, unfinished);
	await effect(ports, "tidy.prune", async () => {
		await releases.prune({ pinned, retain: settings.retain.releases });
		const { snapshots: retain, discarded } = settings.retain;
		await snapshots.prune({ pinned: unfinished.map((swap) => swap.id), retain, discarded });
	});
}

/** Also what is being staged right now, under the name that it will have. */
async function pinnedBy(releases: Releases, unfinished: readonly Swap[]): Promise<string[]> {
	const live = await releases.readLive();
	const trial = live?.trial == null ? [] : [live.trial.previous.id, live.trial.candidate.id];
	const wanted = unfinished.flatMap(({ id, epoch, candidateRelease, proposal }) => [
		candidateRelease,
		`${id}-${epoch}`,
		...(proposal === null
			? []
			: proposal.targets.flatMap(({ target, previous }) => [previous.id, `${id}-${epoch}-${target}`])),
	]);
	return [...wanted, live?.release.id, ...trial].filter((id) => typeof id === "string");
}
