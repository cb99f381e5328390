// Who has a branch checked out: the operator's working tree, a linked one, or nobody. Reads git's administrative files; runs no hook, and changes nothing.
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { askOperator, type Operator, operationOf } from "../repository/operator.js";
import type { Own } from "../repository/own-repository.js";

/**
 * `busy`: it may not move now, with the reason as a clause, and the folder in which the operator has to act.
 * A linked working tree is not followed: whoever made it (a builder has one too) decides where it lies, so nothing is written there.
 */
export type CheckedOut =
	| { readonly kind: "here" | "elsewhere" }
	| { readonly kind: "busy"; readonly reason: string; readonly folder: string };

export async function whereIsBranch(own: Own, branch: string): Promise<CheckedOut> {
	const { operator, layout } = own;
	const other = await otherTreeOn(own, branch);
	if (other !== null) return { kind: "busy", reason: `${branch} is checked out in ${other}`, folder: other };
	if (operator.bare) return { kind: "elsewhere" };
	const head = (await askOperator(operator.gitDir, layout).raw(["symbolic-ref", "--quiet", "HEAD"])).trim();
	const operation = await operationOf(operator);
	// A rebase or bisection has a detached HEAD, and puts the branch back to where it was when it is given up.
	if (operation !== null && (head === "" || head === `refs/heads/${branch}`)) {
		return { kind: "busy", reason: `the repository is in the middle of a ${operation}`, folder: operator.root };
	}
	return { kind: head === `refs/heads/${branch}` ? "here" : "elsewhere" };
}

async function otherTreeOn({ operator, layout }: Own, branch: string): Promise<string | null> {
	for (const { gitDir, folder } of await otherTrees(operator)) {
		if (!(await holds(gitDir, branch)) || (await stat(folder).catch(() => null)) === null) continue;
		if (gitDir === operator.commonDir && (await isBare(gitDir, layout))) continue;
		return folder;
	}
	return null;
}

interface WorkTree {
	readonly gitDir: string;
	readonly folder: string;
}

/** Of one working tree there may be two names, where a link leads to it. */
async function otherTrees({ gitDir, commonDir }: Operator): Promise<WorkTree[]> {
	const found: WorkTree[] = [];
	if (basename(commonDir) === ".git") found.push({ gitDir: commonDir, folder: dirname(commonDir) });
	for (const name of await readdir(join(commonDir, "worktrees")).catch(() => [])) {
		const admin = join(commonDir, "worktrees", name);
		const link = await read(join(admin, "gitdir"));
		if (link !== "") found.push({ gitDir: admin, folder: dirname(link) });
	}
	const own = await realpath(gitDir);
	const others: WorkTree[] = [];
	for (const tree of found) if ((await realpath(tree.gitDir)) !== own) others.push(tree);
	return others;
}

async function isBare(gitDir: string, layout: Own["layout"]): Promise<boolean> {
	return (await askOperator(gitDir, layout).raw(["rev-parse", "--is-bare-repository"])).trim() === "true";
}

/** As git itself asks before it lets a branch be moved by force. */
async function holds(gitDir: string, branch: string): Promise<boolean> {
	const full = `refs/heads/${branch}`;
	if ((await read(join(gitDir, "HEAD"))) === `ref: ${full}`) return true;
	for (const state of ["rebase-merge/head-name", "rebase-apply/head-name"]) {
		if ((await read(join(gitDir, state))) === full) return true;
	}
	return [branch, full].includes(await read(join(gitDir, "BISECT_START")));
}

async function read(path: string): Promise<string> {
	return (await readFile(path, "utf8").catch(() => "")).trim();
}
