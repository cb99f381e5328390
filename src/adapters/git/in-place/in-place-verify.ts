// Whether the files of a move are still as the approver saw them (F24). Only touched paths count: the operator's other edits are none of our business.
import { branchHead } from "../checkout/advance.js";
import { type InPlaceContext, kitOf } from "../checkout/in-place-context.js";
import { type InPlacePlan, type PlanEntry, readPlan } from "../checkout/in-place-plan.js";
import { editedPaths, standingsIn } from "../checkout/in-place-touched.js";
import { isBlob, type Standing } from "../releases/private-content.js";
import { fetchCommit } from "../trees/intake.js";
import { blobsOf } from "../trees/tree-edit.js";
import { currentOf, readRecord } from "./in-place-record.js";

/** A release that is not in the checkout answers for its staged worktree. */
export async function verifyInPlace(context: InPlaceContext, id: string): Promise<readonly string[]> {
	const record = await readRecord(context);
	if (record === null || currentOf(record).id !== id) return verifyStaged(context, id);
	const plan = record.change === null ? null : await readPlan(kitOf(context, record.change.candidate.id));
	if (plan === null) return [];
	const differing = await differingFrom(context, plan, id === plan.candidate.id ? "becomes" : "was");
	const strict = record.moving !== null || (await isOnTrial(context, id));
	return differing.length === 0 || strict ? differing.map(({ path }) => path) : uncommitted(context, differing);
}

async function verifyStaged({ staged }: InPlaceContext, id: string): Promise<readonly string[]> {
	return (await staged.sealed(id)) === null ? [] : staged.verify(id);
}

async function differingFrom(
	context: InPlaceContext,
	plan: InPlacePlan,
	side: "becomes" | "was",
): Promise<PlanEntry[]> {
	const found: PlanEntry[] = [];
	const standings = await standingsIn(context, plan.entries);
	for (const [index, entry] of plan.entries.entries()) {
		const standing = standings[index] as Standing;
		const wanted = entry[side];
		const same = wanted === null ? standing.kind !== "blob" && standing.kind !== "special" : isBlob(standing, wanted);
		if (!same) found.push(entry);
	}
	return found;
}

/** Within the window nothing but what was approved will do; where nobody can tell, neither. */
async function isOnTrial({ staged }: InPlaceContext, id: string): Promise<boolean> {
	const live = await staged.readLive();
	return live === null || live.trial?.candidate.id === id;
}

/** Between two swaps the operator commits on the branch, as ever: that is no side door. */
async function uncommitted(context: InPlaceContext, differing: readonly PlanEntry[]): Promise<string[]> {
	const head = await branchHead(context, context.branch);
	if (head === null || (await fetchCommit(context.own, head)) !== null) return differing.map(({ path }) => path);
	const committed = await blobsOf(context.own.git, head);
	const there = new Map(
		differing.flatMap(({ path }) => {
			const blob = committed.get(path);
			return blob === undefined ? [] : [[path, blob] as const];
		}),
	);
	const edited = new Set(await editedPaths(context, there));
	return differing.map(({ path }) => path).filter((path) => !there.has(path) || edited.has(path));
}
