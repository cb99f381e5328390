// Makes one file like another by writing only what differs, and copies one with its hash. Runs in the child process: it reads gigabytes at once, and
// closing a database's file would cancel the locks of a connection in the same process.
import {
	closeSync,
	constants,
	copyFileSync,
	fsyncSync,
	ftruncateSync,
	lstatSync,
	openSync,
	rmSync,
	writeSync,
} from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import {
	BLOCK_BYTES,
	CHUNK_BYTES,
	complete,
	digestOf,
	type Hashes,
	hashOf,
	keepHashes,
	readAt,
	readHashes,
} from "./chunks.js";

const PAGE_BYTES = 4096;
/** How much is written before the disk is set to work, while the rest is read. */
const WRITEBACK_BYTES = 32 * 1024 * 1024;

export interface Matched {
	readonly bytes: number;
	/** Of those that had to be written, whole pages. */
	readonly written: number;
}

/**
 * `to` becomes what `from` is now; a `from` that is not there leaves no `to`, and null. With `hashed` the hashes of its chunks are kept beside it. A
 * copy that is not there yet shares its blocks with `from` where the file system can.
 */
export function match({ from, to, hashed }: { from: string; to: string; hashed: boolean }): Matched | null {
	const source = openOrNull(from);
	if (source === null) {
		rmSync(to, { force: true });
		return null;
	}
	try {
		return matchOpened(source, { from, to, hashed });
	} finally {
		closeSync(source);
	}
}

function matchOpened(source: number, { from, to, hashed }: { from: string; to: string; hashed: boolean }): Matched {
	const isFresh = !isFile(to);
	if (isFresh) {
		rmSync(to, { force: true, recursive: true });
		copyFileSync(from, to, constants.COPYFILE_FICLONE);
	}
	const target = openSync(to, "r+");
	try {
		const hashes = hashed && !isFresh ? readHashes(to, target) : [];
		const matched = patch(source, target, hashes);
		if (hashed) {
			complete(target, hashes);
			keepHashes(to, target, hashes);
		} else if (isFresh || matched.written > 0) fsyncSync(target);
		return isFresh ? { ...matched, written: matched.bytes } : matched;
	} finally {
		closeSync(target);
	}
}

/** Chunks that change are forgotten in `hashes`. Whatever is written is read again. */
function patch(source: number, target: number, hashes: Hashes): Matched {
	const [wanted, there] = [Buffer.allocUnsafe(BLOCK_BYTES), Buffer.allocUnsafe(BLOCK_BYTES)];
	let [bytes, written] = [0, 0];
	for (;;) {
		const is = readAt(source, wanted, bytes);
		const was = readAt(target, there, bytes);
		if (!is.equals(was)) written += patchBlock(target, { is, was, position: bytes }, hashes);
		bytes += is.length;
		if (is.length < BLOCK_BYTES) break;
	}
	ftruncateSync(target, bytes);
	return { bytes, written };
}

interface Block {
	readonly is: Buffer;
	readonly was: Buffer;
	readonly position: number;
}

function patchBlock(target: number, { is, was, position }: Block, hashes: Hashes): number {
	let written = 0;
	// Where it only becomes shorter, the last chunk is another one all the same.
	for (let at = 0; at < Math.max(is.length, was.length); at += CHUNK_BYTES) {
		const [chunk, before] = [is.subarray(at, at + CHUNK_BYTES), was.subarray(at, at + CHUNK_BYTES)];
		if (chunk.equals(before)) continue;
		delete hashes[(position + at) / CHUNK_BYTES];
		written += patchChunk(target, chunk, before, position + at);
	}
	return written;
}

function patchChunk(target: number, chunk: Buffer, before: Buffer, position: number): number {
	let written = 0;
	for (let at = 0; at < chunk.length; at += PAGE_BYTES) {
		const page = chunk.subarray(at, at + PAGE_BYTES);
		if (page.equals(before.subarray(at, at + PAGE_BYTES))) continue;
		writeAll(target, page, position + at);
		written += page.length;
	}
	const again = readAt(target, Buffer.allocUnsafe(chunk.length), position);
	if (!again.equals(chunk)) throw Object.assign(new Error("What was written reads otherwise."), { code: "EIO" });
	return written;
}

function writeAll(target: number, bytes: Buffer, position: number): void {
	for (let done = 0; done < bytes.length; )
		done += writeSync(target, bytes, done, bytes.length - done, position + done);
}

/** A new file, on disk when this resolves. The hash is that of the bytes as they were read, so that nothing is read twice. */
export async function copyHashed({ from, to }: { from: string; to: string }): Promise<string> {
	const shared = isShared(from, to);
	const source = openSync(from, "r");
	const target = await open(to, shared ? "r+" : "wx", 0o600).catch((error) => {
		closeSync(source);
		throw error;
	});
	try {
		const hashes: Hashes = [];
		const bytes = await pour(source, shared ? null : target, hashes);
		await target.sync();
		return digestOf(hashes, bytes);
	} finally {
		closeSync(source);
		await target.close();
	}
}

/** Whether `to` shares the blocks of `from` now; where the file system cannot, there is no `to`. */
function isShared(from: string, to: string): boolean {
	try {
		copyFileSync(from, to, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
		return true;
	} catch {
		return false;
	}
}

/** The disk writes what is there already while the next is hashed. */
async function pour(source: number, target: FileHandle | null, hashes: Hashes): Promise<number> {
	const block = Buffer.allocUnsafe(BLOCK_BYTES);
	let [bytes, unsynced] = [0, 0];
	let syncing: Promise<void> | null = null;
	for (let read = readAt(source, block, 0); read.length > 0; read = readAt(source, block, bytes)) {
		for (let at = 0; at < read.length; at += CHUNK_BYTES) hashes.push(hashOf(read.subarray(at, at + CHUNK_BYTES)));
		if (target !== null) writeAll(target.fd, read, bytes);
		bytes += read.length;
		unsynced += read.length;
		if (target === null || unsynced < WRITEBACK_BYTES) continue;
		unsynced = 0;
		await syncing;
		syncing = target.datasync();
		// What goes wrong is told where it is awaited.
		syncing.catch(() => {});
	}
	await syncing;
	return bytes;
}

function openOrNull(path: string): number | null {
	try {
		return openSync(path, "r");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
		throw error;
	}
}

function isFile(path: string): boolean {
	return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
