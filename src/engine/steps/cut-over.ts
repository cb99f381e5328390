// Cut over: the one step that touches live on the way forward. Order is the safety: clock and pins on disk, old programs stopped,
// snapshots verified, then the flips, then the new programs. A combined swap does each of these for all its targets before the next.
import { arm, capAtMs } from "../../core/deadman.js";
import type { FactBody } from "../../core/facts.js";
import type { Evidence, TargetSnapshot } from "../../core/swap.js";
import { demand } from "../base/effects.js";
import { runCandidate } from "./candidate.js";
import { leave } from "./leaving.js";
import {
	candidateOf,
	forward,
	leaderOf,
	note,
	type Part,
	partsOf,
	progress,
	type Step,
	type StepContext,
} from "./step.js";
import { mismatchOf } from "./whole.js";

export const cutOver: Step = async (context) => {
	const parts = partsOf(context);
	if (!context.resumed) {
		for (const { engine } of parts) engine.ports.snapshots.warm("take");
		await pin(context, parts);
		for (const part of parts) await stopOld(part);
		await takeSnapshots(context, parts);
		for (const part of parts) await flip(part);
		if (parts.some(({ engine }) => engine.settings.restart === "exit")) return leave(context, "cutOver.exit");
	}
	const mixed = context.resumed ? await mismatchOf(parts) : null;
	return mixed === null ? start(parts) : [{ type: "undone", cause: mixed }];
};

/** One after the other, the host first: an agent's program may need it. */
async function start(parts: readonly Part[]): Promise<readonly FactBody[]> {
	const proofs: Evidence[] = [];
	for (const part of parts) {
		const trial = await runCandidate(part, "cutOver");
		if (trial.kind === "dead") return trial.facts;
		if (trial.kind === "interrupted") return [];
		proofs.push(trial.evidence);
	}
	const [evidence, ...others] = proofs;
	if (evidence === undefined) throw new Error("There was nothing to prove.");
	return [{ type: "ready", evidence, ...(others.length === 0 ? {} : { others }) }];
}

/** Armed and persisted before live is touched; every release recorded exactly (F19). */
async function pin(context: StepContext, parts: readonly Part[]): Promise<void> {
	const leader = leaderOf(context);
	const deadman = arm(leader.engine.settings.deadman, leader.engine.ports.clock.now());
	await note(context, [{ type: "armed", deadman }]);
	for (const part of parts) {
		const { previous } = part.change;
		const configuration = part.engine.settings.source;
		const dueMs = Math.ceil(capAtMs(deadman));
		const trial = { swapId: context.swap.id, previous, candidate: candidateOf(part), configuration, dueMs };
		const head = (await part.engine.ports.releases.readLive())?.head;
		await forward(context, "cutOver.pin", () =>
			part.engine.ports.releases.writeLive({ schemaVersion: 1, release: previous, proven: true, trial, head }),
		);
	}
}

async function stopOld(part: Part): Promise<void> {
	const { programs, snapshots } = part.engine.ports;
	await part.keeper.handOver();
	progress(part, "stop")(`stopping the live version of ${part.change.target}`);
	await forward(part, "cutOver.stop", () => programs.stopAll());
	demand("cutOver.fence", await forward(part, "cutOver.fence", () => snapshots.fence()));
}

/** After the old programs have stopped writing, before the new ones can migrate anything (F15). */
async function takeSnapshots(context: StepContext, parts: readonly Part[]): Promise<void> {
	const taken: TargetSnapshot[] = [];
	for (const part of parts) {
		progress(part, "snapshot")("copying and verifying the databases");
		const records = await forward(part, "cutOver.snapshot", () => part.engine.ports.snapshots.take(part.swap.id));
		taken.push(...records.map((record) => ({ ...record, target: part.change.target })));
	}
	await note(context, [{ type: "snapshotTaken", snapshots: taken }]);
}

async function flip(part: Part): Promise<void> {
	await forward(part, "cutOver.flip", () => part.engine.ports.releases.flip(candidateOf(part).id));
}
