// How far the operator's branch is ahead of what is live. Asked by every status: what was counted for the same two commits is not counted again.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createGit } from "../repository/git.js";
import { type AdvanceContext, branchHead } from "./advance.js";

export interface Count {
	readonly branch: string;
	readonly live: string;
}

/** Commits that the branch has and the live version lacks; null where there is no branch, or the operator's repository has not got the live commit. */
export function createAhead(): (
	context: Pick<AdvanceContext, "own" | "commands">,
	count: Count,
) => Promise<number | null> {
	let known = { key: "", commits: null as number | null };
	return async (context, { branch, live }) => {
		if ((await looseHead(context.own.operator.commonDir, branch)) === live) return 0;
		const head = await branchHead(context, branch);
		if (head === null || head === live) return head === null ? null : 0;
		const key = `${head} ${live}`;
		if (known.key !== key) known = { key, commits: await countBetween(context, live, head) };
		return known.commits;
	};
}

/** Without a git: mostly a branch has a file of its own. */
async function looseHead(commonDir: string, branch: string): Promise<string> {
	return (await readFile(join(commonDir, "refs", "heads", branch), "utf8").catch(() => "")).trim();
}

async function countBetween({ own, commands }: Pick<AdvanceContext, "own" | "commands">, live: string, head: string) {
	const git = createGit(commands, own.layout, [`--git-dir=${own.operator.gitDir}`]);
	const { code, stdout } = await git.run(["rev-list", "--count", head, `^${live}`, "--"], { accept: [0, 128] });
	return code === 0 ? Number(stdout.toString().trim()) : null;
}
