// What a rollback had to leave for later because another git was at work: the commit on the branch, and the index. Looked at again before every move and at tidying.

import { type InPlaceContext, kitOf } from "../checkout/in-place-context.js";
import { type InPlacePlan, readPlan } from "../checkout/in-place-plan.js";
import { moveBack } from "./in-place-branch.js";
import { isOnBranch, isQuiet } from "./in-place-checkout.js";
import { changeIndex, inPlaceLock } from "./in-place-index.js";
import { type InPlaceRecord, writeRecord } from "./in-place-record.js";

/** Paths that the operator has changed since are theirs. What still cannot be done stays for the next time. */
export async function mend(context: InPlaceContext, record: InPlaceRecord): Promise<InPlaceRecord> {
	const { pending, change, moving } = record;
	if ((!pending.branch && !pending.index) || change === null || moving !== null) return record;
	const plan = await readPlan(kitOf(context, change.candidate.id));
	if (plan === null || !(await isQuiet(context))) return record;
	const back = pending.branch ? await moveBack(context, plan, { onlyStale: true }) : null;
	const branch = back?.pending ?? false;
	const index = pending.index && (await isIndexLeft(context, plan));
	const next = { ...record, head: branch ? record.head : (back?.head ?? record.head), pending: { branch, index } };
	await context.gate.around("inPlace.settle", () => writeRecord(context, next));
	return next;
}

async function isIndexLeft(context: InPlaceContext, plan: InPlacePlan): Promise<boolean> {
	if (!(await isOnBranch(context))) return true;
	const lock = inPlaceLock(context);
	if ((await lock.take(0)) !== null) return true;
	try {
		await changeIndex(context, lock, { plan, side: "previous", onlyStale: true });
		return false;
	} finally {
		await lock.clear();
	}
}
