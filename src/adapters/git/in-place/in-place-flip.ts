// One flip of the checkout, in order: intent, outputs, files, branch, index, settled. Each part finds out by itself how far an earlier try came, so any of
// them may be the last one that a life did, and both ways stay open. Forward refuses before anything is touched; backward goes on whatever it meets.
import { RefusedError } from "../../../core/refusals.js";
import type { ReleaseRef } from "../../../ports/ports.js";
import { type InPlaceContext, kitOf } from "../checkout/in-place-context.js";
import { type InPlacePlan, readPlan } from "../checkout/in-place-plan.js";
import type { Standing } from "../releases/private-content.js";
import type { IndexLock } from "../repository/index-lock.js";
import { moveBack, moveForward } from "./in-place-branch.js";
import { assertStillAt, isOnBranch, isQuiet, readyHead } from "./in-place-checkout.js";
import { changeFiles } from "./in-place-files.js";
import { changeIndex, inPlaceLock } from "./in-place-index.js";
import { mend } from "./in-place-mend.js";
import { assertOutputs, swapOutputs } from "./in-place-outputs.js";
import { assertNoEdits, kitFor, lookAgain } from "./in-place-prepare.js";
import {
	type InPlaceRecord,
	nothingPending,
	readRecord,
	reserveRecord,
	settleRecord,
	writeRecord,
} from "./in-place-record.js";

export async function flip(context: InPlaceContext, id: string): Promise<void> {
	await inPlaceLock(context).clear();
	const record = await readRecord(context);
	if (record === null) return adopt(context, await stagedAs(context, id));
	const { change, moving } = record;
	if (moving === null && record.release.id === id) return tidyUp(context, record);
	if (id === change?.previous.id) return goBack(context, record);
	if (moving === null) return setOut(context, record, id);
	if (id !== change?.candidate.id) throw new Error(`The checkout is between two releases, and ${id} is neither.`);
	if (moving === "candidate") return goForward(context, record, await planOf(context, record));
	await goBack(context, record);
	return flip(context, id);
}

/** It is there already. */
async function tidyUp(context: InPlaceContext, record: InPlaceRecord): Promise<void> {
	await mend(context, record).catch((error: unknown) =>
		context.log.warn("in_place.unmended", { error: String(error) }),
	);
}

async function stagedAs({ staged }: InPlaceContext, id: string): Promise<ReleaseRef> {
	const release = await staged.sealed(id);
	if (release === null) throw new Error(`There is no release ${id} to point to.`);
	return release;
}

/** The checkout is taken as it is: it must be what the release was made of. */
async function adopt(context: InPlaceContext, release: ReleaseRef): Promise<void> {
	const head = await readyHead(context);
	if (head !== release.commit) {
		throw new Error(`${context.branch} stands at ${head}, and the release ${release.id} is ${release.commit}.`);
	}
	await assertOutputs(context, [release.tree]);
	await settle(context, { release, head, change: null, pending: nothingPending });
}

/** Before the first swap a newer commit of the branch takes the place of an unproven one, as the operator built it. */
async function setOut(context: InPlaceContext, record: InPlaceRecord, id: string): Promise<void> {
	const release = await stagedAs(context, id);
	if (record.change === null && (await readyHead(context)) === release.commit) return adopt(context, release);
	const mended = await mend(context, record);
	await goForward(context, mended, await kitFor(context, mended, release));
}

async function planOf(context: InPlaceContext, { change }: InPlaceRecord): Promise<InPlacePlan> {
	const plan = change === null ? null : await readPlan(kitOf(context, change.candidate.id));
	if (plan !== null) return plan;
	throw new Error(`What ${change?.candidate.id} changed in the checkout is not known any more.`);
}

/** Under the index's lock from the first effect on: no other git commits half of it. */
async function goForward(context: InPlaceContext, record: InPlaceRecord, plan: InPlacePlan): Promise<void> {
	const { gate } = context;
	const { previous, candidate } = plan;
	const lock = inPlaceLock(context);
	const held = await lock.take(context.lockWaitMs);
	if (held !== null) throw new RefusedError(held);
	try {
		const standings = record.moving === null ? await assertUntouched(context, plan) : undefined;
		const intent = { ...record, change: { previous, candidate }, moving: "candidate" } as const;
		await gate.around("inPlace.record", async () => {
			await reserveRecord(context);
			await writeRecord(context, intent);
		});
		await gate.around("inPlace.outputs", () => swapOutputs(context, plan, "candidate"));
		await gate.around("inPlace.files", () => changeFiles(context, { plan, side: "candidate", standings }));
		const head = await gate.around("inPlace.branch", () => moveForward(context, plan));
		await gate.around("inPlace.index", () => changeIndex(context, lock, { plan, side: "candidate", onlyStale: false }));
		await settle(context, { release: candidate, head, change: intent.change, pending: nothingPending });
	} finally {
		await lock.clear();
	}
}

/** Between the making of the plan and the lock somebody may have worked in the checkout. Answers with what stands there. */
async function assertUntouched(context: InPlaceContext, plan: InPlacePlan): Promise<readonly Standing[]> {
	await assertStillAt(context, plan.base);
	const { different, standings } = await lookAgain(context, plan);
	assertNoEdits(different);
	return standings;
}

/** The index comes last: a lock that another git left there holds up nothing that runs. */
async function goBack(context: InPlaceContext, record: InPlaceRecord): Promise<void> {
	const { gate, log } = context;
	const plan = await planOf(context, record);
	const lock = inPlaceLock(context);
	const held = await lock.take(context.lockWaitMs).catch((error: unknown) => ({ message: String(error) }));
	if (held !== null) log.warn("in_place.index_held", { reason: held.message });
	try {
		await announce(context, record);
		await gate.around("inPlace.outputs", () => swapOutputs(context, plan, "previous"));
		await gate.around("inPlace.files", () => changeFiles(context, { plan, side: "previous" }));
		const { head, pending } = await gate.around("inPlace.branch", () => moveBack(context, plan, { onlyStale: false }));
		const index = await gate.around("inPlace.index", () => indexBack(context, plan, held === null ? lock : null));
		await settle(context, { release: plan.previous, head, change: record.change, pending: { branch: pending, index } });
	} finally {
		await lock.clear();
	}
}

/** A full disk does not stop the way back: until it is settled, the record says that the candidate is there, which is as good. */
async function announce(context: InPlaceContext, record: InPlaceRecord): Promise<void> {
	try {
		await context.gate.around("inPlace.record", () => writeRecord(context, { ...record, moving: "previous" }));
	} catch (error) {
		context.log.warn("in_place.unannounced", { error: String(error) });
	}
}

/** True when it is left for later. Of another branch's checkout, the index is none of ours. */
async function indexBack(context: InPlaceContext, plan: InPlacePlan, lock: IndexLock | null): Promise<boolean> {
	if (!(await isOnBranch(context))) return false;
	if (lock === null || !(await isQuiet(context))) return true;
	try {
		await changeIndex(context, lock, { plan, side: "previous", onlyStale: false });
		return false;
	} catch (error) {
		context.log.warn("in_place.index_left", { error: String(error) });
		return true;
	}
}

async function settle(
	context: InPlaceContext,
	settled: Pick<InPlaceRecord, "release" | "head" | "change" | "pending">,
): Promise<void> {
	await context.gate.around("inPlace.settle", () =>
		settleRecord(context, { schemaVersion: 1, moving: null, ...settled }),
	);
}
