// A branch that moved on during a trial gets the confirmed commit by a merge, made in the own repository: where git merges cleanly and nothing was taken off the
// branch. No ref of the operator's moves here.
import { commitTreeArgs, committedAtArgs, isAncestorArgs, mergeTreeArgs, updateRefArgs } from "../repository/argv.js";
import { parsePaths } from "../repository/listing.js";
import { fetchCommit } from "../trees/intake.js";
import type { AdvanceContext, BranchMove } from "./advance.js";

/** Holds the newest merge, so that no cleaning takes it before it is on the branch. */
const MERGE_REF = "refs/deadman/merge";

export interface OnMoved extends BranchMove {
	/** Where the branch stands by now. */
	readonly head: string;
	/** Of the swap. */
	readonly name: string;
}

/** Why it cannot be: a clause, or the paths that both changed. */
export interface Unmergeable {
	readonly reason: string | null;
	readonly paths: readonly string[];
}

/** The same two commits give the same merge: another try goes on with it. */
export async function mergeOnto({ own }: Pick<AdvanceContext, "own">, moved: OnMoved): Promise<string | Unmergeable> {
	const { head, expected, to, branch, name } = moved;
	const refusal = await fetchCommit(own, head);
	if (refusal !== null) return { reason: `git will not take in what stands there: ${refusal.message}`, paths: [] };
	const leadsOn = await own.git.run(isAncestorArgs(expected, head), { accept: [0, 1, 128] });
	if (leadsOn.code !== 0) return { reason: "commits were taken off it", paths: [] };
	const { code, stdout } = await own.git.run(mergeTreeArgs(head, to), { accept: [0, 1] });
	const [tree = "", ...paths] = parsePaths(stdout);
	if (code !== 0) return { reason: null, paths: [...new Set(paths)].sort() };
	const date = `@${await own.git.text(committedAtArgs(head))} +0000`;
	const merge = await own.git.text(commitTreeArgs(tree, [head, to]), {
		input: `Merge the confirmed change ${name} into ${branch}\n`,
		env: { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
	});
	await own.git.run(updateRefArgs(MERGE_REF, merge));
	return merge;
}
