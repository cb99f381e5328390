// Looks at a workspace's files through a git folder of ours, and fills fresh ones: no filter, hook or monitor of the builder's runs.
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { CommandFailed } from "../../../ports/ports.js";
import { registrationOf } from "../repository/operator.js";
import { modifiedPaths, stagedPaths, untrackedPaths, viewGit } from "../repository/view.js";
import { pathOf, type WorkspaceContext } from "./workspace-context.js";
import { isOutcome } from "./workspace-exclude.js";
import { copyOut, inFolder, openFolder } from "./workspace-reach.js";
import type { Found } from "./workspace-survey.js";

/** The administrative folder of a worktree; null without a registration. */
export function registrationFolder({ own }: WorkspaceContext, path: string): Promise<string | null> {
	return registrationOf(own.operator, path, (file) => readFile(file, "utf8").catch(() => null));
}

export function viewAt({ own, commands }: WorkspaceContext, workTree: string, index: string) {
	return viewGit(commands, own, { workTree, index });
}

/** Into a folder where nothing stands yet. */
export async function fill(context: WorkspaceContext, files: Filling): Promise<void> {
	await viewAt(context, files.path, files.index).run(["read-tree", "--reset", "-u", files.commit]);
}

export interface Filling {
	readonly path: string;
	readonly index: string;
	readonly commit: string;
}

/** What differs from `commit`, staged or not, and what is untracked; the empty files that we put there are neither. */
export async function dirtyPaths(context: WorkspaceContext, one: Found, commit: string): Promise<string[]> {
	const index = join(context.own.layout.scratch, `look-${one.name}`);
	try {
		const known = await copyIndex(context, one, index);
		return await compare(context, one, { index, commit, known });
	} catch (error) {
		if (!(error instanceof CommandFailed)) throw error;
		return await compare(context, one, { index, commit, known: false });
	} finally {
		await rm(index, { force: true });
	}
}

interface Comparison {
	readonly index: string;
	readonly commit: string;
	/** The builder's own index is there and, as far as is known, readable; else a fresh one is made. */
	readonly known: boolean;
}

async function compare(context: WorkspaceContext, one: Found, { index, commit, known }: Comparison): Promise<string[]> {
	const view = viewAt(context, one.path, index);
	if (!known) {
		await rm(index, { force: true });
		await view.run(["read-tree", commit]);
	}
	const staged = await stagedPaths(view, commit);
	const modified = await modifiedPaths(view);
	const untracked = await untrackedPaths(view, context.own.operator);
	const ours = new Set(one.placeholders);
	return [...new Set([...staged, ...modified, ...untracked.filter((path) => !ours.has(path) && !isOutcome(path))])];
}

const MAX_INDEX_BYTES = 256 * 1024 * 1024;

/** A copy: what git reads twice cannot change in between, and a link in its place is not followed. */
async function copyIndex(context: WorkspaceContext, one: Found, to: string): Promise<boolean> {
	await rm(to, { force: true });
	const folder =
		one.kind === "clone" ? join(pathOf(context, one.name), ".git") : await registrationFolder(context, one.path);
	const handle = folder === null ? null : await openFolder(folder).catch(() => null);
	if (handle === null) return false;
	try {
		const size = await inFolder(handle, [], (at) =>
			at === null ? Promise.resolve(0) : copyOut(at, "index", { to, maxBytes: MAX_INDEX_BYTES }),
		);
		return size > 0 && size <= MAX_INDEX_BYTES;
	} finally {
		await handle.close();
	}
}
