// One entry of the store of dependencies: `tree/` with what an install left, what it is made of, and a seal over every file. Whole once it has its name.
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { ifAbsent } from "../../../core/absent.js";
import type { ReleaseRef } from "../../../ports/ports.js";
import { copyRoots } from "./copy-roots.js";
import type { DependencyContext } from "./dependency-context.js";
import { sealOf } from "./folder-listing.js";
import { type Left, rewritePlaced } from "./left-behind.js";

const contents = z.object({
	schemaVersion: z.literal(1),
	roots: z.array(z.string().min(1)).min(1),
	/** Files that name the folder that they were installed in, and that folder. */
	placed: z.array(z.string().min(1)),
	folder: z.string().min(1),
	bytes: z.number(),
	files: z.number(),
	/** By the clock of the wall. */
	madeAtMs: z.number(),
});

export type Contents = z.output<typeof contents>;

const SEAL = "seal";
const CONTENTS = "contents.json";
const USERS = "users";

const treeOf = (entry: string) => join(entry, "tree");

/** Null where there is none, or none of this form. */
export async function readContents(entry: string): Promise<Contents | null> {
	const text = await readFile(join(entry, CONTENTS), "utf8").catch(() => null);
	if (text === null) return null;
	try {
		return contents.parse(JSON.parse(text));
	} catch {
		return null;
	}
}

/** Beside the entry, then by one rename: a killed try leaves a half that nobody takes. */
export async function makeEntry(
	context: DependencyContext,
	release: ReleaseRef,
	{ entry, left }: { readonly entry: string; readonly left: Left },
): Promise<void> {
	const { files, commands, own, signal } = context;
	const half = `${entry}.${release.id}.half`;
	const { roots, placed, bytes } = left;
	try {
		await files.remove(half);
		await mkdir(join(half, USERS), { recursive: true, mode: 0o700 });
		await mkdir(treeOf(half), { mode: 0o700 });
		const [from, { stateDir }] = [context.folder(release.id), own.layout];
		await copyRoots({ commands, stateDir }, { from, to: treeOf(half), roots, job: release.id, signal });
		const made: Contents = {
			schemaVersion: 1,
			roots: [...roots],
			placed: [...placed],
			folder: from,
			bytes,
			files: left.files,
			madeAtMs: Date.now(),
		};
		await writeFile(join(half, CONTENTS), JSON.stringify(made));
		await writeFile(join(half, SEAL), await sealOf(commands, { folder: treeOf(half), roots: ["."], signal }));
		await writeFile(join(half, USERS, release.id), "");
		await files.syncTree(half);
		await settle(context, { half, entry });
	} finally {
		await files.remove(half);
	}
}

/** Somebody else, who installed the same, may have been first: one of them is enough. */
async function settle(
	{ files }: DependencyContext,
	{ half, entry }: { readonly half: string; readonly entry: string },
): Promise<void> {
	if ((await readContents(entry)) !== null) return;
	await files.remove(entry);
	await rename(half, entry);
	await files.syncFolder(dirname(entry));
}

/** Nothing of it was changed since it was sealed: the time of each file's change is the kernel's. */
export async function isSound({ commands, signal }: DependencyContext, entry: string): Promise<boolean> {
	const seal = await readFile(join(entry, SEAL), "utf8").catch(() => null);
	if (seal === null || (await stat(treeOf(entry)).catch(() => null)) === null) return false;
	return (await sealOf(commands, { folder: treeOf(entry), roots: ["."], signal })) === seal;
}

/** Copies an entry into a release. What is in its way was left by an earlier try. */
export async function placeEntry(
	context: DependencyContext,
	release: ReleaseRef,
	{ entry, made }: { readonly entry: string; readonly made: Contents },
): Promise<void> {
	const { commands, own, signal } = context;
	const [from, to, { stateDir }] = [treeOf(entry), context.folder(release.id), own.layout];
	await clearRoots(context, release, made.roots);
	await writeFile(join(entry, USERS, release.id), "");
	await copyRoots({ commands, stateDir }, { from, to, roots: made.roots, job: release.id, signal });
	await rewritePlaced({ folder: to, placed: made.placed }, { from: made.folder, to });
}

export async function clearRoots(
	context: DependencyContext,
	release: ReleaseRef,
	roots: readonly string[],
): Promise<void> {
	for (const root of roots) await context.files.remove(join(context.folder(release.id), root));
}

/** The releases that have taken it and are still there. */
export async function usersOf(entry: string, releases: ReadonlySet<string>): Promise<string[]> {
	const users: string[] = [];
	for (const id of await readdir(join(entry, USERS)).catch(ifAbsent([]))) {
		if (releases.has(id)) users.push(id);
		else await rm(join(entry, USERS, id), { force: true });
	}
	return users;
}
