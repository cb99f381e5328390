// Compares a release's tracked files with its tree, byte for byte, through a fresh index that trusts no time stamps.
import { lstat, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readTreeArgs, revisionArgs, taggedArgs, treePathsArgs } from "../repository/argv.js";
import { createGit, type Git } from "../repository/git.js";
import { pinRef } from "../repository/layout.js";
import { jobMarker } from "../repository/leftover-processes.js";
import { inParts, parsePaths } from "../repository/listing.js";
import { readMarker } from "../repository/marker.js";
import type { ReleaseContext } from "./release-context.js";

let questions = 0;

/** Every tracked path counts as differing where the release is not there at all. */
export async function verifyRelease(context: ReleaseContext, id: string): Promise<readonly string[]> {
	const { git, layout } = context.own;
	const known = await readMarker(layout, id);
	const tree = known?.tree ?? (await git.text(revisionArgs(`${pinRef(id)}^{tree}`)));
	return differingPaths(context, id, tree);
}

export async function differingPaths(context: ReleaseContext, id: string, tree: string): Promise<string[]> {
	const { git, layout } = context.own;
	const folder = context.folder(id);
	if (!(await isRealFolder(folder))) return parsePaths((await git.run(treePathsArgs(tree))).stdout);
	questions += 1;
	const index = join(layout.scratch, `verify-${questions}`);
	const release = releaseGit(context, id, index);
	try {
		await release.run(readTreeArgs(tree));
		const tagged = parsePaths((await release.run(taggedArgs())).stdout);
		const pathsTagged = (tag: string) =>
			tagged.filter((one) => one.startsWith(tag)).map((one) => one.slice(tag.length));
		const elsewhere = await behindLinks(folder, pathsTagged("H "));
		return [...new Set([...pathsTagged("C "), ...elsewhere])].sort();
	} finally {
		await rm(index, { force: true });
	}
}

/** The own repository's configuration and attributes decide, never the release's `.git` file, which a build can write. */
export function releaseGit(context: ReleaseContext, id: string, index: string): Git {
	const { layout } = context.own;
	const folder = context.folder(id);
	const git = createGit(context.commands, layout, [`--git-dir=${layout.own}`, `--work-tree=${folder}`]);
	const placed = { cwd: folder, env: { ...jobMarker(layout.stateDir, id), GIT_INDEX_FILE: index } };
	return {
		run: (args, options) => git.run(args, { ...placed, ...options }),
		text: (args, options) => git.text(args, { ...placed, ...options }),
	};
}

/** Files below a folder that was replaced by a link read as unchanged to git, but are somewhere else. Each folder is looked at once. */
async function behindLinks(folder: string, paths: readonly string[]): Promise<string[]> {
	const elsewhere = new Set<string>();
	const parents = new Set<string>();
	await inParts(paths, (path) => {
		for (let parent = dirname(path); parent !== "." && !parents.has(parent); parent = dirname(parent))
			parents.add(parent);
	});
	for (const parent of [...parents].sort()) {
		if (elsewhere.has(dirname(parent)) || !(await isRealFolder(join(folder, parent)))) elsewhere.add(parent);
	}
	return elsewhere.size === 0 ? [] : paths.filter((path) => elsewhere.has(dirname(path)));
}

async function isRealFolder(path: string): Promise<boolean> {
	return (await lstat(path).catch(() => null))?.isDirectory() === true;
}
