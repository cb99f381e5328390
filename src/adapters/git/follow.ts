// Lets the operator's clean checkout follow its branch: file by file, each old or new, so that a killed try can go on. Leaves anything else alone.
import { mkdir, rename, rm, rmdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ChangedFile } from "../../core/swap.js";
import type { Commands } from "../../ports.js";
import { changedFilesArgs, checkoutToArgs } from "./argv.js";
import { createPlan, type Plan } from "./follow-plan.js";
import type { Git } from "./git.js";
import { copyIndex, indexLockOf } from "./index-lock.js";
import { lensGit, modifiedPaths, stagedPaths } from "./lens.js";
import { parseChanges } from "./listing.js";
import { indexLock, type Operator, operationOf, waitForLocks } from "./operator.js";
import type { Own } from "./own-repository.js";

export interface FollowRequest {
	readonly from: string;
	readonly to: string;
	readonly lockWaitMs: number;
}

export type Followed = "followed" | "left_dirty";

/** Is the index still the old one, and each file old or new? Asked before the branch moves, and again after a crash. */
export async function planFollow(own: Own, commands: Commands, request: FollowRequest): Promise<Plan | null> {
	if ((await operationOf(own.operator)) !== null) return null;
	await clearOwnLock(own.operator);
	if ((await waitForLocks([indexLock(own.operator)], request.lockWaitMs)) !== null) return null;
	const index = join(own.operator.gitDir, "index");
	const scratch = await scratchIndex(own, index);
	const now = lensGit(commands, own, { workTree: own.operator.root, index: scratch });
	if ((await stagedPaths(now, request.from)).length > 0) {
		return (await stagedPaths(now, request.to)).length === 0 ? { done: true, write: [], remove: [] } : null;
	}
	const changes = await changesOf(own, request);
	const modified = await modifiedPaths(now);
	await now.run(["read-tree", request.to]);
	const notNew = await modifiedPaths(now);
	return createPlan({ root: own.operator.root, changes, modified, notNew });
}

async function changesOf(own: Own, { from, to }: FollowRequest): Promise<ChangedFile[]> {
	const args = changedFilesArgs(from, to).filter((flag) => flag !== "-M");
	return parseChanges((await own.git.run(args)).stdout);
}

/** A copy, so that the operator's own index is never half-written by a question of ours. */
async function scratchIndex(own: Own, index: string): Promise<string> {
	const scratch = join(own.layout.scratch, "index");
	await rm(scratch, { force: true });
	await copyIndex(index, scratch);
	return scratch;
}

/** The index is swapped in last and under its lock: until then a repeated call starts over. */
export async function follow(own: Own, commands: Commands, request: FollowRequest, plan: Plan): Promise<Followed> {
	if (plan.done) return "followed";
	const { operator } = own;
	const lock = followingLock(operator);
	const held = await lock.take(0);
	if (held !== null) throw new Error(`${held.message} ${held.next}`);
	try {
		const files = join(operator.gitDir, "deadman-files");
		await rm(files, { recursive: true, force: true });
		await writeAside(own, commands, request.to, files, plan.write);
		await moveIn(operator.root, files, plan);
		await rm(files, { recursive: true, force: true });
		await lock.replace(await newIndex(own, commands, request));
	} catch (error) {
		await lock.clear();
		throw error;
	}
	return "followed";
}

async function writeAside(own: Own, commands: Commands, to: string, files: string, paths: readonly string[]) {
	await mkdir(files);
	const lens = lensGit(commands, own, { workTree: own.operator.root, index: join(own.layout.scratch, "index") });
	await lens.run(["read-tree", to]);
	await lens.run(checkoutToArgs(files), { input: paths.map((path) => `${path}\0`).join("") });
}

async function moveIn(root: string, files: string, plan: Plan): Promise<void> {
	for (const path of plan.remove) {
		await unlink(join(root, path)).catch(ignoreAbsence);
		await removeEmptyFolders(root, dirname(path));
	}
	for (const path of plan.write) {
		await mkdir(join(root, dirname(path)), { recursive: true });
		await rename(join(files, path), join(root, path));
	}
}

async function removeEmptyFolders(root: string, folder: string): Promise<void> {
	if (folder === ".") return;
	const removed = await rmdir(join(root, folder)).then(
		() => true,
		() => false,
	);
	if (removed) await removeEmptyFolders(root, dirname(folder));
}

/** Keeps what the old index knew of unchanged files, so that the operator's next `git status` is quick. */
async function newIndex(own: Own, commands: Commands, request: FollowRequest): Promise<string> {
	const scratch = await scratchIndex(own, join(own.operator.gitDir, "index"));
	const lens: Git = lensGit(commands, own, { workTree: own.operator.root, index: scratch });
	await lens.run(["read-tree", "-i", "-m", request.from, request.to]);
	await lens.run(["update-index", "-q", "--refresh"], { accept: [0, 1] });
	return scratch;
}

function followingLock(operator: Operator) {
	return indexLockOf(operator, "deadman-index");
}

/** What a killed life that followed left of its lock. */
export function clearOwnLock(operator: Operator): Promise<void> {
	return followingLock(operator).clear();
}

function ignoreAbsence(error: NodeJS.ErrnoException): void {
	if (error.code !== "ENOENT" && error.code !== "ENOTDIR" && error.code !== "EISDIR") throw error;
}
