// Whether the operator's checkout may be changed now: on its branch, in the middle of nothing, held by nobody. Changes nothing.
import { RefusedError, refuse } from "../../../core/refusals.js";
import { branchHead } from "../checkout/advance.js";
import type { InPlaceContext } from "../checkout/in-place-context.js";
import { settleIntents } from "../repository/intents.js";
import { askOperator, branchLocks, busyWith, indexLock, operationOf, waitForLocks } from "../repository/operator.js";

/** Where the branch stands. Throws a RefusedError when the checkout may not be changed. */
export async function readyHead(context: InPlaceContext): Promise<string> {
	await assertOnBranch(context);
	const { operator } = context.own;
	await settleIntents(context.own);
	const locks = [indexLock(operator), ...branchLocks(operator, context.branch)];
	const locked = await waitForLocks(locks, context.lockWaitMs);
	if (locked !== null) throw new RefusedError(locked);
	return headOf(context);
}

/** The same without waiting for any lock: one of them is ours. */
export async function assertStillAt(context: InPlaceContext, base: string): Promise<void> {
	await assertOnBranch(context);
	const head = await headOf(context);
	if (head !== base) throw new RefusedError(refuse("branch_moved", { branch: context.branch, head }));
}

async function assertOnBranch(context: InPlaceContext): Promise<void> {
	const operation = await operationOf(context.own.operator);
	if (operation !== null) throw new RefusedError(busyWith(operation));
	if (context.own.operator.bare) throw new RefusedError(refuse("repository_bare", { path: context.root }));
	const found = await checkedOut(context);
	if (found === `refs/heads/${context.branch}`) return;
	throw new RefusedError(refuse("checkout_elsewhere", { branch: context.branch, found: nameOf(found ?? "") }));
}

function nameOf(found: string): string {
	return found === "" ? "on a detached HEAD" : `on ${found.replace(/^refs\/heads\//, "")}`;
}

async function headOf(context: InPlaceContext): Promise<string> {
	const head = await branchHead(context, context.branch);
	if (head === null) throw new RefusedError(refuse("git_unborn"));
	return head;
}

/** The full name of the branch; empty when detached, null where there is no checkout. */
async function checkedOut({ own }: InPlaceContext): Promise<string | null> {
	if (own.operator.bare) return null;
	const args = ["symbolic-ref", "--quiet", "HEAD"];
	return (await askOperator(own.operator.gitDir, own.layout).raw(args)).trim();
}

/** Nobody is in the middle of something that a moved branch or a changed index would spoil. */
export async function isQuiet(context: InPlaceContext): Promise<boolean> {
	return (await operationOf(context.own.operator)) === null;
}

/** The index belongs to what is checked out. */
export async function isOnBranch(context: InPlaceContext): Promise<boolean> {
	return (await checkedOut(context)) === `refs/heads/${context.branch}`;
}
