// The little that `deadman init` reads of a git repository, from its files: where it is, its branch, and its private ignore list.
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type Refusal, refuse } from "../../../core/refusals.js";

export interface RepositoryFolder {
	readonly root: string;
	readonly gitDir: string;
}

/** The nearest repository from `start` upwards. */
export async function repositoryOf(start: string): Promise<RepositoryFolder | Refusal> {
	for (let folder = start; ; folder = dirname(folder)) {
		const gitDir = await gitDirOf(folder);
		if (gitDir !== null)
			return (await isBare(gitDir)) ? refuse("repository_bare", { path: folder }) : { root: folder, gitDir };
		if (await isBare(folder)) return refuse("repository_bare", { path: folder });
		if (dirname(folder) === folder) return refuse("not_a_repository", { path: start });
	}
}

/** Its configuration says so. A linked worktree of a bare repository has a checkout, and no configuration of its own. */
async function isBare(gitDir: string): Promise<boolean> {
	const [head, config] = await Promise.all(
		["HEAD", "config"].map((name) => readFile(join(gitDir, name), "utf8").catch(() => null)),
	);
	return head !== null && /^\s*bare\s*=\s*true\s*$/im.test(config ?? "");
}

/** A linked worktree and a submodule have a file instead of the folder. */
async function gitDirOf(root: string): Promise<string | null> {
	const path = join(root, ".git");
	const found = await stat(path).catch(() => null);
	if (found === null) return null;
	if (found.isDirectory()) return path;
	const link = /^gitdir: (.+)$/m.exec(await readFile(path, "utf8"))?.[1];
	return link === undefined ? null : resolve(root, link.trim());
}

/** The branch that is checked out; `main` where none is. */
export async function branchOf({ gitDir }: RepositoryFolder): Promise<string> {
	const head = await readFile(join(gitDir, "HEAD"), "utf8").catch(() => "");
	return /^ref: refs\/heads\/(.+)$/m.exec(head)?.[1]?.trim() ?? "main";
}

export async function excludeFromGit({ gitDir }: RepositoryFolder): Promise<void> {
	const common = await readFile(join(gitDir, "commondir"), "utf8").catch(() => ".");
	const path = join(resolve(gitDir, common.trim()), "info", "exclude");
	const text = await readFile(path, "utf8").catch(() => "");
	if (text.split(/\r?\n/).some((line) => /^\/?\.deadman\/?$/.test(line.trim()))) return;
	await mkdir(dirname(path), { recursive: true });
	await writeFile(path, `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}/.deadman/\n`);
}
