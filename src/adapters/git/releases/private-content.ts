// Looks at paths of a folder as git would see them, without following a link on the way: one, or many side by side. Changes nothing.
import { createHash } from "node:crypto";
import { close, constants, open, read, type Stats } from "node:fs";
import { lstat, open as openFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ifAbsent } from "../../../core/absent.js";
import { inLanes } from "../../../ports/waiting.js";
import { type Blob, sameBlob } from "../trees/tree-edit.js";

/** `blocked`: what stands at `by`, above the path, is no folder. */
export type Standing =
	| {
			readonly kind: "blob";
			readonly blob: Blob;
			readonly bits: number;
			readonly uid: number;
			readonly gid: number;
			/** As `looksOf` tells it, before its bytes were read. */
			readonly looks: string;
	  }
	| { readonly kind: "nothing" | "folder" | "special" }
	| { readonly kind: "blocked"; readonly by: string };

export type HashName = "sha1" | "sha256";

/** The repository's hash is known by its length. */
export function hashOf(oid: string): HashName {
	return oid.length === 64 ? "sha256" : "sha1";
}

/** Whether a file was written, replaced or renamed over since. Not its ctime: a second name changes that, and is no change of the file. */
export function looksOf({ dev, ino, size, mode, mtimeMs }: Stats): string {
	return [dev, ino, size, mode, mtimeMs].join(" ");
}

export function standingAt(folder: string, path: string, hash: HashName): Promise<Standing> {
	return standingBelow(folderRules(folder), folder, { path, hash });
}

/** Files that are looked at side by side: twice as many are no faster. */
const AT_ONCE = 16;

export interface Wanted {
	readonly path: string;
	readonly hash: HashName;
}

/** In the order of `wanted`. Folders on the way are looked at once. */
export async function standingsAt(folder: string, wanted: readonly Wanted[]): Promise<Standing[]> {
	const found: Standing[] = [];
	const isFolder = folderRules(folder);
	await inLanes(AT_ONCE, wanted, async (one, index) => {
		found[index] = await standingBelow(isFolder, folder, one);
	});
	return found;
}

/** Null: nothing is there. */
type IsFolder = (path: string) => Promise<boolean | null>;

function folderRules(folder: string): IsFolder {
	const known = new Map<string, Promise<boolean | null>>();
	return (path) => {
		const found = known.get(path) ?? statOf(join(folder, path)).then((one) => one?.isDirectory() ?? null);
		known.set(path, found);
		return found;
	};
}

async function standingBelow(isFolder: IsFolder, folder: string, { path, hash }: Wanted): Promise<Standing> {
	const names = path.split("/");
	for (let depth = 0; depth < names.length; depth += 1) {
		const above = names.slice(0, depth).join("/");
		const found = await isFolder(above);
		if (found === null) return { kind: "nothing" };
		if (!found) return { kind: "blocked", by: above };
	}
	return lookAt(join(folder, path), hash);
}

async function lookAt(full: string, hash: HashName): Promise<Standing> {
	const found = await statOf(full);
	if (found === null) return { kind: "nothing" };
	if (found.isDirectory()) return { kind: "folder" };
	const { uid, gid } = found;
	const bits = found.mode & 0o7777;
	const seen = { bits, uid, gid, looks: looksOf(found) };
	if (found.isSymbolicLink()) {
		const target = await readlink(full, { encoding: "buffer" });
		return { kind: "blob", blob: { mode: "120000", oid: blobHash(target, hash) }, ...seen };
	}
	if (!found.isFile()) return { kind: "special" };
	const oid = (await smallHash(full, found.size, hash)) ?? (await fileHash(full, hash));
	return { kind: "blob", blob: { mode: modeOf(bits), oid }, ...seen };
}

/** As git takes it from a file's permissions. */
export function modeOf(bits: number): "100755" | "100644" {
	return (bits & 0o100) === 0 ? "100644" : "100755";
}

/** What git does not know of a file's permissions stays: nothing becomes readable that was not. */
export function bitsLike(old: number, executable: boolean): number {
	const bits = old & 0o777;
	if (executable === (modeOf(bits) === "100755")) return bits;
	return executable ? bits | 0o100 | ((bits & 0o044) >> 2) : bits & ~0o111;
}

const statOf = (path: string) => lstat(path).catch(ifAbsent(null));

function blobHash(content: Buffer, hash: HashName): string {
	return createHash(hash).update(`blob ${content.length}\0`).update(content).digest("hex");
}

/** More is read in parts. */
const SMALL_BYTES = 64 * 1_024;

const calls = { open: promisify(open), read: promisify(read), close: promisify(close) };

/** In one read, without the objects and buffers of a stream, which cost a small file more than its bytes do. Null: it is large, or has another size by now. */
async function smallHash(path: string, size: number, hash: HashName): Promise<string | null> {
	if (size > SMALL_BYTES) return null;
	const file = await calls.open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
	try {
		const content = Buffer.allocUnsafe(size + 1);
		const { bytesRead } = await calls.read(file, content, 0, content.length, 0);
		return bytesRead === size ? blobHash(content.subarray(0, size), hash) : null;
	} finally {
		await calls.close(file);
	}
}

/** In parts, so that a large file never holds the event loop. */
export async function fileHash(path: string | Buffer, hash: HashName): Promise<string> {
	const file = await openFile(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
	try {
		const sum = createHash(hash).update(`blob ${(await file.stat()).size}\0`);
		for await (const part of file.createReadStream({ autoClose: false })) sum.update(part as Buffer);
		return sum.digest("hex");
	} finally {
		await file.close();
	}
}

export function isBlob(standing: Standing, blob: Blob): boolean {
	return standing.kind === "blob" && sameBlob(standing.blob, blob);
}
