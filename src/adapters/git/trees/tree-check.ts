// Checks every path and link of a tree in the own repository before it may be merged or released.
import { relative } from "node:path";
import { limits } from "../../../core/limits.js";
import { type Refusal, refuse } from "../../../core/refusals.js";
import { folderName } from "../../../state/pointer.js";
import { listTreeArgs } from "../repository/argv.js";
import type { Git } from "../repository/git.js";
import { inParts, parseTree, type TreeEntry } from "../repository/listing.js";
import { createPathRule, type Problem, trackedShared } from "./path-rules.js";
import { oddMode } from "./tree-modes.js";

export interface TreeCheck {
	readonly tree: string;
	readonly shared: readonly string[];
	/** The supervisor's state folder, relative to the repository's, when it lies inside. */
	readonly reserved: readonly string[];
}

/** The first problem found, or null. */
export async function checkTree(git: Git, check: TreeCheck): Promise<Refusal | null> {
	const entries = await parseTree((await git.run(listTreeArgs(check.tree))).stdout);
	if (entries.length > limits.files) {
		return pathRefused({ path: ".", reason: `${entries.length} files, more than ${limits.files}` });
	}
	const rule = createPathRule({ ...check, links: await readLinks(git, entries) });
	let problem: Problem | null = null;
	await inParts(entries, (entry) => {
		problem ??= rule(entry);
	});
	problem = (await oddMode(git, check.tree)) ?? problem;
	if (problem !== null) return pathRefused(problem);
	const tracked = trackedShared(
		entries.map((entry) => entry.shown),
		check.shared,
	);
	return tracked === null ? null : refuse("shared_path_tracked", { path: JSON.stringify(tracked) });
}

/** The path that a malformed commit is refused for, out of a listing of it; links are not looked at. Null: every path is fine by itself. */
export async function malformedPath(listing: Buffer): Promise<Problem | null> {
	const rule = createPathRule({ links: new Map(), shared: [], reserved: [] });
	let problem: Problem | null = null;
	await inParts(await parseTree(listing), (entry) => {
		problem ??= entry.mode === "120000" ? null : rule(entry);
	});
	return problem;
}

export function pathRefused({ path, reason }: Problem): Refusal {
	return refuse("path_refused", { path: JSON.stringify(path), reason });
}

/** What no proposal may bring: the folder of the configuration and of the pointer, and where the state lies, as far as that is in the repository. */
export function reservedPaths(root: string, stateDir: string): readonly string[] {
	const path = relative(root, stateDir);
	const isInside = path !== "" && !path.startsWith("..");
	return isInside && !`${path}/`.startsWith(`${folderName}/`) ? [folderName, path] : [folderName];
}

const LONGEST_TARGET = 4_096;

/** A longer target is cut to a length that the rule refuses. */
async function readLinks(git: Git, entries: readonly TreeEntry[]): Promise<Map<string, string>> {
	const links = new Map<string, string>();
	const all = entries.filter((entry) => entry.mode === "120000");
	for (const entry of all) {
		if (entry.bytes >= LONGEST_TARGET) links.set(entry.shown, "x".repeat(LONGEST_TARGET));
	}
	const readable = all.filter((entry) => entry.bytes < LONGEST_TARGET);
	if (readable.length === 0) return links;
	const input = readable.map((entry) => `${entry.oid}\n`).join("");
	const { stdout } = await git.run(["cat-file", "--batch"], { input });
	let at = 0;
	await inParts(readable, (entry) => {
		const start = stdout.indexOf(10, at) + 1;
		links.set(entry.shown, stdout.subarray(start, start + entry.bytes).toString("utf8"));
		at = start + entry.bytes + 1;
	});
	return links;
}
