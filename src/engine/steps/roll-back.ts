// Roll back: code and data to exactly what they were. May be entered from any point, any number of times, and never claims what
// it has not seen: the previous version has to answer with its own release id.
import type { FactBody } from "../../core/facts.js";
import type { Evidence, Swap } from "../../core/swap.js";
import { causeOf } from "../../core/swap.js";
import type { ReleaseRef, Run } from "../../ports.js";
import { demand, effect, Interrupted, StepFailure } from "../effects.js";
import { leave } from "../leaving.js";
import { awaitReady } from "../readiness.js";
import { describeExit, findRun, startProgram } from "../running.js";
import { proposalOf } from "./stage.js";
import { note, type Step, type StepContext } from "./step.js";

export const rollBack: Step = async (context) => {
	const { engine, swap } = context;
	const { ballast, releases, snapshots } = engine.ports;
	snapshots.warm("restore");
	const previous = await previousOf(context);
	await effect(engine.ports, "rollBack.ballast", () => ballast.free());
	await context.keeper.handOver();
	const switched = (await releases.current()) !== previous.id;
	let survivor: Run | null = null;
	if (context.resumed) survivor = await findRun(engine, previous.id);
	else {
		survivor = await stopAllBut(context, switched || dataIsTouched(swap) || swap.attempts > 0 ? null : previous.id);
		await restoreData(context);
		await effect(engine.ports, "rollBack.flip", () => releases.flip(previous.id));
		if (switched && engine.settings.restart === "exit") return leave(context, "rollBack.exit");
	}
	const evidence = await prove(context, previous.id, survivor);
	const discarded = await effect(engine.ports, "rollBack.count", () => snapshots.count(swap.id));
	const live = { schemaVersion: 1, release: previous, proven: true, trial: null } as const;
	await effect(engine.ports, "rollBack.unpin", () => releases.writeLive(live));
	return [{ type: "restored", evidence, discarded }];
};

/** The exact release recorded up front: never "the one before" (F19). */
async function previousOf({ engine, swap }: StepContext): Promise<ReleaseRef> {
	const proposal = proposalOf(swap);
	const pinned = (await engine.ports.releases.readLive())?.trial;
	if (pinned?.swapId === swap.id) return pinned.previous;
	const tree = await engine.ports.repository.treeOf(proposal.base);
	return { id: proposal.previousRelease, commit: proposal.base, tree };
}

/** Only a candidate that was started can have written anything. */
function dataIsTouched(swap: Swap): boolean {
	return swap.boots > 0 && swap.snapshots !== null && !swap.dataRestored;
}

/** Where nothing was switched, the previous version may still be running: it is left in peace, unless a try has failed with it. */
async function stopAllBut({ engine }: StepContext, untouched: string | null): Promise<Run | null> {
	const survivor = untouched === null ? null : await findRun(engine, untouched);
	await effect(engine.ports, "rollBack.stop", () => engine.ports.programs.stopAll(survivor ?? undefined));
	return survivor;
}

async function restoreData(context: StepContext): Promise<void> {
	const { engine, swap } = context;
	const { snapshots } = engine.ports;
	if (!dataIsTouched(swap) || swap.snapshots === null) return;
	const records = swap.snapshots;
	demand("rollBack.fence", await effect(engine.ports, "rollBack.fence", () => snapshots.fence()));
	await effect(engine.ports, "rollBack.restore", () => snapshots.restore(swap.id, records));
	if (records.some((record) => record.policy === "replay")) {
		await effect(engine.ports, "rollBack.replay", () => snapshots.replay(swap.id));
	}
	await note(context, [
		{ type: "dataRestored", databases: records.map((record) => record.database) } satisfies FactBody,
	]);
}

async function prove(context: StepContext, release: string, survivor: Run | null): Promise<Evidence> {
	const { engine } = context;
	const run = survivor ?? (await startProgram(engine, "rollBack.start", { release, swapId: null }));
	context.keeper.tell({ state: "swapping", run, detail: release });
	const proof = await awaitReady(engine, context.reports, { run, site: "rollBack.probe", signal: context.signal });
	switch (proof.kind) {
		case "ready":
			return proof.evidence;
		case "interrupted":
			throw new Interrupted();
		case "silent":
			throw new StepFailure("rollBack.probe", proof.cause);
		case "exited":
			throw new StepFailure("rollBack.probe", await deathOf(context, run, describeExit(proof.exit)));
	}
}

async function deathOf({ engine }: StepContext, run: Run, ending: string) {
	const log = await engine.ports.programs.logTail(run.release, 20).catch(() => []);
	return causeOf("previous_died", `The previous version ${run.release} ${ending} instead of answering.`, null, log);
}
