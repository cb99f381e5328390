// Cut over: the one step that touches live on the way forward. Order is the safety: clock and pins on disk, old program stopped,
// snapshot verified, then the flip, then the new program.
import { arm } from "../../core/deadman.js";
import type { FactBody } from "../../core/facts.js";
import { releaseOf, runCandidate } from "../candidate.js";
import { demand } from "../effects.js";
import { leave } from "../leaving.js";
import { candidateOf, proposalOf } from "./stage.js";
import { forward, note, progress, type Step, type StepContext } from "./step.js";

export const cutOver: Step = async (context) => {
	if (!context.resumed) {
		context.engine.ports.snapshots.warm("take");
		await pin(context);
		await stopOld(context);
		await takeSnapshot(context);
		await flip(context);
		if (context.engine.settings.restart === "exit") return leave(context, "cutOver.exit");
	}
	const trial = await runCandidate(context, "cutOver");
	if (trial.kind === "proven") return [{ type: "ready", evidence: trial.evidence }];
	return trial.kind === "dead" ? trial.facts : [];
};

/** Armed and persisted before live is touched; both releases recorded exactly (F19). */
async function pin(context: StepContext): Promise<void> {
	const { engine, swap } = context;
	const { clock, releases, repository } = engine.ports;
	const proposal = proposalOf(swap);
	await note(context, [{ type: "armed", deadman: arm(engine.settings.deadman, clock.now()) }]);
	const previous = {
		id: proposal.previousRelease,
		commit: proposal.base,
		tree: await repository.treeOf(proposal.base),
	};
	const trial = { swapId: swap.id, previous, candidate: candidateOf(swap) };
	await forward(context, "cutOver.pin", () =>
		releases.writeLive({ schemaVersion: 1, release: previous, proven: true, trial }),
	);
}

async function stopOld(context: StepContext): Promise<void> {
	const { programs, snapshots } = context.engine.ports;
	await context.keeper.handOver();
	progress(context, "stop")("stopping the live version");
	await forward(context, "cutOver.stop", () => programs.stopAll());
	demand("cutOver.fence", await forward(context, "cutOver.fence", () => snapshots.fence()));
}

/** After the old program has stopped writing, before the new one can migrate anything (F15). */
async function takeSnapshot(context: StepContext): Promise<void> {
	const { snapshots } = context.engine.ports;
	progress(context, "snapshot")("copying and verifying the databases");
	const records = await forward(context, "cutOver.snapshot", () => snapshots.take(context.swap.id));
	await note(context, [{ type: "snapshotTaken", snapshots: records } satisfies FactBody]);
}

async function flip(context: StepContext): Promise<void> {
	const { releases } = context.engine.ports;
	await forward(context, "cutOver.flip", () => releases.flip(releaseOf(context.swap)));
}
