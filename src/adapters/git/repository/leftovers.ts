// What a git that was killed left in a repository of ours: locks, half-written packs and broken worktree registrations. Whose they are is no question:
// nobody else works there, and the caller knows that none of ours does now. Never looks at the operator's.
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import type { Layout } from "./layout.js";

/** When a life begins: under the state folder's lock, with every git of earlier lives ended and none of this one begun. Clocks do not matter. */
export async function clearEarlierLeftovers(layout: Layout): Promise<void> {
	for (const folder of [layout.own, layout.view]) await removeAll(folder, /\.lock$|^tmp_|^\.tmp-/);
	await clearBrokenRegistrations(layout);
}

/** Within a life, while no command of ours runs in this repository. */
export function clearLocks(gitDir: string): Promise<void> {
	return removeAll(gitDir, /\.lock$/);
}

async function removeAll(folder: string, wanted: RegExp): Promise<void> {
	for (const entry of await readdir(folder, { withFileTypes: true }).catch(ifAbsent([]))) {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) await (/^[0-9a-f]{2}$/.test(entry.name) ? undefined : removeAll(path, wanted));
		else if (wanted.test(entry.name)) await rm(path, { force: true });
	}
}

/** Without a whole `commondir`, `gitdir` and `HEAD` it makes other commands fail, whichever release it is of. */
async function clearBrokenRegistrations(layout: Layout): Promise<void> {
	const folder = join(layout.own, "worktrees");
	for (const name of await readdir(folder).catch(ifAbsent([]))) {
		const admin = join(folder, name);
		if (!(await isWhole(admin))) await rm(admin, { recursive: true, force: true });
	}
}

/** A registration of a linked worktree, by its administrative folder. git first puts a commit of zeros there. */
export async function isWhole(admin: string): Promise<boolean> {
	const texts = await Promise.all(
		["commondir", "gitdir", "HEAD"].map((name) => readFile(join(admin, name), "utf8").catch(ifAbsent(""))),
	);
	return texts.every((text) => /[^0\s]/.test(text));
}
