// The operator's branch gets the commit: forward the swap's own, backward a new one on top that takes the touched paths back. Never reset, only moved forward.
import { RefusedError, refuse } from "../../../core/refusals.js";
import { branchHead, moveRef, sendObjects } from "../checkout/advance.js";
import type { InPlaceContext } from "../checkout/in-place-context.js";
import type { InPlacePlan, PlanEntry, Side } from "../checkout/in-place-plan.js";
import { isAncestorArgs } from "../repository/argv.js";
import { settleIntents } from "../repository/intents.js";
import { branchLocks, waitForLocks } from "../repository/operator.js";
import { fetchCommit } from "../trees/intake.js";
import { type Blob, blobsOf, commitAndKeep, editTree, sameBlob } from "../trees/tree-edit.js";
import { setApart, type Undoing } from "../trees/unmerged.js";
import { isQuiet } from "./in-place-checkout.js";

/** Keeps the newest commit that a flip put on the branch. */
const HEAD_REF = "refs/deadman/in-place";

/** How often the branch may move between our look at it and our move. */
const TRIES = 3;

/** Answers with where the branch stands. By compare-and-set: a commit of somebody else in between is a refusal. */
export async function moveForward(context: InPlaceContext, plan: InPlacePlan): Promise<string> {
	const { branch } = context;
	await settleIntents(context.own);
	const to = await broughtBy(context, plan);
	if ((await branchHead(context, branch)) === to) return to;
	await sendObjects(context, { to, expected: plan.base });
	const head = await moveRef(context, { branch, to, expected: plan.base });
	if (head !== null) throw new RefusedError(refuse("branch_moved", { branch, head: head || "nothing" }));
	return to;
}

/** The commit that puts the candidate onto the branch: the swap's own where it leads on, else one on top with the same files. */
async function broughtBy(context: InPlaceContext, plan: InPlacePlan): Promise<string> {
	const { base, candidate } = plan;
	const { code } = await context.own.git.run(isAncestorArgs(base, candidate.commit), { accept: [0, 1] });
	return code === 0 ? candidate.commit : commitSide(context, plan, { on: base, side: "candidate" });
}

/** What proposals start from: where a flip left the branch, or behind it, where a promotion to the template went on from there. */
export async function startOfProposals({ own, staged }: InPlaceContext, head: string): Promise<string> {
	const further = (await staged.readLive())?.head;
	if (further === undefined || further === head) return head;
	const { code } = await own.git.run(isAncestorArgs(head, further), { accept: [0, 1, 128] });
	return code === 0 ? further : head;
}

export interface Backward {
	/** What proposals start from. */
	readonly head: string;
	/** The branch itself could not be moved yet. */
	readonly pending: boolean;
}

/** Wherever the branch is now. `onlyStale`: paths that somebody has changed since are theirs. Where git is busy, the commit waits in our own repository. */
export async function moveBack(
	context: InPlaceContext,
	plan: InPlacePlan,
	{ onlyStale }: { readonly onlyStale: boolean },
): Promise<Backward> {
	try {
		const head = await revertOnBranch(context, plan, onlyStale);
		if (head !== null) return { head, pending: false };
	} catch (error) {
		context.log.warn("in_place.branch_left", { branch: context.branch, error: String(error) });
	}
	return { head: await waitingHead(context, plan), pending: true };
}

/** Where not even our own repository can be written to, proposals start from the commit that was there before: it holds the same. */
async function waitingHead(context: InPlaceContext, plan: InPlacePlan): Promise<string> {
	try {
		const brought = plan.candidate.commit;
		const revert = await commitSide(context, plan, { on: brought, side: "previous" });
		if (revert !== brought) await markUndone(context, plan, { revert, brought });
		return revert;
	} catch (error) {
		context.log.warn("in_place.commit_left", { error: String(error) });
		return plan.base;
	}
}

/** Null when it has to wait. */
async function revertOnBranch(context: InPlaceContext, plan: InPlacePlan, onlyStale: boolean): Promise<string | null> {
	const { branch, own } = context;
	await settleIntents(context.own);
	const held = await waitForLocks(branchLocks(own.operator, branch), context.lockWaitMs);
	if (held !== null || !(await isQuiet(context))) return null;
	const brought = await broughtBy(context, plan);
	for (let tries = 0; tries < TRIES; tries += 1) {
		const head = await branchHead(context, branch);
		if (head === null) return null;
		const refusal = await fetchCommit(own, head);
		if (refusal !== null) throw new RefusedError(refusal);
		const to = await commitSide(context, plan, { on: head, side: "previous", onlyStale });
		if (to === head) return head;
		await markUndone(context, plan, { revert: to, brought });
		await sendObjects(context, { to, expected: head });
		if ((await moveRef(context, { branch, to, expected: head })) === null) return to;
	}
	return null;
}

/** The way back does not depend on it: without, a mended change would be proposed without what is mended, and the approver sees that. */
async function markUndone(context: InPlaceContext, { base }: InPlacePlan, commits: Omit<Undoing, "base">) {
	await setApart(context.own.git, { ...commits, base }).catch((error: unknown) =>
		context.log.warn("in_place.unmarked", { revert: commits.revert, error: String(error) }),
	);
}

interface OneSide {
	readonly on: string;
	readonly side: Side;
	readonly onlyStale?: boolean;
}

/** `on` itself where nothing would change. The same request gives the same commit. */
async function commitSide(context: InPlaceContext, plan: InPlacePlan, { on, side, onlyStale = false }: OneSide) {
	const { own } = context;
	const there = await blobsOf(own.git, on);
	const wanted = (entry: PlanEntry) => (side === "candidate" ? entry.after : entry.before);
	const other = (entry: PlanEntry) => (side === "candidate" ? entry.before : entry.after);
	const stale = plan.entries.filter((entry) => !sameBlob(there.get(entry.path), wanted(entry)));
	const entries = stale.filter((entry) => !onlyStale || sameBlob(there.get(entry.path), other(entry)));
	if (entries.length === 0) return on;
	const add = new Map(entries.flatMap((entry) => entryOf(entry.path, wanted(entry))));
	const tree = await editTree(own, own.git, { tree: on, remove: entries.map(({ path }) => path), add });
	const message = await messageOf(context, plan, side);
	return commitAndKeep(own, { tree, parents: [on], message, datedLike: on, ref: () => HEAD_REF });
}

function entryOf(path: string, blob: Blob | null): [string, Blob][] {
	return blob === null ? [] : [[path, blob]];
}

async function messageOf({ own }: InPlaceContext, { previous, candidate }: InPlacePlan, side: Side): Promise<string> {
	const subject = await own.git.text(["show", "--no-patch", "--format=%s", candidate.commit]);
	const trailer = `Deadman-Release: ${side === "candidate" ? candidate.id : previous.id}\n`;
	if (side === "candidate") return `${subject}\n\n${trailer}`;
	return `Revert "${subject}"\n\nThis brings back what ${previous.id} had in the files that ${candidate.id} changed.\n\n${trailer}`;
}
