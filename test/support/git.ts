// Throw-away repositories for tests, driven with plain git: the one that an operator or a builder would use, without hardening.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, lstat, mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { createCommands } from "../../src/adapters/process/confine/commands.js";
import { createFiles } from "../../src/adapters/system/files.js";
import type { Commands, Files, Gate, Log } from "../../src/ports/ports.js";
import { temporaryFolder } from "./temporary.js";

const execute = promisify(execFile);

/** A person's environment: their own name, no configuration of this machine. */
export const plainGitEnvironment: Readonly<Record<string, string>> = {
	PATH: process.env.PATH ?? "",
	HOME: "/nonexistent",
	LC_ALL: "C",
	GIT_CONFIG_NOSYSTEM: "1",
	GIT_CONFIG_GLOBAL: "/dev/null",
	GIT_AUTHOR_NAME: "Builder",
	GIT_AUTHOR_EMAIL: "builder@example.test",
	GIT_COMMITTER_NAME: "Builder",
	GIT_COMMITTER_EMAIL: "builder@example.test",
};

/** Standard output of plain git, without its last newline. */
export async function plainGit(folder: string, ...args: string[]): Promise<string> {
	const running = execute("git", ["-c", "core.quotePath=false", ...args], {
		cwd: folder,
		env: plainGitEnvironment,
		maxBuffer: 256 * 1024 * 1024,
	});
	running.child.stdin?.end();
	const { stdout } = await running;
	return stdout.replace(/\n$/, "");
}

/** What stands at a path: bytes, an executable, a link, or nothing. */
export type Content = string | Buffer | { readonly link: string } | { readonly executable: string | Buffer } | null;

export type Tree = Readonly<Record<string, Content>>;

/** Writes into a working tree; replaces a folder by a file and the other way round. */
export async function writeTree(folder: string, tree: Tree): Promise<void> {
	for (const [path, content] of Object.entries(tree)) {
		const full = join(folder, path);
		await rm(full, { recursive: true, force: true });
		if (content === null) continue;
		await mkdir(dirname(full), { recursive: true });
		if (typeof content === "string" || Buffer.isBuffer(content)) await writeFile(full, content);
		else if ("link" in content) await symlink(content.link, full);
		else {
			await writeFile(full, content.executable);
			await chmod(full, 0o755);
		}
	}
}

export interface TestRepository {
	readonly root: string;
	readonly stateDir: string;
	/** Plain git in the root. */
	git(...args: string[]): Promise<string>;
	/** Writes, adds everything, commits on what is checked out; resolves with the hash. */
	commit(tree: Tree, message?: string): Promise<string>;
}

/** An operator's repository on branch main with one commit. Call it inside a test. */
export async function makeRepository(first: Tree = { "app.txt": "one\n" }): Promise<TestRepository> {
	const folder = await temporaryFolder("deadman-git");
	const root = join(folder, "operator");
	await mkdir(root);
	const git = (...args: string[]) => plainGit(root, ...args);
	await git("init", "--quiet", "--initial-branch=main");
	await git("config", "gc.auto", "0");
	await writeFile(join(root, ".git", "info", "exclude"), ".deadman/\n");
	const commit = (tree: Tree, message = "change") => commitTree(root, tree, message);
	await commit(first, "first");
	return { root, stateDir: join(root, ".deadman"), git, commit };
}

/** Commits in any working tree, such as a builder's workspace. */
export async function commitTree(folder: string, tree: Tree, message = "change"): Promise<string> {
	await writeTree(folder, tree);
	await plainGit(folder, "add", "--all");
	await plainGit(folder, "commit", "--quiet", "--allow-empty", "-m", message);
	return plainGit(folder, "rev-parse", "HEAD");
}

export interface Tools {
	readonly commands: Commands;
	readonly files: Files;
	readonly gate: Gate;
	readonly log: Log;
	/** Events of `log`. */
	readonly logged: string[];
	/** Sites that `gate` let through. */
	readonly passed: string[];
}

/** The real runner and file operations, with a gate and a log that remember. */
export function makeTools(): Tools {
	const logged: string[] = [];
	const passed: string[] = [];
	const log = (event: string) => void logged.push(event);
	return {
		commands: createCommands({ scrub: (text) => text }),
		files: createFiles(),
		gate: {
			around: (site, effect) => {
				passed.push(site);
				return effect();
			},
		},
		log: { info: log, warn: log, error: log },
		logged,
		passed,
	};
}

/** Path → kind, permissions, and a hash of the bytes or the link's target; for comparing whole folders. */
export async function manifestOf(folder: string, skip: readonly string[] = [".git"]): Promise<Record<string, string>> {
	const found: Record<string, string> = {};
	for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
		const full = join(entry.parentPath, entry.name);
		const path = relative(folder, full);
		if (skip.some((one) => path === one || path.startsWith(`${one}/`))) continue;
		if (entry.isSymbolicLink()) found[path] = `link to ${await readlink(full)}`;
		else if (entry.isFile()) found[path] = await fileLine(full);
	}
	return found;
}

async function fileLine(path: string): Promise<string> {
	const { mode } = await lstat(path);
	return line(mode & 0o7777, await readFile(path));
}

function line(mode: number, bytes: string | Buffer): string {
	return `${mode.toString(8)} ${createHash("sha256").update(bytes).digest("hex")}`;
}

/** What `manifestOf` must say of a folder that holds these trees, written one over the other. */
export function manifestOfTree(...trees: readonly Tree[]): Record<string, string> {
	const found: Record<string, string> = {};
	for (const [path, content] of trees.flatMap((tree) => Object.entries(tree))) {
		delete found[path];
		if (content === null) continue;
		if (typeof content === "string" || Buffer.isBuffer(content)) found[path] = line(0o644, content);
		else if ("link" in content) found[path] = `link to ${content.link}`;
		else found[path] = line(0o755, content.executable);
	}
	return found;
}
