// Stage: build the candidate beside the live version, check it, rehearse the snapshot. Live is untouched; a failure goes back to the builder.
import { causeOf, type Proposal, type Swap } from "../../core/swap.js";
import type { ReleaseRef } from "../../ports.js";
import { demand, StepFailure } from "../effects.js";
import { makeRelease } from "../staging.js";
import { forward, progress, type Step, type StepContext } from "./step.js";

export const stage: Step = async (context) => {
	const { engine, signal } = context;
	const release = candidateOf(context.swap);
	await previousIsWhole(context);
	await makeRelease(engine, {
		room: "stage",
		release,
		signal,
		progress: (step) => progress(context, step),
	});
	const refusal = await forward(context, "stage.rehearse", () => engine.ports.snapshots.rehearse());
	demand("stage.rehearse", refusal);
	await forward(context, "stage.ballast", () => engine.ports.ballast.reserve());
	return [{ type: "staged", release: release.id }];
};

/** A later epoch is another release: what was staged for the earlier one is never taken for it. */
export function candidateOf(swap: Swap): ReleaseRef {
	const proposal = proposalOf(swap);
	return { id: `${swap.id}-${swap.epoch}`, commit: proposal.commit, tree: proposal.tree };
}

export function proposalOf(swap: Swap): Proposal {
	if (swap.proposal === null) throw new Error(`The swap ${swap.id} is ${swap.status} without a proposal.`);
	return swap.proposal;
}

/** What a rollback goes back to must be what it was when it was live: somebody may have edited it meanwhile (F24). */
async function previousIsWhole({ engine, swap }: StepContext): Promise<void> {
	const edited = await engine.ports.releases.verify(proposalOf(swap).previousRelease);
	if (edited.length === 0) return;
	const message = `Files of the live release were edited by hand: ${edited.slice(0, 5).join(", ")}. Nobody could go back to it.`;
	throw new StepFailure("stage.checkout", causeOf("release_edited", message, "stage.checkout"));
}
