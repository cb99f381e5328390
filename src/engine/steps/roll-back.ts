// Roll back: code and data of every target to exactly what they were. May be entered from any point, any number of times, and never
// claims what it has not seen: each previous version has to answer with its own release id.

import { pathList } from "../../core/rules/evidence.js";
import type { Evidence, ReleaseRef, Swap, TableCounts, TargetSnapshot } from "../../core/swap.js";
import { type Cause, causeOf, hostTarget } from "../../core/swap.js";
import type { Live, Run } from "../../ports/ports.js";
import { causeFrom, demand, effect, Interrupted, StepFailure } from "../base/effects.js";
import { awaitReady, portHeldBy } from "../programs/readiness.js";
import { describeExit, findRun, startProgram } from "../programs/running.js";
import { leave } from "./leaving.js";
import { note, type Part, partsOf, type Step, type StepContext } from "./step.js";

/** A target with the exact release to go back to, and what of it still runs. */
interface Return {
	readonly part: Part;
	readonly previous: ReleaseRef;
	readonly switched: boolean;
	readonly survivor: Run | null;
}

export const rollBack: Step = async (context) => {
	const parts = partsOf(context);
	for (const { engine } of parts) engine.ports.snapshots.warm("restore");
	const returns: Return[] = [];
	for (const part of parts) returns.push(await stop(part));
	if (!context.resumed) {
		await restoreData(context, parts);
		for (const one of returns) await mend(context, one);
		for (const one of returns) await flipBack(one);
		const leaves = returns.some(({ part, switched }) => switched && part.engine.settings.restart === "exit");
		if (leaves) return leave(context, "rollBack.exit");
	}
	return conclude(context, returns);
};

/** What must not serve is stopped before anything that a bad disk could hold up. */
async function stop(part: Part): Promise<Return> {
	const { engine, swap, resumed, keeper, change } = part;
	await keeper.handOver();
	const switched = (await engine.ports.releases.current().catch(() => null)) !== change.previous.id;
	if (resumed)
		return { part, previous: await previousOf(part), switched, survivor: await findRun(engine, change.previous.id) };
	const spared = switched || dataIsTouched(swap) || swap.attempts > 0 ? null : change.previous.id;
	const survivor = await stopAllBut(part, spared);
	await freeBallast(part);
	return { part, previous: await previousOf(part), switched, survivor };
}

/** Where nothing can be removed, such as on a read-only disk, going back has to do without its space. */
async function freeBallast({ engine }: Part): Promise<void> {
	const { ballast, log, scrub } = engine.ports;
	await effect(engine.ports, "rollBack.ballast", () => ballast.free()).catch((error) =>
		log.warn("ballast.kept", { cause: causeFrom(error, null, scrub) }),
	);
}

/** The exact release recorded up front: never "the one before" (F19). */
async function previousOf({ engine, swap, change }: Part): Promise<ReleaseRef> {
	const pinned = (await engine.ports.releases.readLive())?.trial;
	if (pinned?.swapId === swap.id) return pinned.previous;
	const { previous } = change;
	return previous.tree !== "" ? previous : { ...previous, tree: await engine.ports.repository.treeOf(previous.commit) };
}

/** Only a candidate that was started can have written anything. */
function dataIsTouched(swap: Swap): boolean {
	return swap.boots > 0 && swap.snapshots !== null && !swap.dataRestored;
}

/** Where nothing was switched, the previous version may still be running: it is left in peace, unless a try has failed with it. */
async function stopAllBut({ engine }: Part, untouched: string | null): Promise<Run | null> {
	const survivor = untouched === null ? null : await findRun(engine, untouched);
	await effect(engine.ports, "rollBack.stop", () => engine.ports.programs.stopAll(survivor ?? undefined));
	return survivor;
}

async function restoreData(context: StepContext, parts: readonly Part[]): Promise<void> {
	const { swap } = context;
	if (!dataIsTouched(swap) || swap.snapshots === null) return;
	for (const part of parts) await restorePart(part, snapshotsOf(swap.snapshots, part.change.target));
	await note(context, [{ type: "dataRestored", databases: swap.snapshots.map((record) => record.database) }]);
}

function snapshotsOf(snapshots: readonly TargetSnapshot[], target: string): readonly TargetSnapshot[] {
	return snapshots.filter((record) => (record.target ?? hostTarget) === target);
}

