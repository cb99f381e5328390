// Finds the git folder that all worktrees of a repository share, by reading a few small files: no git runs, so nothing of the repository does either.
import { open, realpath, stat } from "node:fs/promises";
import { join, resolve } from "node:path";

const MAX_TEXT = 8_192;

/** Real path; null where `root` is the top of no repository. As git looks, but never above `root`: what lies there is no business of this supervisor. */
export async function repositoryFolder(root: string): Promise<string | null> {
	const gitDir = await gitFolderOf(root);
	if (gitDir === null) return null;
	const shared = await textOf(join(gitDir, "commondir"));
	const folder = shared === null || shared === "" ? gitDir : resolve(gitDir, shared);
	return (await looksLikeGit(folder)) ? realpath(folder) : null;
}

/** A folder, or a file that names one: in linked worktrees and submodules. Else `root` itself, where it is bare. */
async function gitFolderOf(root: string): Promise<string | null> {
	const path = join(root, ".git");
	const found = await stat(path).catch(() => null);
	if (found?.isDirectory() === true) return path;
	if (found?.isFile() === true) {
		const named = /^gitdir: (.+)$/s.exec((await textOf(path)) ?? "")?.[1];
		return named === undefined ? null : resolve(root, named);
	}
	return (await looksLikeGit(root)) ? root : null;
}

async function looksLikeGit(folder: string): Promise<boolean> {
	const [head, objects, refs] = await Promise.all(
		["HEAD", "objects", "refs"].map((name) => stat(join(folder, name)).catch(() => null)),
	);
	return head?.isFile() === true && objects?.isDirectory() === true && refs?.isDirectory() === true;
}

/** Its beginning, without the last line end; null where it cannot be read. */
async function textOf(path: string): Promise<string | null> {
	const file = await open(path, "r").catch(() => null);
	if (file === null) return null;
	try {
		const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(MAX_TEXT) });
		return buffer.subarray(0, bytesRead).toString("utf8").replace(/\n+$/, "");
	} catch {
		return null;
	} finally {
		await file.close();
	}
}
