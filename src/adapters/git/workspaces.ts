// The port Workspaces: git worktrees that hang off the operator's repository, one per builder, each on its own branch. No security boundary; nothing is run in them.
import { readFile, realpath, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Refusal, refuse } from "../../core/refusals.js";
import type { Commands, Files, Workspace, Workspaces } from "../../ports.js";
import { isCommitHash } from "./intake.js";
import { lensGit, modifiedPaths, stagedPaths, untrackedPaths } from "./lens.js";
import { askOperator, registrationOf } from "./operator.js";
import { type Own, openOwnRepository } from "./own-repository.js";
import { createQueue } from "./queue.js";

export interface WorkspacesOptions {
	readonly root: string;
	readonly branch: string;
	readonly stateDir: string;
	readonly commands: Commands;
	readonly files: Files;
}

interface Context {
	readonly own: Own;
	readonly commands: Commands;
	/** The folder of all workspaces, without links in its path, as git prints it. */
	readonly folder: string;
}

interface Worktree extends Workspace {
	readonly halfMade: boolean;
}

const HALF_MADE = "deadman: half-made";
const SHOWN_PATHS = 5;

/** Workspaces stand at `<stateDir>/workspaces/<name>` on branch `dev/<name>`. */
export function createWorkspaces(options: WorkspacesOptions): Workspaces {
	const queue = createQueue();
	const job = <T>(work: (context: Context) => Promise<T>) =>
		queue(async () => {
			const own = await openOwnRepository(options);
			return work({ own, commands: options.commands, folder: await realpath(own.layout.workspaces) });
		}) as Promise<T>;
	return {
		create: (name, from) => job((context) => create(context, name, from)),
		list: () => job(async (context) => (await worktrees(context)).filter((one) => !one.halfMade).map(asWorkspace)),
		head: (name) => job((context) => head(context, name)),
		remove: (name) => job((context) => remove(context, name)),
	};
}

function asWorkspace({ name, path, branch, head }: Worktree): Workspace {
	return { name, path, branch, head };
}

function ask({ own }: Context) {
	return askOperator(own.operator.gitDir, own.layout);
}

async function worktrees(context: Context): Promise<Worktree[]> {
	const text = await ask(context).raw(["worktree", "list", "--porcelain", "-z"]);
	const found = text.split("\0\0").map((block) => {
		const field = (key: string) =>
			block
				.split("\0")
				.find((line) => line === key || line.startsWith(`${key} `))
				?.slice(key.length + 1);
		const path = field("worktree") ?? "";
		const name = basename(path);
		const branch = (field("branch") ?? `refs/heads/dev/${name}`).replace(/^refs\/heads\//, "");
		const locked = field("locked");
		const halfMade = locked === HALF_MADE || locked === "initializing";
		return { name, path, branch, head: field("HEAD") ?? "", halfMade };
	});
	return found.filter(({ path }) => dirname(path) === context.folder);
}

async function create(context: Context, name: string, from: string): Promise<Workspace | Refusal> {
	if (!/^[\w-]{1,40}$/.test(name)) return refuse("workspace_name", { name: JSON.stringify(name) });
	const path = join(context.folder, name);
	const branch = `dev/${name}`;
	const there = (await worktrees(context)).find((one) => one.name === name);
	if (there !== undefined && !there.halfMade) return refuse("workspace_exists", { name });
	if (there === undefined && (await branchHead(context, branch)) !== "") return refuse("workspace_exists", { name });
	if (!(await holds(context, from))) return refuse("revision_unknown", { revision: JSON.stringify(from) });
	await clear(context, name);
	const lock = ["--lock", "--reason", HALF_MADE];
	await ask(context).raw(["worktree", "add", "--quiet", "--no-checkout", ...lock, "-b", branch, path, from]);
	await fill(context, path, from);
	await ask(context).raw(["worktree", "unlock", path]);
	return { name, path, branch, head: from };
}

async function holds(context: Context, commit: string): Promise<boolean> {
	if (!isCommitHash(commit)) return false;
	return ask(context)
		.raw(["cat-file", "-e", `${commit}^{commit}`])
		.then(
			() => true,
			() => false,
		);
}

async function branchHead(context: Context, branch: string): Promise<string> {
	return (await ask(context).raw(["rev-parse", "--verify", "--quiet", `refs/heads/${branch}`])).trim();
}

async function fill(context: Context, path: string, commit: string): Promise<void> {
	const lens = await lensOf(context, path);
	await lens?.run(["read-tree", "--reset", "-u", commit]);
}

/** Through a git folder of ours: a filter that the builder configured does not run. */
async function lensOf({ own, commands }: Context, path: string) {
	const admin = await registrationOf(own.operator, path, (file) => readFile(file, "utf8").catch(() => null));
	return admin === null ? null : lensGit(commands, own, { workTree: path, index: join(admin, "index") });
}

async function head(context: Context, name: string): Promise<string | Refusal> {
	const found = (await worktrees(context)).find((one) => one.name === name && !one.halfMade);
	if (found === undefined) return refuse("workspace_unknown", { name });
	const paths = await dirtyPaths(context, found);
	return paths.length === 0 ? found.head : dirty(name, paths);
}

function dirty(name: string, paths: readonly string[]): Refusal {
	const shown = paths.slice(0, SHOWN_PATHS).map((path) => JSON.stringify(path));
	const more = paths.length > shown.length ? ` and ${paths.length - shown.length} more` : "";
	return refuse("workspace_dirty", { name, paths: `${shown.join(", ")}${more}` });
}

async function dirtyPaths(context: Context, { path, head: commit }: Worktree): Promise<string[]> {
	const lens = await lensOf(context, path);
	if (lens === null) return [];
	const staged = await stagedPaths(lens, commit);
	const modified = await modifiedPaths(lens);
	const untracked = await untrackedPaths(lens, context.own.operator);
	return [...new Set([...staged, ...modified, ...untracked])];
}

/** Uncommitted work is refused, and the branch's last commit stays under `refs/deadman/removed/<name>`: nothing is thrown away. */
async function remove(context: Context, name: string): Promise<Refusal | null> {
	const found = (await worktrees(context)).find((one) => one.name === name);
	const branch = `dev/${name}`;
	const commit = /^[\w-]{1,40}$/.test(name) ? await branchHead(context, branch) : "";
	if (found === undefined && commit === "") return refuse("workspace_unknown", { name });
	const paths = found === undefined || found.halfMade ? [] : await dirtyPaths(context, found).catch(() => []);
	if (paths.length > 0) return dirty(name, paths);
	if (commit !== "") await ask(context).raw(["update-ref", `refs/deadman/removed/${name}`, commit]);
	await clear(context, name);
	return null;
}

/** By hand: `worktree remove` fails on half-made ones. The branch goes last, so that a killed removal can be repeated. */
async function clear(context: Context, name: string): Promise<void> {
	const path = join(context.folder, name);
	await rm(path, { recursive: true, force: true });
	const { operator } = context.own;
	const admin = await registrationOf(operator, path, (file) => readFile(file, "utf8").catch(() => null));
	if (admin !== null) await rm(admin, { recursive: true, force: true });
	await ask(context).raw(["update-ref", "-d", `refs/heads/dev/${name}`]);
}
