// Makes one path like another, with its mode, owner and times, and moves what is replaced out of the way. Syncs nothing:
// whoever calls does it once.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { constants, createReadStream, createWriteStream } from "node:fs";
import {
	chmod,
	copyFile,
	type FileHandle,
	lchown,
	lutimes,
	mkdir,
	open,
	rename,
	rm,
	symlink,
	truncate,
	utimes,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import type { Item, Tree } from "./records.js";
import { hasMeta, isSame, itemAt, treeOf } from "./tree.js";

const TOGETHER = 32;
const everything = { isLeftOut: () => false, opens: true };

/** Nothing may be at `to`. A file is written beside it first: no half of one ever has its name. */
export async function copyItem(from: string, to: string, item: Item): Promise<void> {
	switch (item.kind) {
		case "folder":
			await mkdir(to, { mode: 0o700 });
			return;
		case "link":
			await symlink(item.leads ?? "", to);
			break;
		case "pipe":
			await promisify(execFile)("mkfifo", ["--", to]);
			break;
		case "file": {
			const half = join(dirname(to), `.deadman-half-${randomBytes(6).toString("hex")}`);
			await copyFile(from, half, constants.COPYFILE_FICLONE);
			await rename(half, to);
		}
	}
	await setMeta(to, item);
}

/** Of folders last: what is made in them moves their times. */
export async function setMeta(path: string, item: Item): Promise<void> {
	await lchown(path, item.uid, item.gid).catch(unlessPermitted);
	const seconds = Number(item.modified) / 1e9;
	if (item.kind === "link") return lutimes(path, seconds, seconds);
	await chmod(path, item.mode);
	await utimes(path, seconds, seconds);
}

/** Only root gives files away; who is not root made them its own before, too. */
function unlessPermitted(error: NodeJS.ErrnoException): void {
	if (error.code !== "EPERM") throw error;
}

/** To a place that is free, on this file system or another. What is a mount of its own is copied, and stays. */
export async function move(from: string, to: string): Promise<void> {
	await mkdir(dirname(to), { recursive: true, mode: 0o700 });
	try {
		await rename(from, to);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code !== "EXDEV" && code !== "EBUSY") throw error;
		const part = `${to}.deadman-part`;
		await rm(part, { recursive: true, force: true });
		await copyTree(from, part);
		await rename(part, to);
		if (code === "EXDEV") await rm(from, { recursive: true, force: true });
	}
}

async function copyTree(from: string, to: string): Promise<void> {
	const self = await itemAt(from);
	if (self === null) return;
	if (self.kind !== "folder") return copyItem(from, to, self);
	const tree = (await treeOf(from, everything)) ?? new Map<string, Item>();
	for (const [path, item] of tree) await copyItem(join(from, path), join(to, path), item);
	await setFolders(to, tree);
}

/** For a file that cannot be replaced by another one, because it is a mount of its own. */
export async function overwrite(from: string, to: string, item: Item): Promise<void> {
	await pipeline(createReadStream(from), createWriteStream(to, { flags: "r+" }));
	await truncate(to, item.size);
	await setMeta(to, item);
}

/** Children before parents. */
export async function setFolders(folder: string, tree: Tree): Promise<void> {
	const folders = [...tree].filter(([, { kind }]) => kind === "folder").reverse();
	for (const [path, item] of folders) {
		const at = join(folder, path);
		const now = await itemAt(at);
		if (now !== null && !hasMeta(now, item)) await setMeta(at, item);
	}
}

/** Only what is in files: how all of it looked is on record elsewhere. `isMoving`: what is gone by then is left out. @returns Bytes. */
export async function copyContents(from: string, to: string, tree: Tree, { isMoving = false } = {}): Promise<number> {
	let bytes = 0;
	await mkdir(dirname(to), { recursive: true, mode: 0o700 });
	for (const [path, { kind }] of tree) if (kind === "folder") await mkdir(join(to, path), { mode: 0o700 });
	await together(tree, async (path, { kind, size }) => {
		if (kind !== "file") return;
		const copying = copyFile(join(from, path), join(to, path), constants.COPYFILE_FICLONE);
		await (isMoving ? copying.catch(unlessGone) : copying);
		bytes += size;
	});
	return bytes;
}

function unlessGone(error: NodeJS.ErrnoException): void {
	if (!["ENOENT", "ENOTDIR", "EACCES"].includes(error.code ?? "")) throw error;
}

/** From here on it is cheaper to write blocks than the whole of it. */
const LARGE_BYTES = 1024 * 1024;
const BLOCK_BYTES = 256 * 1024;

/** What is no file there becomes one. @returns Whether anything was written. */
export async function makeSame(from: string, to: string, item: Item): Promise<boolean> {
	const there = await itemAt(to);
	if (there?.kind === "file" && there.size === item.size && (await isSame(item, there, from, to))) return false;
	if (there !== null && there.kind !== "file") await rm(to, { recursive: true, force: true });
	if (there?.kind === "file" && item.size >= LARGE_BYTES) await patch(from, to);
	else await copyFile(from, to, constants.COPYFILE_FICLONE);
	return true;
}

async function patch(from: string, to: string): Promise<void> {
	const [source, target] = await Promise.all([open(from), open(to, "r+")]);
	const [is, was] = [Buffer.allocUnsafe(BLOCK_BYTES), Buffer.allocUnsafe(BLOCK_BYTES)];
	try {
		for (let position = 0; ; ) {
			const [wanted, there] = await Promise.all([readFull(source, is, position), readFull(target, was, position)]);
			if (!wanted.equals(there)) await target.writev([wanted], position);
			position += wanted.length;
			if (wanted.length === BLOCK_BYTES) continue;
			await target.truncate(position);
			return;
		}
	} finally {
		await Promise.all([source.close(), target.close()]);
	}
}

async function readFull(handle: FileHandle, into: Buffer, position: number): Promise<Buffer> {
	let filled = 0;
	while (filled < into.length) {
		const { bytesRead } = await handle.read(into, filled, into.length - filled, position + filled);
		if (bytesRead === 0) break;
		filled += bytesRead;
	}
	return into.subarray(0, filled);
}

/** Some at a time: more would only wait for each other. */
export async function together(tree: Tree, work: (path: string, item: Item) => Promise<void>): Promise<void> {
	const all = [...tree];
	for (let index = 0; index < all.length; index += TOGETHER) {
		await Promise.all(all.slice(index, index + TOGETHER).map(([path, item]) => work(path, item)));
	}
}
