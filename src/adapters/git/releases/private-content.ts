// Looks at one path of a private folder as git would see it, without following a link on the way. Changes nothing.

import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { lstat, open, readlink } from "node:fs/promises";
import { join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import { type Blob, sameBlob } from "../trees/tree-edit.js";

/** `blocked`: what stands at `by`, above the path, is no folder. */
export type Standing =
	| { readonly kind: "blob"; readonly blob: Blob; readonly bits: number; readonly uid: number; readonly gid: number }
	| { readonly kind: "nothing" | "folder" | "special" }
	| { readonly kind: "blocked"; readonly by: string };

export type HashName = "sha1" | "sha256";

/** The repository's hash is known by its length. */
export function hashOf(oid: string): HashName {
	return oid.length === 64 ? "sha256" : "sha1";
}

export async function standingAt(folder: string, path: string, hash: HashName): Promise<Standing> {
	const names = path.split("/");
	for (let depth = 0; depth < names.length; depth += 1) {
		const above = names.slice(0, depth).join("/");
		const found = await statOf(join(folder, above));
		if (found === null) return { kind: "nothing" };
		if (!found.isDirectory()) return { kind: "blocked", by: above };
	}
	return lookAt(join(folder, path), hash);
}

async function lookAt(full: string, hash: HashName): Promise<Standing> {
	const found = await statOf(full);
	if (found === null) return { kind: "nothing" };
	if (found.isDirectory()) return { kind: "folder" };
	const { uid, gid } = found;
	const bits = found.mode & 0o7777;
	if (found.isSymbolicLink()) {
		const target = await readlink(full, { encoding: "buffer" });
		return { kind: "blob", blob: { mode: "120000", oid: blobHash(target, hash) }, bits, uid, gid };
	}
	if (!found.isFile()) return { kind: "special" };
	const oid = await fileHash(full, hash);
	return { kind: "blob", blob: { mode: modeOf(bits), oid }, bits, uid, gid };
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

/** In parts, so that a large file never holds the event loop. */
export async function fileHash(path: string | Buffer, hash: HashName): Promise<string> {
	const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
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
