// The operator's index follows in a plan's entries, under git's own lock; whatever else is staged there stays as it is.
import { join } from "node:path";
import { indexInfoArgs } from "../repository/argv.js";
import type { Git } from "../repository/git.js";
import { copyIndex, type IndexLock, indexLockOf } from "../repository/index-lock.js";
import type { Operator } from "../repository/operator.js";
import { viewGit } from "../repository/view.js";
import { type IndexContent, indexContent } from "../trees/index-entries.js";
import type { Blob } from "../trees/tree-edit.js";
import type { AdvanceContext } from "./advance.js";
import type { FollowEntry, FollowPlan } from "./follow-plan.js";
import { nulled } from "./follow-trees.js";
import { withScratchIndex } from "./in-place-touched.js";

export function followingLock(operator: Operator): IndexLock {
	return indexLockOf(operator, "deadman-index");
}

/** Of a path that was announced but never added, git's index holds an empty file. */
const empty = new Set([
	"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
	"473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
]);

/** Entries that an earlier try, or the operator, has not yet brought up to date. Others than the old ones are the operator's. */
export async function staleEntries(
	context: AdvanceContext,
	plan: Pick<FollowPlan, "entries">,
): Promise<readonly FollowEntry[]> {
	return withCopy(context, async (view) => staleIn(await indexContent(view), plan.entries));
}

/** The lock is held, and given up with the new index in one rename. */
export async function changeIndex(context: AdvanceContext, lock: IndexLock, plan: FollowPlan): Promise<void> {
	const { gitDir } = context.own.operator;
	await withCopy(context, async (view, index) => {
		const stale = staleIn(await indexContent(view), plan.entries);
		if (stale.length === 0) return lock.clear();
		await view.run(indexInfoArgs(), { input: [...stale.map(removal), ...stale.map(addition)].join("") });
		await markAgain(view, stale);
		await view.run(["update-index", "-q", "--refresh"], { accept: [0, 1] });
		return lock.replace(index);
	});
	await context.files.syncFolder(gitDir);
}

function withCopy<T>(context: AdvanceContext, work: (view: Git, index: string) => Promise<T>): Promise<T> {
	const { own, commands } = context;
	return withScratchIndex(context, async (index) => {
		await copyIndex(join(own.operator.gitDir, "index"), index);
		return work(viewGit(commands, own, { workTree: own.operator.root, index }), index);
	});
}

function staleIn({ entries: there, unmerged }: IndexContent, entries: readonly FollowEntry[]): FollowEntry[] {
	return entries.filter(({ path, before, after }) => {
		const found = there.get(path);
		if (found !== undefined && found.oid === after?.oid && found.mode === after.mode) return false;
		if (before !== null) return found?.oid === before.oid && found.mode === before.mode;
		return !unmerged.has(path) && (found === undefined || empty.has(found.oid));
	});
}

function removal({ path, before, after }: FollowEntry): string {
	return `0 ${"0".repeat((before ?? after)?.oid.length ?? 40)}\t${path}\0`;
}

function addition({ path, after }: { readonly path: string; readonly after: Blob | null }): string {
	return after === null ? "" : `${after.mode} ${after.oid}\t${path}\0`;
}

async function markAgain(view: Git, entries: readonly FollowEntry[]): Promise<void> {
	for (const flag of ["--assume-unchanged", "--skip-worktree"] as const) {
		const paths = entries.filter((entry) => entry.flag === flag).map(({ path }) => path);
		if (paths.length > 0) await view.run(["update-index", flag, "-z", "--stdin"], { input: nulled(paths) });
	}
}
