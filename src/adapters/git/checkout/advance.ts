// Brings commits into the operator's repository: objects first, then a ref, a branch by compare-and-set. What is checked out there is not looked at here.
import { lstat, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CommandFailed, type Commands, type Files, type Gate, type Log } from "../../../ports/ports.js";
import { deleteRefArgs, indexPackArgs, isAncestorArgs, packArgs, updateRefArgs } from "../repository/argv.js";
import { createGit, type Git } from "../repository/git.js";
import { withIntent } from "../repository/intents.js";
import { askOperator, branchLocks, giveTo } from "../repository/operator.js";
import type { Own } from "../repository/own-repository.js";

export interface BranchMove {
	readonly branch: string;
	readonly expected: string;
	readonly to: string;
}

export interface AdvanceContext {
	readonly own: Own;
	readonly commands: Commands;
	readonly files: Files;
	readonly gate: Gate;
	readonly log: Log;
	readonly lockWaitMs: number;
}

export async function branchHead({ own }: Pick<AdvanceContext, "own">, branch: string): Promise<string | null> {
	return refAt(own, `refs/heads/${branch}`);
}

let sendings = 0;

/**
 * Whole there before a ref moves: a branch never points to what is missing. They arrive in a folder of ours, so that a git that dies within it leaves nothing
 * that we would not know again. `from`: where the objects are, if not in the own repository alone.
 */
export async function sendObjects(
	{ own, commands }: Pick<AdvanceContext, "own" | "commands">,
	{ to, expected }: { readonly to: string; readonly expected: string },
	from: Pick<Git, "text"> = own.git,
): Promise<void> {
	sendings += 1;
	const prefix = join(own.layout.scratch, `send-${sendings}`);
	const objects = join(own.operator.commonDir, "objects");
	const arriving = join(objects, `${ARRIVING}${sendings}`);
	if (sendings === 1) await clearArriving(objects);
	const hash = await from.text(packArgs(prefix), { input: `${to}\n^${expected}\n` });
	const operatorGit = createGit(commands, own.layout, [`--git-dir=${own.operator.commonDir}`]);
	const env = { GIT_OBJECT_DIRECTORY: arriving, GIT_ALTERNATE_OBJECT_DIRECTORIES: JSON.stringify(objects) };
	try {
		await mkdir(join(arriving, "pack"), { recursive: true });
		await operatorGit.run(indexPackArgs(), { inputFile: `${prefix}-${hash}.pack`, env });
		await takeIn(join(arriving, "pack"), join(objects, "pack"));
	} finally {
		for (const kind of ["pack", "idx", "rev"]) await rm(`${prefix}-${hash}.${kind}`, { force: true });
		await rm(arriving, { recursive: true, force: true });
	}
}

const ARRIVING = "deadman-arriving-";

/** What earlier lives left. */
async function clearArriving(objects: string): Promise<void> {
	const names = (await readdir(objects)).filter((name) => name.startsWith(ARRIVING));
	for (const name of names) await rm(join(objects, name), { recursive: true, force: true });
}

/** A pack is looked for by its index, so that comes last. */
async function takeIn(from: string, to: string): Promise<void> {
	await mkdir(to, { recursive: true });
	const names = (await readdir(from)).filter((name) => /^pack-[0-9a-f]+\.(pack|rev|idx)$/.test(name));
	const inOrder = names.sort((one, other) => Number(one.endsWith(".idx")) - Number(other.endsWith(".idx")));
	for (const name of inOrder) await rename(join(from, name), join(to, name));
	await syncFolder(to);
}

/** git syncs the file of a moved ref, but not its name. */
async function syncRef({ operator }: Own, branch: string): Promise<void> {
	await syncFolder(dirname(join(operator.commonDir, "refs", "heads", branch)));
}

/** Absent is fine. */
async function syncFolder(path: string): Promise<void> {
	const folder = await open(path, "r").catch(() => null);
	if (folder === null) return;
	await folder.sync().finally(() => folder.close());
}

/** Those that git takes to move it. */
function refLocks({ operator }: Own, branch: string): string[] {
	return branchLocks(operator, branch).filter((path) => basename(path) !== "packed-refs.lock");
}

/** Null when moved; else where the branch stands. */
export async function moveRef(
	context: Pick<AdvanceContext, "own" | "commands">,
	{ branch, to, expected }: BranchMove,
): Promise<string | null> {
	const { own, commands } = context;
	const git = createGit(commands, own.layout, [`--git-dir=${own.operator.gitDir}`]);
	try {
		await withIntent(own, { locks: refLocks(own, branch), commits: [to] }, async () => {
			await git.run(updateRefArgs(`refs/heads/${branch}`, to, expected));
			await syncRef(own, branch);
		});
		return null;
	} catch (error) {
		if (!(error instanceof CommandFailed)) throw error;
		const head = await branchHead(context, branch);
		if (head === to) return null;
		if (head === expected) throw error;
		return head ?? "";
	}
}

/** Does the operator's branch, at `head`, have the commit by now? */
export async function contains(
	{ own, commands }: Pick<AdvanceContext, "own" | "commands">,
	head: string,
	commit: string,
) {
	if (head === commit) return true;
	const git = createGit(commands, own.layout, [`--git-dir=${own.operator.gitDir}`]);
	// 128: the commit never arrived there.
	return (await git.run(isAncestorArgs(commit, head), { accept: [0, 1, 128] })).code === 0;
}

/** Of ours alone, below `refs/deadman/`: so a lock that is left there is ours too. Whatever stood there is replaced. */
export async function setRef(
	context: Pick<AdvanceContext, "own" | "commands">,
	ref: string,
	to: string,
): Promise<void> {
	const { operator, layout } = context.own;
	const file = join(operator.commonDir, ref);
	await rm(`${file}.lock`, { force: true });
	await createGit(context.commands, layout, [`--git-dir=${operator.gitDir}`]).run(updateRefArgs(ref, to));
	const like = await lstat(operator.commonDir);
	for (let folder = dirname(file); folder !== operator.commonDir; folder = dirname(folder)) {
		await giveTo(folder, like);
		await syncFolder(folder);
	}
	await syncFolder(operator.commonDir);
}

/** By hand as far as that goes: git would lock the packed refs, and a git that dies leaves that. */
export async function dropRef(context: Pick<AdvanceContext, "own" | "commands">, ref: string): Promise<void> {
	const { operator, layout } = context.own;
	const file = join(operator.commonDir, ref);
	for (const path of [`${file}.lock`, file]) await rm(path, { force: true });
	await syncFolder(dirname(file));
	if ((await refAt(context.own, ref)) === null) return;
	await createGit(context.commands, layout, [`--git-dir=${operator.gitDir}`]).run(deleteRefArgs(ref));
}

export async function refAt({ operator, layout }: Own, ref: string): Promise<string | null> {
	const text = await askOperator(operator.gitDir, layout).raw(["rev-parse", "--verify", "--quiet", ref]);
	return text.trim() === "" ? null : text.trim();
}
