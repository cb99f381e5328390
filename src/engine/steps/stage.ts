// Stage: build the candidate beside the live version, check it, rehearse the snapshot. Live is untouched; a failure goes back to the builder.
import { type CheckResult, causeOf } from "../../core/swap.js";
import { demand, StepFailure } from "../effects.js";
import { makeRelease } from "../staging.js";
import { candidateOf, forward, type Part, partsOf, progress, type Step } from "./step.js";

export const stage: Step = async (context) => {
	const checks: CheckResult[] = [];
	let staged = "";
	for (const part of partsOf(context)) {
		checks.push(...(await stagePart(part)));
		staged = candidateOf(part).id;
	}
	return [{ type: "staged", release: staged, ...(checks.length === 0 ? {} : { checks }) }];
};

async function stagePart(part: Part): Promise<readonly CheckResult[]> {
	const { engine, signal } = part;
	await previousIsWhole(part);
	const checks = await makeRelease(engine, {
		room: "stage",
		release: candidateOf(part),
		signal,
		progress: (step) => progress(part, step),
	});
	const refusal = await forward(part, "stage.rehearse", () => engine.ports.snapshots.rehearse());
	demand("stage.rehearse", refusal);
	await forward(part, "stage.ballast", () => engine.ports.ballast.reserve());
	return checks;
}

/** What a rollback goes back to must be what it was when it was live: somebody may have edited it meanwhile (F24). */
async function previousIsWhole({ engine, change }: Part): Promise<void> {
	const edited = await engine.ports.releases.verify(change.previous.id);
	if (edited.length === 0) return;
	const message = `Files of the live release were edited by hand: ${edited.slice(0, 5).join(", ")}. Nobody could go back to it.`;
	throw new StepFailure("stage.checkout", causeOf("release_edited", message, "stage.checkout"));
}
