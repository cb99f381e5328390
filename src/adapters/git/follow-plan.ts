// Decides whether a checkout may follow from one tree to another, and by which writes and removals. Reads the working tree; changes nothing.
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { ChangedFile } from "../../core/swap.js";

export interface Plan {
	/** The index is the new one already. */
	readonly done: boolean;
	readonly write: readonly string[];
	readonly remove: readonly string[];
}

export interface PlanRequest {
	readonly root: string;
	/** Without renames. */
	readonly changes: readonly ChangedFile[];
	/** Paths of the old tree that the working tree does not hold as they were. */
	readonly modified: readonly string[];
	/** Paths of the new tree that the working tree does not hold as they will be. */
	readonly notNew: readonly string[];
}

/** Null when something is there that is neither old nor new: it is the operator's, and nothing may be lost. */
export async function createPlan(request: PlanRequest): Promise<Plan | null> {
	const { root, changes } = request;
	const notNew = new Set(request.notNew);
	const removed = new Set(changes.filter((file) => file.change === "deleted").map((file) => file.path));
	const written = changes.filter((file) => file.change !== "deleted");
	const changed = new Set(changes.map((file) => file.path));
	for (const path of request.modified) {
		if (!changed.has(path)) return null;
		const isNew = removed.has(path) ? (await kindAt(root, path)) !== "file" : !notNew.has(path);
		if (!isNew) return null;
	}
	for (const file of written) {
		if (!(await isReachable(root, file.path, removed))) return null;
		if (file.change === "added" && !(await isFree(root, file.path, notNew, removed))) return null;
	}
	const remove = [];
	for (const path of removed) if ((await kindAt(root, path)) === "file") remove.push(path);
	return { done: false, write: written.map((file) => file.path), remove };
}

/** No parent is a file or a link, but one that the swap itself removes. */
async function isReachable(root: string, path: string, removed: ReadonlySet<string>): Promise<boolean> {
	for (const parent of parentsOf(path)) {
		if ((await kindAt(root, parent)) === "file") return removed.has(parent);
	}
	return true;
}

/** An added path is free when nothing stands there, or only what the swap itself removes or has written already. */
async function isFree(
	root: string,
	path: string,
	notNew: ReadonlySet<string>,
	removed: ReadonlySet<string>,
): Promise<boolean> {
	const kind = await kindAt(root, path);
	if (kind === "folder") return onlyRemoved(root, path, removed);
	return kind === "nothing" || !notNew.has(path);
}

/** `a/b/c` → `a`, `a/b` */
export function parentsOf(path: string): string[] {
	const parts = path.split("/");
	return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** Of a folder that makes way: files that go, and folders of such. */
export async function onlyRemoved(root: string, folder: string, removed: ReadonlySet<string>): Promise<boolean> {
	for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
		const path = join(folder, entry.name);
		const fine = entry.isDirectory() ? await onlyRemoved(root, path, removed) : removed.has(path);
		if (!fine) return false;
	}
	return true;
}

/** A link counts as a file; what lies behind one is not looked at. */
async function kindAt(root: string, path: string): Promise<"file" | "folder" | "nothing"> {
	let kind: "file" | "folder" | "nothing" = "folder";
	for (const part of [...parentsOf(path), path]) {
		if (kind !== "folder") return "nothing";
		kind = await ownKind(join(root, part));
	}
	return kind;
}

async function ownKind(path: string): Promise<"file" | "folder" | "nothing"> {
	try {
		return (await lstat(path)).isDirectory() ? "folder" : "file";
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === "ENOENT" || code === "ENOTDIR") return "nothing";
		throw error;
	}
}