async function restorePart({ engine, swap }: Part, records: readonly TargetSnapshot[]): Promise<void> {
	const { snapshots } = engine.ports;
	demand("rollBack.fence", await effect(engine.ports, "rollBack.fence", () => snapshots.fence()));
	const bare = records.map(({ target: _, ...record }) => record);
	await effect(engine.ports, "rollBack.restore", () => snapshots.restore(swap.id, bare));
	if (!records.some((record) => record.policy === "replay")) return;
	await effect(engine.ports, "rollBack.replay", () => snapshots.replay(swap.id, "chosen"));
}

/** Nothing that was written into the previous version while it was not live is gone back to. */
async function mend(context: StepContext, { part, previous }: Return): Promise<void> {
	const { ports } = part.engine;
	const mended = await effect(ports, "rollBack.mend", () => ports.releases.mend(previous.id));
	if (mended.length === 0) return;
	ports.log.warn("rollback.mended", { swap: context.swap.id, release: previous.id, paths: mended.slice(0, 10) });
	const text = `Files of ${previous.id} had been changed during the trial, and were put right: ${pathList(mended)}.`;
	await note(context, [{ type: "noted", text }]);
}

async function flipBack({ part, previous }: Return): Promise<void> {
	await effect(part.engine.ports, "rollBack.flip", () => part.engine.ports.releases.flip(previous.id));
}

async function conclude(context: StepContext, returns: readonly Return[]) {
	const proofs = await proveAll(returns);
	const discarded: TableCounts[] = [];
	for (const { part } of returns) discarded.push(...(await countOf(part)));
	for (const one of returns) await unpin(one);
	const [evidence] = proofs;
	if (evidence === undefined) throw new Error(`The swap ${context.swap.id} has nothing to go back to.`);
	return [{ type: "restored", evidence, discarded } as const];
}

/** Each is started, also where one before it does not answer: a version that serves is not kept down by another one. */
async function proveAll(returns: readonly Return[]): Promise<readonly Evidence[]> {
	const proofs: Evidence[] = [];
	const failures: unknown[] = [];
	for (const one of returns) {
		try {
			proofs.push(await prove(one));
		} catch (error) {
			if (error instanceof Interrupted) throw error;
			failures.push(error);
		}
	}
	if (failures.length > 0) throw failures[0];
	return proofs;
}

/** What cannot be counted is told as that, and keeps nobody from going back. */
async function countOf({ engine, swap, change }: Part): Promise<readonly TableCounts[]> {
	const counts = await effect(engine.ports, "rollBack.count", () => engine.ports.snapshots.count(swap.id)).catch(
		(error) => {
			const cause = causeFrom(error, null, engine.ports.scrub);
			engine.ports.log.error("rollback.uncounted", { swap: swap.id, cause });
			return [uncounted(cause.message)];
		},
	);
	if (change.target === hostTarget) return counts;
	return counts.map((count) => ({ ...count, database: `${change.target}: ${count.database}` }));
}

function uncounted(why: string): TableCounts {
	const none = { inserted: 0, updated: 0, deleted: 0, replayed: null };
	return { database: "*", table: "*", ...none, note: `What was set aside could not be counted: ${why}` };
}

async function unpin({ part, previous }: Return): Promise<void> {
	const { ports } = part.engine;
	const head = (await ports.releases.head()) ?? (await ports.releases.readLive())?.head;
	const live: Live = { schemaVersion: 1, release: previous, proven: true, trial: null, head };
	await effect(ports, "rollBack.unpin", () => ports.releases.writeLive(live));
}

async function prove({ part, previous, survivor }: Return): Promise<Evidence> {
	const { engine, keeper, reports, signal } = part;
	const run = survivor ?? (await startProgram(engine, "rollBack.start", { release: previous.id, swapId: null }));
	keeper.tell({ state: "swapping", run, detail: previous.id });
	const proof = await awaitReady(engine, reports, { run, site: "rollBack.probe", signal });
	switch (proof.kind) {
		case "ready":
			return proof.evidence;
		case "interrupted":
			throw new Interrupted();
		case "silent":
			throw new StepFailure("rollBack.probe", proof.cause);
		case "exited":
			throw new StepFailure("rollBack.probe", await deathOf(part, run, describeExit(proof.exit)));
	}
}

/** A port that somebody else holds is no fault of the previous version, and may be free at the next try. */
async function deathOf({ engine }: Part, run: Run, ending: string): Promise<Cause> {
	const held = await portHeldBy(engine, run);
	if (held !== null) return held;
	const log = await engine.ports.programs.logTail(run.release, 20).catch(() => []);
	return causeOf("previous_died", `The previous version ${run.release} ${ending} instead of answering.`, null, log);
}
