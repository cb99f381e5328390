// Files as bytes, in the supervisor's own process: hashes, fsync, sizes. Safe there only because no connection to these files is open in it.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, mkdir, open, readdir, readlink, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { SnapshotRecord } from "../../core/swap.js";
import { digestOf, CHUNK_BYTES as HASHED_BYTES, hashOf } from "./child/chunks.js";
import { ifNowhere } from "./places.js";

/** Large enough to be quick, small enough that one never holds the event loop for long. */
const CHUNK_BYTES = 256 * 1024;

export async function sha256Of(path: string): Promise<string> {
	const hash = createHash("sha256");
	await pipeline(createReadStream(path, { highWaterMark: CHUNK_BYTES }), async (chunks: AsyncIterable<Buffer>) => {
		for await (const chunk of chunks) hash.update(chunk);
	});
	return hash.digest("hex");
}

export const statOrNull = (path: string) => stat(path).catch(ifNowhere(null));
export const lstatOrNull = (path: string) => lstat(path).catch(ifNowhere(null));

/** A file by itself, with exactly this content; what a link leads to does not count. */
export async function hasContent(
	path: string,
	{ bytes, sha256, hashed }: Pick<SnapshotRecord, "bytes" | "sha256" | "hashed">,
): Promise<boolean> {
	const found = await lstatOrNull(path);
	if (found?.isFile() !== true || found.size !== bytes) return false;
	return (await (hashed === "chunks" ? digestOfFile(path) : sha256Of(path))) === sha256;
}

/** As `digestOf`, without holding the event loop. */
async function digestOfFile(path: string): Promise<string> {
	const hashes: string[] = [];
	const handle = await open(path, "r");
	const chunk = Buffer.allocUnsafe(HASHED_BYTES);
	let bytes = 0;
	try {
		for (;;) {
			const { bytesRead } = await handle.read(chunk, 0, chunk.length, bytes);
			if (bytesRead === 0) return digestOf(hashes, bytes);
			hashes.push(hashOf(chunk.subarray(0, bytesRead)));
			bytes += bytesRead;
		}
	} finally {
		await handle.close();
	}
}

export async function bytesOf(path: string): Promise<number> {
	return (await statOrNull(path))?.size ?? 0;
}

/** fsyncs a file or a folder. */
export async function sync(path: string): Promise<void> {
	const handle = await open(path, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}

/** Makes a folder, and every one above it down from `above` durable. */
export async function makeFolder(path: string, above: string): Promise<void> {
	await mkdir(path, { recursive: true, mode: 0o700 });
	let folder = path;
	while (folder !== above && folder !== dirname(folder)) {
		await sync(folder);
		folder = dirname(folder);
	}
	await sync(above);
}

/** One hash over a folder: names, kinds, link targets and contents. */
export async function treeHash(folder: string): Promise<{ readonly sha256: string; readonly bytes: number }> {
	const hash = createHash("sha256");
	let bytes = 0;
	for (const path of await pathsIn(folder, "")) {
		const full = join(folder, path);
		const found = await lstat(full);
		const kind = found.isDirectory() ? "folder" : found.isSymbolicLink() ? "link" : "file";
		const content = kind === "folder" ? "" : kind === "link" ? await readlink(full) : await sha256Of(full);
		hash.update(JSON.stringify([path, kind, content]));
		bytes += kind === "file" ? found.size : 0;
	}
	return { sha256: hash.digest("hex"), bytes };
}

async function pathsIn(folder: string, prefix: string): Promise<string[]> {
	const entries = await readdir(join(folder, prefix), { withFileTypes: true });
	const paths: string[] = [];
	for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
		const path = join(prefix, entry.name);
		paths.push(path);
		if (entry.isDirectory()) paths.push(...(await pathsIn(folder, path)));
	}
	return paths;
}
