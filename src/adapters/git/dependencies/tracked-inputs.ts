// The tracked files that an install reads, as git's objects name them: at the top of a tree, and below it where there are workspaces. Runs nothing but `ls-tree`.
import { basename } from "node:path";
import { listTreeArgs, topEntriesArgs } from "../repository/argv.js";
import { inParts, parseTree } from "../repository/listing.js";
import type { Own } from "../repository/own-repository.js";

interface WithOwn {
	readonly own: Own;
}

/** What package managers read at the top of a tree. */
const topInputs = [
	".npmrc",
	".pnpmfile.cjs",
	".pnpmfile.mjs",
	".yarn",
	".yarnrc",
	".yarnrc.yml",
	"bun.lock",
	"bunfig.toml",
	"npm-shrinkwrap.json",
	"package-lock.json",
	"package.json",
	"patches",
	"pnpm-lock.yaml",
	"pnpm-workspace.yaml",
	"yarn.lock",
];

/** In the folder of any package. */
const inner = new Set([
	".npmrc",
	".yarnrc.yml",
	"binding.gyp",
	"package.json",
	"pnpm-lock.yaml",
	"package-lock.json",
	"yarn.lock",
]);

/** Name → mode, kind and object; a path is found as well. */
export async function topEntries(
	{ own }: WithOwn,
	tree: string,
	names: readonly string[],
): Promise<Map<string, string>> {
	const text = await own.git.text(topEntriesArgs(tree, names));
	const pairs = text.split("\0").filter((line) => line !== "");
	return new Map(pairs.map((line) => [line.slice(line.indexOf("\t") + 1), line.slice(0, line.indexOf("\t"))]));
}

export function topInputsOf(context: WithOwn, tree: string): Promise<Map<string, string>> {
	return topEntries(context, tree, [...topInputs, "binding.gyp", "node_modules"]);
}

/** Of every folder: what package managers read there, and archives that may be packages. */
export async function innerInputsOf({ own }: WithOwn, tree: string): Promise<Map<string, string>> {
	const found = new Map<string, string>();
	const entries = await parseTree((await own.git.run(listTreeArgs(tree))).stdout);
	await inParts(entries, ({ shown, mode, oid }) => {
		if (inner.has(basename(shown)) || /\.(?:tgz|tar\.gz|tar)$/.test(shown)) found.set(shown, `${mode} ${oid}`);
	});
	return found;
}
