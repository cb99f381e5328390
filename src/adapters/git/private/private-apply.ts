// Carries a plan out in a copy of the private folders that nobody runs from yet: removals, then additions, then the folders that this emptied.
// Everything else in them stays as it is. Nothing of it is synced here: the whole copy is, once, before it gets its name.
import { constants } from "node:fs";
import { chmod, copyFile, lchown, lstat, mkdir, readdir, readlink, rmdir, symlink, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { inLanes } from "../../../ports/waiting.js";
import type { Standing } from "../releases/private-content.js";
import { type Plan, type PlannedPath, standingsOf } from "./private-plan.js";

/** Files that are written side by side. */
const AT_ONCE = 16;

/** `contents` holds the new files under their paths in the reviewed tree. */
export async function applyPlan(folder: string, contents: string, plan: Plan): Promise<void> {
	const replaced = plan.filter(({ before }) => before !== null);
	const before = await standingsOf(folder, replaced);
	await inLanes(AT_ONCE, replaced, (planned) => unlink(fullPath(folder, planned)));
	const added = plan.filter(({ after }) => after !== null);
	const folders = new Map(added.map((planned) => [dirname(fullPath(folder, planned)), planned]));
	for (const planned of folders.values()) await makeFolders(slotOf(folder, planned), dirname(planned.path));
	await inLanes(AT_ONCE, added, (planned) => put({ folder, contents, planned, before: before.get(planned) }));
	for (const planned of plan) {
		if (planned.after === null) await removeEmptied(slotOf(folder, planned), dirname(planned.path));
	}
}

function slotOf(folder: string, { slot }: PlannedPath): string {
	return join(folder, String(slot));
}

function fullPath(folder: string, planned: PlannedPath): string {
	return join(slotOf(folder, planned), planned.path);
}

interface Put {
	readonly folder: string;
	readonly contents: string;
	readonly planned: PlannedPath;
	readonly before: Standing | undefined;
}

async function put({ folder, contents, planned, before }: Put): Promise<void> {
	const target = fullPath(folder, planned);
	const source = join(contents, planned.shown);
	await removeEmptyTree(target);
	if (planned.after?.mode === "120000") {
		await symlink(await readlink(source, { encoding: "buffer" }), target);
	} else {
		await copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
		const old = before?.kind === "blob" && planned.before?.mode !== "120000" ? before.bits : null;
		await chmod(target, bitsOf(planned.after?.mode === "100755", old));
	}
	await giveTo(target, before?.kind === "blob" ? before : await lstat(dirname(target)));
}

/** What git does not know of a file's permissions stays. */
function bitsOf(executable: boolean, old: number | null): number {
	if (old === null) return executable ? 0o755 : 0o644;
	const bits = old & 0o777;
	if (executable === ((bits & 0o100) !== 0)) return bits;
	return executable ? bits | 0o100 | ((bits & 0o044) >> 2) : bits & ~0o111;
}

/** One by one, and never through a link. */
async function makeFolders(slot: string, path: string): Promise<void> {
	if (path === ".") return;
	await makeFolders(slot, dirname(path));
	const full = join(slot, path);
	const found = await lstat(full).catch(() => null);
	if (found?.isDirectory() === true) return;
	if (found !== null) throw new Error(`${full} is no folder, so nothing can be put into it.`);
	await mkdir(full);
	await chmod(full, 0o755);
	await giveTo(full, await lstat(dirname(full)));
}

/** Only root can; for anybody else what it makes is its own already. */
async function giveTo(path: string, like: { readonly uid: number; readonly gid: number }): Promise<void> {
	if (process.getuid?.() === 0) await lchown(path, like.uid, like.gid);
}

/** A folder in the place of a new file, from which the plan has taken all files. */
async function removeEmptyTree(path: string): Promise<void> {
	const found = await lstat(path).catch(() => null);
	if (found?.isDirectory() !== true) return;
	for (const name of await readdir(path)) await removeEmptyTree(join(path, name));
	await rmdir(path);
}

/** As git would. Folders that were empty before are no parents of a removed file, so they stay. */
async function removeEmptied(slot: string, path: string): Promise<void> {
	if (path === ".") return;
	const removed = await rmdir(join(slot, path)).then(
		() => true,
		(error: NodeJS.ErrnoException) => error.code === "ENOENT",
	);
	if (removed) await removeEmptied(slot, dirname(path));
}
