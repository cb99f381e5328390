// Looks at the operator's or a builder's working tree through a git folder of ours: their files and index, but our configuration and attributes. So no filter, hook or monitor of theirs runs.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Commands } from "../../../ports/ports.js";
import { modifiedArgs, stagedArgs, untrackedArgs } from "./argv.js";
import { asFlags } from "./environment.js";
import { createGit, type Git } from "./git.js";
import type { Layout } from "./layout.js";
import { parsePaths } from "./listing.js";
import { askOperator, type Operator } from "./operator.js";

export interface View {
	readonly workTree: string;
	readonly index: string;
}

export function viewGit(commands: Commands, own: { layout: Layout; operator: Operator }, tree: View): Git {
	const { layout, operator } = own;
	const git = createGit(commands, layout, [`--git-dir=${layout.view}`, `--work-tree=${tree.workTree}`]);
	const env = {
		GIT_INDEX_FILE: tree.index,
		GIT_OBJECT_DIRECTORY: join(layout.own, "objects"),
		GIT_ALTERNATE_OBJECT_DIRECTORIES: JSON.stringify(join(operator.commonDir, "objects")),
	};
	const placed = <T>(ask: (args: readonly string[], options: Parameters<Git["run"]>[1]) => Promise<T>): typeof ask => {
		return async (args, options) => {
			const settings = await lineEndings(operator, layout);
			return ask([...asFlags(settings), ...args], { cwd: tree.workTree, ...options, env: { ...env, ...options?.env } });
		};
	};
	return { run: placed(git.run), text: placed(git.text) };
}

/** How the operator's git writes text files; reading a configuration runs nothing. */
export async function lineEndings(operator: Operator, layout: Layout): Promise<string[]> {
	const names = "^core\\.(autocrlf|eol|filemode|symlinks|ignorecase)$";
	const text = await askOperator(operator.gitDir, layout).raw(["config", "--local", "-z", "--get-regexp", names]);
	return text.split("\0").flatMap((pair) => {
		const [name = "", value = ""] = pair.split("\n");
		return /^(true|false|input|lf|crlf|native)$/.test(value) ? [`${name}=${value}`] : [];
	});
}

/** Paths that differ between `commit` and the index. */
export async function stagedPaths(view: Git, commit: string): Promise<string[]> {
	return parsePaths((await view.run(stagedArgs(commit))).stdout);
}

/** Tracked paths that differ between the index and the working tree. */
export async function modifiedPaths(view: Git): Promise<string[]> {
	return parsePaths((await view.run(modifiedArgs())).stdout);
}

export async function untrackedPaths(view: Git, operator: Operator): Promise<string[]> {
	const exclude = join(operator.commonDir, "info", "exclude");
	const readable = await readFile(exclude).then(
		() => exclude,
		() => null,
	);
	return parsePaths((await view.run(untrackedArgs(readable))).stdout);
}
