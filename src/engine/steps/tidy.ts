// Tidy: after the end. Removes what nobody needs any more, and never what another verdict may need (F18).
import type { Swap } from "../../core/swap.js";
import { effect } from "../effects.js";
import type { Step, StepContext } from "./step.js";

export const tidy: Step = async (context) => {
	const { engine, swap } = context;
	const { releases, snapshots, workspaces } = engine.ports;
	const workspace = swap.workspace;
	// A builder whose change was rolled back keeps its workspace, to mend it there.
	if (workspace !== null && swap.status !== "rolled_back" && (await isUnused(context, workspace))) {
		await effect(engine.ports, "tidy.workspace", () => workspaces.remove(workspace));
	}
	const pinned = await pinnedBy(context);
	await effect(engine.ports, "tidy.prune", async () => {
		await releases.prune({ pinned: pinned.releases, retain: engine.settings.retain.releases });
		await snapshots.prune({ pinned: pinned.swaps, retain: engine.settings.retain.snapshots });
	});
	return [{ type: "tidied" }];
};

async function others({ store, swap }: StepContext): Promise<readonly Swap[]> {
	return (await store.unfinished()).filter((other) => other.id !== swap.id);
}

async function isUnused(context: StepContext, workspace: string): Promise<boolean> {
	return (await others(context)).every((other) => other.workspace !== workspace);
}

async function pinnedBy(context: StepContext): Promise<{ releases: string[]; swaps: string[] }> {
	const live = await context.engine.ports.releases.readLive();
	const unfinished = await others(context);
	const releases = unfinished.flatMap((swap) => [swap.candidateRelease, swap.proposal?.previousRelease]);
	const trial = live?.trial === null || live === null ? [] : [live.trial.previous.id, live.trial.candidate.id];
	return {
		releases: [...releases, live?.release.id, ...trial].filter((id) => typeof id === "string"),
		swaps: unfinished.map((swap) => swap.id),
	};
}
