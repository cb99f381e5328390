// Stage: build the candidate beside the live version, check it, rehearse the snapshot. Live is untouched; a failure goes back to the builder.
import type { FactBody } from "../../core/facts.js";
import { limits } from "../../core/limits.js";
import { refuse } from "../../core/refusals.js";
import { type CheckResult, causeOf } from "../../core/swap.js";
import { causeFrom, demand, effect, Interrupted, StepFailure } from "../base/effects.js";
import { makeRelease } from "../programs/staging.js";
import { candidateOf, forward, type Part, partsOf, progress, type Step } from "./step.js";

export const stage: Step = async (context) => {
	const parts = partsOf(context);
	try {
		return await stageAll(parts);
	} catch (error) {
		// Interrupted, it is done again, and finds what was copied.
		if (!(error instanceof Interrupted)) for (const part of parts) await forget(part);
		throw error;
	}
};

/** What is copied while the live version runs is copied last, so that as little as possible changes until it is stopped. */
async function stageAll(parts: readonly Part[]): Promise<readonly FactBody[]> {
	const checks: CheckResult[] = [];
	let staged = "";
	for (const part of parts) {
		checks.push(...(await stagePart(part)));
		staged = candidateOf(part).id;
	}
	for (const part of parts) await copyAhead(part);
	for (const part of parts) await nobodyElseHolds(part);
	return [{ type: "staged", release: staged, ...(checks.length === 0 ? {} : { checks }) }];
}

async function stagePart(part: Part): Promise<readonly CheckResult[]> {
	const { engine, signal } = part;
	await previousIsWhole(part);
	const checks = await makeRelease(engine, {
		room: "stage",
		release: candidateOf(part),
		signal,
		progress: (step) => progress(part, step),
	});
	const refusal = await forward(part, "stage.rehearse", () => engine.ports.snapshots.rehearse(part.swap.id));
	demand("stage.rehearse", refusal);
	await forward(part, "stage.ballast", () => engine.ports.ballast.reserve());
	return checks;
}

/** It only makes the stop shorter: where it fails, everything is copied there. */
async function copyAhead(part: Part): Promise<void> {
	const { log, scrub, snapshots } = part.engine.ports;
	progress(part, "stage")("copying the data ahead");
	try {
		await forward(part, "stage.ahead", () => snapshots.copyAhead(part.swap.id));
	} catch (error) {
		if (error instanceof Interrupted) throw error;
		log.warn("stage.not_copied_ahead", { swap: part.swap.id, cause: causeFrom(error, null, scrub) });
		await forget(part);
	}
}

/** Half a copy is no use to anybody; what cannot be removed now goes with the swap. */
async function forget({ engine, swap }: Part): Promise<void> {
	const { log, scrub, snapshots } = engine.ports;
	await effect(engine.ports, "stage.ahead", () => snapshots.forget(swap.id)).catch((error) =>
		log.warn("stage.not_forgotten", { swap: swap.id, cause: causeFrom(error, null, scrub) }),
	);
}

/** Somebody who has a database open would stop the cut-over behind the point where live is stopped. Waited for here, where nobody misses anything (F39). */
async function nobodyElseHolds(part: Part): Promise<void> {
	const { engine, signal } = part;
	const { clock, programs, snapshots } = engine.ports;
	// Whose processes a program of somebody else has, nobody here knows: there the fence decides, once it has been stopped.
	if (engine.settings.managed || !programs.hasCommand) return;
	const untilMs = clock.now().bootMs + limits.holdersMs;
	for (;;) {
		const [holder] = await forward(part, "stage.holders", async () => snapshots.holders(await programs.members()));
		if (holder === undefined) return;
		const { pid, command, database } = holder;
		const refusal = refuse("database_held", { pid, command, database });
		progress(part, "stage")(`waiting: ${refusal.message}`);
		if (clock.now().bootMs >= untilMs) demand("stage.holders", refusal);
		await clock.sleep(limits.retryPauseMs, signal);
	}
}

/** What a rollback goes back to must be what it was when it was live: somebody may have edited it meanwhile (F24). */
async function previousIsWhole({ engine, change }: Part): Promise<void> {
	const edited = await engine.ports.releases.verify(change.previous.id, "seal");
	if (edited.length === 0) return;
	const message = `Files of the live release were edited by hand: ${edited.slice(0, 5).join(", ")}. Nobody could go back to it.`;
	throw new StepFailure("stage.checkout", causeOf("release_edited", message, "stage.checkout"));
}
