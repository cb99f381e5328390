// Moves the operator's branch to the confirmed commit, and its checkout with it, in order: what is uncommitted kept, plan, branch, files, index, settled. Each
// part finds out by itself how far an earlier try came. Where not all of it can be done, none of it is, and the commit waits under a ref.
import { lstat, mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { CommandFailed, type Held, type Moved } from "../../../ports/ports.js";
import { isAncestorArgs } from "../repository/argv.js";
import type { IndexLock } from "../repository/index-lock.js";
import { settleIntents } from "../repository/intents.js";
import { branchLocks, waitForLocks } from "../repository/operator.js";
import { viewGit } from "../repository/view.js";
import {
	type AdvanceContext,
	type BranchMove,
	branchHead,
	contains,
	dropRef,
	moveRef,
	sendObjects,
	setRef,
} from "./advance.js";
import { mergeOnto } from "./branch-merge.js";
import { type CheckedOut, whereIsBranch } from "./checkouts.js";
import { confirmedRef } from "./confirmed.js";
import { changeFiles } from "./follow-files.js";
import { changeIndex, followingLock, staleEntries } from "./follow-index.js";
import { lagging } from "./follow-lag.js";
import {
	type FollowPlan,
	followHome,
	pendingPlans,
	readAnswer,
	removePlan,
	writeAnswer,
	writePlan,
} from "./follow-plan.js";
import { type Survey, survey } from "./follow-survey.js";
import { keptRef, pruneKept } from "./kept.js";

export interface FollowRequest extends BranchMove {
	/** Of the swap, or of its promotion to the template. */
	readonly name: string;
	/** Onto a branch that has moved on: the confirmed commit, where `to` merges it with what stands there. */
	readonly brings?: string | undefined;
	/** Whether a branch that has moved on may get a merge. */
	readonly mayMerge?: boolean;
}

/** How often the branch may move between our look at it and our move. */
const TRIES = 3;

/** Nothing has moved. `folder`: where the operator has to act. */
export type Holding = Omit<Held, "ref" | "command"> & { readonly folder: string };

/** What an earlier life began is brought to its end, up to `asked`: until then its own lock makes the checkout look busy. Throws where time may help. */
export async function goOn(context: AdvanceContext, asked?: FollowRequest): Promise<Moved | Holding | null> {
	await mkdir(followHome(context.own.layout), { recursive: true });
	for (const plan of await pendingPlans(context.own.layout)) {
		const outcome = await carryOut(context, plan, { again: true });
		if (plan.name === asked?.name && (plan.brings ?? plan.to) === asked.to) return outcome;
	}
	return null;
}

/** Throws where time may help: then another try goes on from here, and the checkout's index stays locked if anything was begun. */
export async function follow(context: AdvanceContext, request: FollowRequest): Promise<Moved | Holding> {
	const { own } = context;
	const begun = await goOn(context, request);
	if (begun !== null) return begun;
	for (let tries = 1; ; tries += 1) {
		await freeBranch(context, request);
		const head = await branchHead(context, request.branch);
		if (head !== null && head !== request.expected && (await contains(context, head, request.to))) {
			return (await readAnswer(own.layout, request.name, request.to)) ?? followLate(context, request, head);
		}
		if (head === request.expected && (await leadsOn(context, request))) return followNow(context, request);
		const outcome = head === null ? movedAway(context, head) : await followMoved(context, request, head);
		if (outcome.moved || outcome.why !== "branch_moved" || outcome.head === head || tries === TRIES) return outcome;
	}
}

/** What is proposed need not hold what stands on the branch. */
async function leadsOn({ own }: AdvanceContext, { mayMerge, expected, to }: FollowRequest): Promise<boolean> {
	if (mayMerge !== true) return true;
	// 128: it never arrived there, so it is no ancestor.
	return (await own.git.run(isAncestorArgs(expected, to), { accept: [0, 1, 128] })).code === 0;
}

/** Somebody has committed meanwhile: both are kept, or the branch stays as it is. */
async function followMoved(context: AdvanceContext, request: FollowRequest, head: string): Promise<Moved | Holding> {
	if (request.mayMerge !== true) return movedAway(context, head);
	const where = await whereIsBranch(context.own, request.branch);
	if (where.kind === "busy") return busyAt(head, where);
	const merge = await mergeOnto(context, { ...request, head });
	if (typeof merge !== "string") return { ...movedAway(context, head), ...merge };
	return followNow(context, { ...request, expected: head, to: merge, brings: request.to });
}

function movedAway({ own }: AdvanceContext, head: string | null): Holding {
	const folder = own.operator.root;
	return { moved: false, why: "branch_moved", head: head ?? "", reason: null, paths: [], folder };
}

/** A git of ours that was killed in its move left locks: known by what was said before it began. */
async function freeBranch({ own, lockWaitMs }: AdvanceContext, { branch }: Pick<BranchMove, "branch">): Promise<void> {
	await settleIntents(own);
	const locked = await waitForLocks(branchLocks(own.operator, branch), lockWaitMs);
	if (locked !== null) throw new Error(`${locked.message} ${locked.next}`);
}

/** The branch cannot be held back any more: what clashes is named. */
async function followLate(context: AdvanceContext, request: FollowRequest, head: string): Promise<Moved> {
	const lag = await lagging(context, request);
	const moved = { moved: true, kept: null } as const;
	if (lag === "elsewhere") return { ...moved, checkout: "elsewhere", left: [] };
	if (lag.length === 0) return { ...moved, checkout: "followed", left: [] };
	const outcome = head === request.to ? await followNow(context, request) : null;
	if (outcome?.moved === true) return outcome;
	return { ...moved, checkout: "left", left: outcome !== null && outcome.paths.length > 0 ? outcome.paths : lag };
}

function busyAt(head: string, { reason, folder }: Extract<CheckedOut, { kind: "busy" }>): Holding {
	return { moved: false, why: "busy", head, reason, paths: [], folder };
}

async function followNow(context: AdvanceContext, request: FollowRequest): Promise<Moved | Holding> {
	const { own } = context;
	const { branch, expected: head } = request;
	const holding = { moved: false, head, reason: null, paths: [], folder: own.operator.root } as const;
	const where = await whereIsBranch(own, branch);
	if (where.kind === "busy") return busyAt(head, where);
	if (where.kind === "elsewhere") return begin(context, request, null);
	const lock = followingLock(own.operator);
	const refused = await takeLock(context, lock);
	if (refused !== null) return { ...holding, why: "busy", reason: refused };
	const fresh = await freshFolder(context, request.name);
	let begun = false;
	try {
		const found = await look(context, request, fresh);
		if (typeof found === "string") return { ...holding, why: "busy", reason: found };
		if ("clash" in found) return { ...holding, why: "clash", paths: found.clash };
		begun = true;
		return await begin(context, request, found);
	} finally {
		if (!begun) {
			await lock.clear();
			await context.files.remove(fresh);
		}
	}
}

/** The reason why not, as a clause. */
async function takeLock({ own, lockWaitMs }: AdvanceContext, lock: IndexLock): Promise<string | null> {
	if ((await stat(join(own.operator.gitDir, "index")).catch(() => null)) === null) return "the checkout has no index";
	const held = await lock.take(lockWaitMs);
	return held === null ? null : "another git holds index.lock";
}

/** What git itself refuses to look at will not change by itself: the reason as a clause. */
async function look(
	context: AdvanceContext,
	request: FollowRequest,
	fresh: string,
): Promise<Survey | { readonly clash: readonly string[] } | string> {
	try {
		const found = await survey(context, { ...request, fresh });
		return found === "changing" ? "its files are being changed right now" : found;
	} catch (error) {
		if (!(error instanceof CommandFailed) || error.reason !== "exit" || error.code === null) throw error;
		context.log.warn("git.checkout_unreadable", { root: context.own.operator.root, error: String(error) });
		return "git cannot look at the checkout";
	}
}

async function freshFolder({ own }: AdvanceContext, name: string): Promise<string> {
	const home = followHome(own.layout);
	const [checkout, state] = await Promise.all([lstat(own.operator.root), lstat(home)]);
	return join(checkout.dev === state.dev ? home : join(own.operator.gitDir, "deadman-promote"), name);
}

/** From the plan on another try goes on; before it nothing but a ref has come to be. */
async function begin(context: AdvanceContext, request: FollowRequest, found: Survey | null): Promise<Moved | Holding> {
	const { own, gate, files } = context;
	const { name, branch, expected: from, to } = request;
	const kept = found?.kept ?? null;
	const staged = found?.staged ?? null;
	if (kept !== null) await gate.around("checkout.keep", () => keep(context, request, { kept, staged }));
	const plan: FollowPlan = {
		...{ schemaVersion: 1, name, branch, from, to, brings: request.brings },
		checkout: found === null ? "elsewhere" : kept === null ? "followed" : "merged",
		kept: kept === null ? null : keptRef(name),
		fresh: await freshFolder(context, name),
		left: [],
		files: found?.files ?? [],
		entries: found?.entries ?? [],
	};
	await gate.around("checkout.plan", () => writePlan(files, own.layout, plan));
	return carryOut(context, plan, { again: false });
}

interface Keeping {
	readonly kept: string;
	readonly staged: string | null;
}

/** What will be staged is sent as well: the index keeps it from then on. */
async function keep(context: AdvanceContext, { name, expected, to }: FollowRequest, { kept, staged }: Keeping) {
	const { own, commands } = context;
	const view = viewGit(commands, own, { workTree: own.operator.root, index: join(own.operator.gitDir, "index") });
	await sendObjects(context, { to: kept, expected }, view);
	if (staged !== null) await sendObjects(context, { to: staged, expected: to }, view);
	await setRef(context, keptRef(name), kept);
}

async function carryOut(
	context: AdvanceContext,
	plan: FollowPlan,
	{ again }: { readonly again: boolean },
): Promise<Moved | Holding> {
	const { own, gate, files } = context;
	const lock = followingLock(own.operator);
	if (again) await reopen(context, plan, lock);
	const standing = await gate.around("checkout.branch", () => moveBranch(context, plan));
	if (standing !== "moved") {
		await removePlan(files, own.layout, plan);
		await lock.clear();
		return movedAway(context, standing);
	}
	if (plan.checkout === "elsewhere") return settle(context, plan);
	const isDone = again && plan.entries.length > 0 && (await staleEntries(context, plan)).length === 0;
	const left = isDone ? plan.left : await gate.around("checkout.files", () => changeFiles(context, plan));
	const followed = { ...plan, left: [...left] };
	// Once the index is new, what differs is the operator's next edit: so it is put down before that.
	if (left.length > plan.left.length) await writePlan(files, own.layout, followed);
	await gate.around("checkout.index", () => changeIndex(context, lock, followed));
	return settle(context, followed);
}

/** The lock that an earlier try held may have been removed, and another git may be at work. */
async function reopen(context: AdvanceContext, plan: FollowPlan, lock: IndexLock): Promise<void> {
	await freeBranch(context, plan);
	if (plan.checkout === "elsewhere") return;
	const refused = await takeLock(context, lock);
	if (refused !== null) throw new Error(`${plan.branch} waits for its checkout to follow: ${refused}.`);
}

/** Where the branch stands instead, if somebody else has moved it. */
async function moveBranch(context: AdvanceContext, { branch, from, to }: FollowPlan): Promise<string | "moved"> {
	const head = await branchHead(context, branch);
	if (head !== from) return head !== null && (await contains(context, head, to)) ? "moved" : (head ?? "");
	await sendObjects(context, { to, expected: from });
	return (await moveRef(context, { branch, to, expected: from })) ?? "moved";
}

async function settle(context: AdvanceContext, plan: FollowPlan): Promise<Moved> {
	const { own, gate, files } = context;
	const { checkout, kept, left, name, brings, to } = plan;
	await gate.around("checkout.settle", async () => {
		await writeAnswer(files, own.layout, plan);
		await dropRef(context, confirmedRef(name));
		if (kept !== null) await pruneKept(context);
		await removePlan(files, own.layout, plan);
	});
	return { moved: true, checkout, kept, left, ...(brings === undefined ? {} : { merge: to }) };
}
