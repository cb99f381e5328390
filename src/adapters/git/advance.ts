// Moves the operator's branch to the confirmed commit: objects first, then the ref by compare-and-set, then a clean checkout follows. May be repeated after a kill.
import { open, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Advance, CommandFailed, type Commands, type Log } from "../../ports.js";
import { indexPackArgs, packArgs, updateRefArgs } from "./argv.js";
import { follow, planFollow } from "./follow.js";
import type { Plan } from "./follow-plan.js";
import { createGit } from "./git.js";
import { settleIntents, withIntent } from "./intents.js";
import { askOperator, branchLocks, waitForLocks } from "./operator.js";
import type { Own } from "./own-repository.js";

export interface AdvanceRequest {
	readonly branch: string;
	readonly expected: string;
	readonly to: string;
}

export interface AdvanceContext {
	readonly own: Own;
	readonly commands: Commands;
	readonly log: Log;
	readonly lockWaitMs: number;
}

export async function advanceBranch(context: AdvanceContext, request: AdvanceRequest): Promise<Advance> {
	const { operator } = context.own;
	await settleIntents(context.own);
	const locked = await waitForLocks(branchLocks(operator, request.branch), context.lockWaitMs);
	if (locked !== null) throw new Error(`${locked.message} ${locked.next}`);
	const head = await branchHead(context, request.branch);
	if (head !== request.to && head !== request.expected) return { moved: false, head: head ?? "" };
	const plan = await planCheckout(context, request);
	if (head !== request.to) {
		await sendObjects(context, request);
		const refusedAt = await moveRef(context, request);
		if (refusedAt !== null) return { moved: false, head: refusedAt };
	}
	return { moved: true, checkout: await followPlan(context, request, plan) };
}

export async function branchHead({ own }: Pick<AdvanceContext, "own">, branch: string): Promise<string | null> {
	const args = ["rev-parse", "--verify", "--quiet", `refs/heads/${branch}`];
	const text = await askOperator(own.operator.gitDir, own.layout).raw(args);
	return text.trim() === "" ? null : text.trim();
}

/** `null`: the operator has changes there. What cannot be looked at is left alone too: the branch matters, the checkout is a service. */
async function planCheckout(context: AdvanceContext, request: AdvanceRequest): Promise<Plan | null | "elsewhere"> {
	const { own, commands, lockWaitMs } = context;
	const args = ["symbolic-ref", "--quiet", "HEAD"];
	const checkedOut = (await askOperator(own.operator.gitDir, own.layout).raw(args)).trim();
	if (own.operator.bare || checkedOut !== `refs/heads/${request.branch}`) return "elsewhere";
	try {
		return await planFollow(own, commands, { from: request.expected, to: request.to, lockWaitMs });
	} catch (error) {
		context.log.warn("git.checkout_unreadable", { root: own.operator.root, error: String(error) });
		return null;
	}
}

async function followPlan(context: AdvanceContext, request: AdvanceRequest, plan: Plan | null | "elsewhere") {
	if (plan === "elsewhere") return plan;
	if (plan === null) return "left_dirty";
	const { own, commands, lockWaitMs } = context;
	try {
		return await follow(own, commands, { from: request.expected, to: request.to, lockWaitMs }, plan);
	} catch (error) {
		context.log.warn("git.checkout_left", { root: own.operator.root, error: String(error) });
		return "left_dirty";
	}
}

let sendings = 0;

/** Indexed there before a ref moves: a branch never points to what is missing. */
export async function sendObjects(
	{ own, commands }: Pick<AdvanceContext, "own" | "commands">,
	{ to, expected }: Omit<AdvanceRequest, "branch">,
): Promise<void> {
	sendings += 1;
	const prefix = join(own.layout.scratch, `send-${sendings}`);
	const input = `${to}\n^${expected}\n`;
	const hash = await own.git.text(packArgs(prefix), { input });
	const operatorGit = createGit(commands, own.layout, [`--git-dir=${own.operator.commonDir}`]);
	await operatorGit.run(indexPackArgs(), { inputFile: `${prefix}-${hash}.pack` });
	for (const kind of ["pack", "idx", "rev"]) await rm(`${prefix}-${hash}.${kind}`, { force: true });
}

/** git syncs the file of a moved ref, but not its name. */
async function syncRef({ operator }: Own, branch: string): Promise<void> {
	const folder = await open(dirname(join(operator.commonDir, "refs", "heads", branch)), "r").catch(() => null);
	if (folder === null) return;
	await folder.sync().finally(() => folder.close());
}

/** Those that git takes to move it. */
function refLocks({ operator }: Own, branch: string): string[] {
	return branchLocks(operator, branch).filter((path) => basename(path) !== "packed-refs.lock");
}

/** Null when moved; else where the branch stands. */
export async function moveRef(
	context: Pick<AdvanceContext, "own" | "commands">,
	{ branch, to, expected }: AdvanceRequest,
): Promise<string | null> {
	const { own, commands } = context;
	const git = createGit(commands, own.layout, [`--git-dir=${own.operator.gitDir}`]);
	try {
		await withIntent(own, { locks: refLocks(own, branch), commits: [to] }, async () => {
			await git.run(updateRefArgs(`refs/heads/${branch}`, to, expected));
			await syncRef(own, branch);
		});
		return null;
	} catch (error) {
		if (!(error instanceof CommandFailed)) throw error;
		const head = await branchHead(context, branch);
		if (head === to) return null;
		if (head === expected) throw error;
		return head ?? "";
	}
}
