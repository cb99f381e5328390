// What a rollback took back from the operator's branch is not merged, whatever the history says: each revert of ours has a stand-in here, a commit with
// the same files and none of the undone change behind it. Merges read the stand-in, so that a mended change is proposed as a whole. Nothing else reads it.
import { isAncestorArgs, updateRefArgs } from "../repository/argv.js";
import type { Git } from "../repository/git.js";
import { commitTree } from "./tree-edit.js";

/** `<prefix><revert>` points to the stand-in, as git's own replacements do. Only the own repository has them: no builder can make one. */
export const UNMERGED = "refs/deadman/unmerged/";

export interface Undoing {
	/** The commit that takes it back. */
	readonly revert: string;
	/** What had brought the change onto the branch. */
	readonly brought: string;
	/** Where the branch stood before. */
	readonly base: string;
}

/** To be called before the revert is anybody's head. Nothing happens where the change is not in the revert's history. */
export async function setApart(git: Git, { revert, brought, base }: Undoing): Promise<void> {
	const { code } = await git.run(isAncestorArgs(brought, revert), { accept: [0, 1] });
	if (code !== 0) return;
	const parents = [base, ...(await besides(git, { revert, brought, base }))];
	const message = `Stands in for ${revert} where a proposal is merged\n`;
	const commit = await commitTree(git, { tree: `${revert}^{tree}`, parents, message, datedLike: revert });
	await git.run(updateRefArgs(`${UNMERGED}${revert}`, commit));
}

/** What others merged since: it stays merged. */
async function besides(git: Git, { revert, brought, base }: Undoing): Promise<string[]> {
	const text = await git.text(["rev-list", "--parents", "--ancestry-path", `${brought}..${revert}`]);
	const lines = text.split("\n").map((line) => line.split(" "));
	const after = new Set([brought, ...lines.map(([commit = ""]) => commit)]);
	const parents = lines.flatMap(([, ...one]) => one);
	return [...new Set(parents)].filter((parent) => !after.has(parent) && parent !== base);
}
