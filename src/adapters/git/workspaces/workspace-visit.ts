// Walks over the given files of a folder that a builder writes, and the folders on the way, with each one open: never through a link,
// and never a file that has another name elsewhere.
import type { Stats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { fileIn, folderIn, openFolder } from "./workspace-reach.js";

/** `path`: bytes as characters, `""` for the folder itself. */
export type Visitor = (handle: FileHandle, path: string, found: Stats) => Promise<void>;

interface Names extends Map<string, Names> {}

const AT_ONCE = 32;

/** Paths that are absent, links or special files are passed by. A path may name a folder. */
export async function visit(root: string, paths: readonly string[], visitor: Visitor): Promise<void> {
	const handle = await openFolder(root);
	try {
		await visitFolder(handle, "", treeOf(paths), visitor);
	} finally {
		await handle.close();
	}
}

function treeOf(paths: readonly string[]): Names {
	const tree: Names = new Map();
	for (const path of paths) {
		let at = tree;
		for (const name of path.split("/").filter((part) => part !== "")) {
			const next: Names = at.get(name) ?? new Map();
			at.set(name, next);
			at = next;
		}
	}
	return tree;
}

async function visitFolder(folder: FileHandle, path: string, names: Names, visitor: Visitor): Promise<void> {
	await visitor(folder, path, await folder.stat());
	const entries = [...names].map(([name, below]) => ({ path: path === "" ? name : `${path}/${name}`, name, below }));
	const leaves = entries.filter(({ below }) => below.size === 0);
	for (let index = 0; index < leaves.length; index += AT_ONCE) {
		await Promise.all(leaves.slice(index, index + AT_ONCE).map((entry) => visitEntry(folder, entry, visitor)));
	}
	for (const entry of entries) if (entry.below.size > 0) await visitEntry(folder, entry, visitor);
}

interface Entry {
	readonly path: string;
	readonly name: string;
	readonly below: Names;
}

async function visitEntry(folder: FileHandle, { path, name, below }: Entry, visitor: Visitor): Promise<void> {
	const inner = await folderIn(folder, name);
	if (inner !== null) {
		await visitFolder(inner, path, below, visitor).finally(() => inner.close());
		return;
	}
	const file = await fileIn(folder, name);
	if (file === null) return;
	try {
		const found = await file.stat();
		if (found.nlink === 1) await visitor(file, path, found);
	} finally {
		await file.close();
	}
}
