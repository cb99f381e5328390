// What the operator has not committed, as two trees, and what becomes of each when the confirmed change is merged into it. Looks through our own git folder and
// writes objects only there; of the working tree and the index it changes nothing.

import {
	commitTreeArgs,
	committedAtArgs,
	mergeTreeArgs,
	modifiedArgs,
	revisionArgs,
	writeTreeArgs,
} from "../repository/argv.js";
import type { Git } from "../repository/git.js";
import { parsePaths } from "../repository/listing.js";
import { type IndexContent, indexContent } from "../trees/index-entries.js";

export interface Trees {
	/** What is staged, and what the working tree holds of tracked paths. */
	readonly staged: string;
	readonly edited: string;
	/** The commit that keeps both, as `git stash` would make it; null where nothing differs from the branch. */
	readonly kept: string | null;
	readonly index: IndexContent;
}

export interface TreesRequest {
	readonly from: string;
	/** Of them the operator's marks are not believed: they are to change. */
	readonly touched: readonly string[];
	/** Is there anything at this path? */
	readonly isThere: (path: string) => Promise<boolean>;
	readonly message: string;
}

/** `view` has a copy of the operator's index, which holds what the working tree does when this is done. Paths of an unresolved merge are an answer. */
export async function uncommitted(
	view: Git,
	request: TreesRequest,
): Promise<Trees | { readonly clash: readonly string[] }> {
	const index = await indexContent(view);
	if (index.unmerged.size > 0) return { clash: [...index.unmerged].sort() };
	await believeFiles(view, index, request);
	const staged = await view.text(writeTreeArgs());
	const modified = (await view.run(modifiedArgs())).stdout;
	if (modified.length > 0) {
		await view.run(["update-index", "-z", "--add", "--remove", "--replace", "--stdin"], { input: modified });
	}
	const edited = await view.text(writeTreeArgs());
	return { staged, edited, kept: await keptCommit(view, { staged, edited }, request), index };
}

async function believeFiles(view: Git, { entries }: IndexContent, { touched, isThere }: TreesRequest): Promise<void> {
	for (const flag of ["--assume-unchanged", "--skip-worktree"] as const) {
		const paths: string[] = [];
		for (const path of touched) {
			if (entries.get(path)?.flag === flag && (flag === "--assume-unchanged" || (await isThere(path))))
				paths.push(path);
		}
		if (paths.length > 0)
			await view.run(["update-index", flag.replace("--", "--no-"), "-z", "--stdin"], { input: nulled(paths) });
	}
}

export function nulled(paths: readonly string[]): string {
	return paths.map((path) => `${path}\0`).join("");
}

async function keptCommit(
	view: Git,
	{ staged, edited }: { readonly staged: string; readonly edited: string },
	{ from, message }: TreesRequest,
): Promise<string | null> {
	if (edited === staged && staged === (await view.text(revisionArgs(`${from}^{tree}`)))) return null;
	const index = await commitOn(view, { tree: staged, parents: [from], message: `index of ${message}` });
	return commitOn(view, { tree: edited, parents: [from, index], message: `WIP of ${message}` });
}

interface NewCommit {
	readonly tree: string;
	readonly parents: readonly [string, ...string[]];
	readonly message: string;
}

/** Dated like the branch: the same edits give the same commit. */
async function commitOn(view: Git, { tree, parents, message }: NewCommit): Promise<string> {
	const date = `@${await view.text(committedAtArgs(parents[0]))} +0000`;
	const env = { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
	return view.text(commitTreeArgs(tree, parents), { input: `${message}\n`, env });
}

/** What is staged and what is edited, each with the change in it. */
export type Merging = { readonly staged: string; readonly edited: string } | { readonly clash: readonly string[] };

/** Hunk by hunk; whatever git would ask about is a clash. */
export async function mergeInto(
	view: Git,
	trees: Trees,
	{ from, to }: { readonly from: string; readonly to: string },
): Promise<Merging> {
	const wanted = await view.text(revisionArgs(`${to}^{tree}`));
	if (trees.kept === null) return { staged: wanted, edited: wanted };
	const base = await view.text(revisionArgs(`${from}^{tree}`));
	const staged =
		trees.staged === base ? wanted : await merged(view, await view.text(revisionArgs(`${trees.kept}^2`)), to);
	if (typeof staged !== "string") return staged;
	const edited = trees.edited === trees.staged ? staged : await merged(view, trees.kept, to);
	return typeof edited === "string" ? { staged, edited } : edited;
}

/** A folder that the change renamed is no reason to move a file that the operator has just made in it. */
async function merged(
	view: Git,
	ours: string,
	theirs: string,
): Promise<string | { readonly clash: readonly string[] }> {
	const { code, stdout } = await view.run(["-c", "merge.directoryRenames=false", ...mergeTreeArgs(ours, theirs)], {
		accept: [0, 1],
	});
	const [tree = "", ...paths] = parsePaths(stdout);
	return code === 0 ? tree : { clash: [...new Set(paths)].sort() };
}

/** Null where nothing but the confirmed tree is staged. */
export async function stagedCommit(view: Git, tree: string, to: string): Promise<string | null> {
	if (tree === (await view.text(revisionArgs(`${to}^{tree}`)))) return null;
	return commitOn(view, { tree, parents: [to], message: "index" });
}
