// Brings a plan's files into the checkout, one by one, each by a rename: at every moment each is old or new. What is neither is an edit that was made meanwhile:
// it stays, and is named. Says nothing of index and branch.

import { lstat, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import { hashOf, isBlob, type Standing, standingAt } from "../releases/private-content.js";
import { giveTo } from "../repository/operator.js";
import type { Blob } from "../trees/tree-edit.js";
import type { AdvanceContext } from "./advance.js";
import { type FollowFile, type FollowPlan, parentsOf } from "./follow-plan.js";
import { makeFolders, removeEmptied, removeEmptyTree } from "./in-place-folders.js";

/** Time will not mend these, so nothing waits for it: the file is named instead. */
const lasting = new Set(["EACCES", "EPERM", "EROFS", "EBUSY", "EXDEV", "ETXTBSY", "ENOTEMPTY"]);

class InTheWay extends Error {}

/** Answers with the paths that were left. */
export async function changeFiles(context: AdvanceContext, plan: FollowPlan): Promise<string[]> {
	const left = new Set(plan.left);
	const removals = plan.files.filter(({ becomes }) => becomes === null);
	const writes = plan.files.filter(({ becomes }) => becomes !== null);
	for (const file of [...removals, ...writes]) {
		if (!(await changed(context, plan, file))) left.add(file.path);
	}
	await syncTouched(context, plan);
	return [...left].sort();
}

async function changed(context: AdvanceContext, { fresh, from }: FollowPlan, file: FollowFile): Promise<boolean> {
	const { root } = context.own.operator;
	const standing = await standingAt(root, file.path, hashOf(from));
	if (fits(standing, file.becomes)) return true;
	if (!fits(standing, file.was)) return false;
	try {
		if (file.becomes === null) await remove(root, file.path);
		else await put(root, join(fresh, file.path), file);
		return true;
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code ?? "";
		if (!(error instanceof InTheWay) && !lasting.has(code)) throw error;
		context.log.warn("git.file_left", { path: file.path, error: String(error) });
		return false;
	}
}

/** Where nothing is to be, a folder may stand: what is in it is looked at when something has to go there. */
function fits(standing: Standing, wanted: Blob | null): boolean {
	return wanted === null ? standing.kind !== "blob" && standing.kind !== "special" : isBlob(standing, wanted);
}

async function remove(root: string, path: string): Promise<void> {
	await unlink(join(root, path));
	await removeEmptied(root, dirname(path), new Set());
}

async function put(root: string, source: string, { path, was }: FollowFile): Promise<void> {
	const full = join(root, path);
	await makeFolders(root, dirname(path), async (obstacle) => {
		throw new InTheWay(`${JSON.stringify(obstacle)} is no folder.`);
	});
	const found = await lstat(full).catch(() => null);
	if (found?.isDirectory() === true && !(await removeEmptyTree(full))) {
		throw new InTheWay(`${JSON.stringify(path)} is a folder with files in it.`);
	}
	if (was === null) await giveTo(source, await lstat(dirname(full)));
	await rename(source, full);
}

/** Every folder around a touched path, also where an earlier try did the work and died before this. */
async function syncTouched({ files, own }: AdvanceContext, plan: FollowPlan): Promise<void> {
	const folders = new Set([".", ...plan.files.flatMap(({ path }) => parentsOf(path))]);
	for (const folder of folders) {
		await files.syncFolder(join(own.operator.root, folder)).catch(ifAbsent(undefined));
	}
}
