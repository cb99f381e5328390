// Tidy: after the end. Removes what nobody needs any more, and never what another verdict may need (F18).
import type { Swap } from "../../core/swap.js";
import { effect } from "../effects.js";
import type { Step, StepContext } from "./step.js";

export const tidy: Step = async (context) => {
	const { engine, swap } = context;
	const { releases, snapshots, workspaces } = engine.ports;
	snapshots.warm(null);
	const { workspace } = swap;
	if (workspace !== null && (await isDoneWith(context, workspace))) {
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

/** A builder whose change was rolled back mends it in its workspace; and work that was never proposed is not thrown away. */
async function isDoneWith(context: StepContext, workspace: string): Promise<boolean> {
	const { engine, swap } = context;
	if (swap.status === "rolled_back") return false;
	if ((await others(context)).some((other) => other.workspace === workspace)) return false;
	return (await engine.ports.workspaces.head(workspace)) === swap.proposal?.proposed;
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
