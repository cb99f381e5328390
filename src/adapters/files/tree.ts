// What lies below a folder, path by path, without following a link, and whether it is still the same. Changes nothing, but for
// folders that are closed to their owner, where that is asked for.
import type { BigIntStats } from "node:fs";
import { chmod, lstat, open, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { ifAbsent } from "../../core/absent.js";
import type { Item, Tree } from "./records.js";

/** Looked at together: more would only wait for each other. */
const TOGETHER = 64;
/** What node makes of bytes that are none. */
const UNREADABLE = "\uFFFD";
const CHUNK_BYTES = 256 * 1024;

export interface Walk {
	/** Of a path below the folder: it and what lies below it is as if it were not there. */
	readonly isLeftOut: (path: string) => boolean;
	/** Takes the paths that are left out. */
	readonly held?: string[];
	/** More paths than this are not looked at; left out: no limit. */
	readonly most?: number;
	/** Rejects where a name is no UTF-8, or where something could not be read; else that is as if it were not there. */
	readonly strict?: boolean;
	/** Folders that are closed to their owner are opened. */
	readonly opens?: boolean;
}

/** By path below the folder, parents before children; the folder itself is "". Sockets and devices are left out. Null: too many, or unreadable. */
export async function treeOf(folder: string, walk: Walk): Promise<Tree | null> {
	const tree: Tree = new Map();
	const self = await itemAt(folder);
	if (self?.kind !== "folder") return tree;
	tree.set("", self);
	const folders = [""];
	for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
		const names = await namesIn(join(folder, at), tree.get(at), walk);
		if (names === null) return null;
		const paths = names.map((name) => (at === "" ? name : `${at}/${name}`));
		const some = paths.filter((path) => !walk.isLeftOut(path));
		if (walk.held !== undefined && some.length < paths.length) walk.held.push(...paths.filter(walk.isLeftOut));
		if (tree.size + some.length > (walk.most ?? Number.POSITIVE_INFINITY)) return null;
		await addAll(folder, some, { tree, folders, walk });
	}
	return tree;
}

async function namesIn(folder: string, item: Item | undefined, { opens, strict }: Walk): Promise<string[] | null> {
	// Nothing can be moved out of a folder that is closed to its owner.
	if (opens && item !== undefined && (item.mode & 0o700) !== 0o700)
		await chmod(folder, item.mode | 0o700).catch(() => {});
	try {
		return (await readdir(folder).catch(ifAbsent([]))).sort();
	} catch (error) {
		if (strict || opens || (error as NodeJS.ErrnoException).code !== "EACCES") throw error;
		return null;
	}
}

interface Growing {
	readonly tree: Tree;
	readonly folders: string[];
	readonly walk: Walk;
}

async function addAll(folder: string, paths: readonly string[], { tree, folders, walk }: Growing): Promise<void> {
	for (let index = 0; index < paths.length; index += TOGETHER) {
		const some = paths.slice(index, index + TOGETHER);
		const items = await Promise.all(some.map((path) => itemAt(join(folder, path))));
		for (const [which, path] of some.entries()) {
			const item = items[which] ?? null;
			if (walk.strict && path.includes(UNREADABLE)) throw new Error(`a name in it is no UTF-8: ${path}`);
			if (item === null) continue;
			tree.set(path, item);
			if (item.kind === "folder") folders.push(path);
		}
	}
}

/** Null where nothing is, or nothing that could be kept. */
export async function itemAt(path: string): Promise<Item | null> {
	const found = await lstat(path, { bigint: true }).catch(ifAbsent(null));
	const kind = found === null ? null : kindOf(found);
	if (found === null || kind === null) return null;
	return {
		kind,
		mode: Number(found.mode & 0o7777n),
		uid: Number(found.uid),
		gid: Number(found.gid),
		size: kind === "file" ? Number(found.size) : 0,
		modified: String(found.mtimeNs),
		changed: String(found.ctimeNs),
		inode: String(found.ino),
		links: kind === "folder" ? 1 : Number(found.nlink),
		...(kind === "link" ? { leads: await readlink(path) } : {}),
	};
}

function kindOf(found: BigIntStats): Item["kind"] | null {
	if (found.isFile()) return "file";
	if (found.isDirectory()) return "folder";
	if (found.isSymbolicLink()) return "link";
	return found.isFIFO() ? "pipe" : null;
}

/** Nobody has touched it since: whoever writes, or sets times back, moves the time of change. */
export function isUntouched(now: Item, before: Item): boolean {
	const same = now.kind === before.kind && now.size === before.size && hasMeta(now, before);
	return same && now.changed === before.changed && now.inode === before.inode;
}

/** Owner, the time of the last write and, but for links, mode. */
export function hasMeta(now: Item, before: Item): boolean {
	if (now.uid !== before.uid || now.gid !== before.gid || !isSameTime(now.modified, before.modified)) return false;
	return now.kind === "link" || now.mode === before.mode;
}

/** Times are set through a floating-point number, which is good to a microsecond. */
function isSameTime(one: string, other: string): boolean {
	const apart = BigInt(one) - BigInt(other);
	return apart < 1_000n && apart > -1_000n;
}

/** The same kind with the same content, whatever its mode, owner and times. */
export async function isSame(now: Item, before: Item, nowAt: string, beforeAt: string): Promise<boolean> {
	if (now.kind !== before.kind || now.size !== before.size || now.leads !== before.leads) return false;
	return now.kind !== "file" || haveSameBytes(nowAt, beforeAt).catch(ifClosed);
}

/** Who cannot be read may be anything. */
function ifClosed(error: NodeJS.ErrnoException): false {
	if (error.code === "EACCES") return false;
	throw error;
}

/** Of two files of one size. */
async function haveSameBytes(one: string, other: string): Promise<boolean> {
	const handles = await Promise.all([open(one), open(other)]);
	const buffers = handles.map(() => Buffer.allocUnsafe(CHUNK_BYTES));
	try {
		for (let position = 0; ; position += CHUNK_BYTES) {
			const [a, b] = await Promise.all(
				handles.map(async (handle, index) => {
					const { buffer, bytesRead } = await handle.read(buffers[index] ?? Buffer.alloc(0), 0, CHUNK_BYTES, position);
					return buffer.subarray(0, bytesRead);
				}),
			);
			if (a === undefined || b === undefined || !a.equals(b)) return false;
			if (a.length < CHUNK_BYTES) return true;
		}
	} finally {
		await Promise.all(handles.map((handle) => handle.close()));
	}
}
