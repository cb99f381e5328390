// Whether a path belongs to what runs: the repository's own checkout and deadman's state. Workspaces, and other worktrees of git, do not.
// Pure; paths are absolute and have their links followed.
import { posix } from "node:path";

export interface Ground {
	/** The repository's folder. */
	readonly root: string;
	readonly stateDir: string;
	/** Where workspaces lie. */
	readonly workspaces: string;
	/** Linked worktrees around the path, found by their `.git` files. */
	readonly worktree: string | null;
}

/** A sentence for the builder; null where the path may be written. */
export function forbidsWrite(path: string, { root, stateDir, workspaces, worktree }: Ground): string | null {
	if (isBelow(workspaces, path)) return null;
	if (isWithin(stateDir, path) || isWithin(posix.join(root, ".deadman"), path)) {
		return `${path} is deadman's own: its state and configuration are the operator's.`;
	}
	if (!isWithin(root, path)) return null;
	if (worktree !== null && worktree !== root && isWithin(root, worktree)) return null;
	return `${path} is in the live checkout. Edit in a workspace (create_workspace, or \`deadman workspace create NAME\`), commit there, and propose it.`;
}

/** Not the folder of all workspaces itself, and nothing that lies there beside them. */
function isBelow(folder: string, path: string): boolean {
	return isWithin(folder, path) && posix.relative(folder, path).includes("/");
}

function isWithin(folder: string, path: string): boolean {
	return path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

/** The files that a patch of Codex's `apply_patch` touches. */
export function pathsOfPatch(patch: string): string[] {
	return [...patch.matchAll(/^\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.+)$/gm)].map(([, path]) =>
		String(path).trim(),
	);
}
