// Where a path stands, for the rule of the live tree: real folders, links followed, and the worktree around it. Reads only.
import { lstat, readFile, realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { workspacesOf } from "../../../state/place.js";
import type { Location } from "../../location.js";
import type { Ground } from "./live-tree.js";

interface Grounds {
	/** Folders as the configuration and the client name them. */
	readonly stated: Ground;
	/** The same with links followed. */
	readonly real: Ground;
}

export async function groundAround({ root, stateDir, raw }: Location, path: string): Promise<Grounds> {
	const workspaces = await workspacesBy(raw, { root, stateDir });
	return {
		stated: { root, stateDir, workspaces, worktree: await worktreeAround(path) },
		real: {
			root: await realOf(root),
			stateDir: await realOf(stateDir),
			workspaces: await realOf(workspaces),
			worktree: await worktreeAround(await realOf(path)),
		},
	};
}

/** As configured, else as the state says it. */
async function workspacesBy(raw: unknown, { root, stateDir }: Pick<Location, "root" | "stateDir">): Promise<string> {
	const configured = (raw as { workspaceDir?: unknown } | null)?.workspaceDir;
	if (typeof configured === "string" && configured !== "") return resolve(root, configured);
	return workspacesOf(root, stateDir);
}

/** Follows links as far as the path exists; the rest is taken as it is. */
export async function realOf(path: string): Promise<string> {
	try {
		return await realpath(path);
	} catch {
		return dirname(path) === path ? path : join(await realOf(dirname(path)), basename(path));
	}
}

/** The nearest folder that is a linked worktree of git; a submodule is none. */
async function worktreeAround(path: string): Promise<string | null> {
	for (let folder = dirname(path); ; folder = dirname(folder)) {
		const mark = join(folder, ".git");
		const found = await lstat(mark).catch(() => null);
		if (found?.isFile()) return (await isLinked(mark)) ? folder : null;
		if (found !== null || dirname(folder) === folder) return null;
	}
}

async function isLinked(mark: string): Promise<boolean> {
	return /^gitdir: .*\/worktrees\/[^/]+\s*$/.test(await readFile(mark, "utf8").catch(() => ""));
}
