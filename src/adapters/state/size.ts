// How large a state is, and on what file system it lies. Reads only.
import { lstat, readdir, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ifAbsent } from "../../core/absent.js";

export interface Size {
	/** As it lies on the disk; what has several names counts once. */
	readonly bytes: number;
	/** By what lies in it, the largest first. */
	readonly parts: readonly { readonly name: string; readonly bytes: number }[];
}

const blockBytes = 512;

export async function sizeOf(folder: string): Promise<Size> {
	const seen = new Set<string>();
	const names = await readdir(folder).catch(ifAbsent([]));
	const parts: { name: string; bytes: number }[] = [];
	for (const name of names) parts.push({ name, bytes: await bytesOf(join(folder, name), seen) });
	parts.sort((a, b) => b.bytes - a.bytes);
	return { bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0), parts };
}

async function bytesOf(path: string, seen: Set<string>): Promise<number> {
	const found = await lstat(path).catch(ifAbsent(null));
	if (found === null) return 0;
	if (found.isFile() && found.nlink > 1) {
		const key = `${found.dev}:${found.ino}`;
		if (seen.has(key)) return 0;
		seen.add(key);
	}
	let bytes = found.blocks * blockBytes;
	if (!found.isDirectory()) return bytes;
	for (const name of await readdir(path).catch(ifAbsent([]))) bytes += await bytesOf(join(path, name), seen);
	return bytes;
}

export interface FileSystem {
	readonly type: string;
	/** What is written there is gone with the machine's memory. */
	readonly isMemory: boolean;
	readonly device: number;
}

const types: Readonly<Record<number, string>> = {
	16914836: "tmpfs",
	2240043254: "ramfs",
	61267: "ext4",
	1481003842: "xfs",
	2435016766: "btrfs",
	2035054128: "overlay",
	801189825: "zfs",
	26985: "nfs",
	4283649346: "cifs",
	4266872130: "smb2",
	1702057286: "fuse",
	16914839: "9p",
	4076150800: "f2fs",
	3393526350: "bcachefs",
};

/** Of the nearest folder that is there. */
export async function fileSystemOf(path: string): Promise<FileSystem> {
	const found = await stat(path).catch(ifAbsent(null));
	if (found === null) return fileSystemOf(dirname(path));
	const { type } = await statfs(path);
	const name = types[type >>> 0] ?? `0x${(type >>> 0).toString(16)}`;
	return { type: name, isMemory: name === "tmpfs" || name === "ramfs", device: found.dev };
}
