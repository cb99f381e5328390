// Computes the swap commit in the own repository: the merged tree of live and proposal, checked, kept under a ref. Touches no working tree.
import { type Refusal, refuse } from "../../../core/refusals.js";
import type { Merged, MergeRequest } from "../../../ports/ports.js";
import {
	changedFilesArgs,
	commitTreeArgs,
	isAncestorArgs,
	mergeTreeArgs,
	revisionArgs,
	updateRefArgs,
} from "../repository/argv.js";
import type { Git } from "../repository/git.js";
import { swapRef } from "../repository/layout.js";
import { parseChanges, parsePaths } from "../repository/listing.js";
import { checkTree } from "./tree-check.js";
import { UNMERGED } from "./unmerged.js";

export interface Rules {
	readonly reserved: readonly string[];
	/** What else keeps a merged tree from being released. */
	readonly refused: (tree: string) => Promise<Refusal | null>;
	/** Whether a confirm may merge into a branch that has moved on. */
	readonly mayMerge: boolean;
}

/** The same request gives the same commit, so a repeated one changes nothing. */
export async function mergeSwap(git: Git, request: MergeRequest, rules: Rules): Promise<Merged | Refusal> {
	const { reserved, refused, mayMerge } = rules;
	const { live, proposed, shared } = request;
	const moved = mayMerge ? null : await branchMoved(git, request);
	if (moved !== null) return moved;
	const tree = await mergeTrees(git, live, proposed);
	if (typeof tree !== "string") return tree;
	if (tree === (await git.text(revisionArgs(`${live}^{tree}`)))) return refuse("no_change");
	const refusal = (await checkTree(git, { tree, shared, reserved })) ?? (await refused(tree));
	if (refusal !== null) return refusal;
	const commit = await commitSwap(git, request, tree);
	await git.run(updateRefArgs(swapRef(request.swapId), commit));
	const changes = await git.run(changedFilesArgs(live, tree));
	return { tree, commit, files: await parseChanges(changes.stdout) };
}

/** Where a confirm only ever fast-forwards the branch, what stands on it must be in the swap commit's history. */
async function branchMoved(git: Git, request: MergeRequest): Promise<Refusal | null> {
	for (const descendant of [request.live, request.proposed]) {
		if (request.branchHead === descendant) return null;
		// 128: the commit was never fetched, so it is no ancestor of what was.
		const { code } = await git.run(isAncestorArgs(request.branchHead, descendant), { accept: [0, 1, 128] });
		if (code === 0) return null;
	}
	return refuse("branch_moved", { branch: request.branch, head: request.branchHead });
}

/** What a rollback of ours took back counts as never merged: a builder who mends it proposes all of it. */
async function mergeTrees(git: Git, live: string, proposed: string): Promise<string | Refusal> {
	const options = { accept: [0, 1], replacements: UNMERGED };
	const related = await git.run(["merge-base", live, proposed], options);
	if (related.code === 1) {
		return refuse("merge_conflict", { paths: "the two have no commit in common", base: live });
	}
	const { code, stdout } = await git.run(mergeTreeArgs(live, proposed), options);
	const [tree = "", ...paths] = parsePaths(stdout);
	if (code === 0) return tree;
	return refuse("merge_conflict", {
		paths: [...new Set(paths)].map((path) => JSON.stringify(path)).join(", "),
		base: live,
	});
}

/** Dated like the proposal: the commit is a function of the request alone. */
async function commitSwap(git: Git, request: MergeRequest, tree: string): Promise<string> {
	const seconds = await git.text(["show", "--no-patch", "--format=%ct", request.proposed]);
	const date = `@${seconds} +0000`;
	return git.text(commitTreeArgs(tree, [...new Set([request.live, request.proposed])]), {
		input: request.message.replaceAll("\0", ""),
		env: { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
	});
}
