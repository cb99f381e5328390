// Space held back on the state folder's disk, so that a rollback works when the disk is full. Really allocated, never sparse.
import { randomFill } from "node:crypto";
import { open, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import type { Ballast, Files } from "../../ports/ports.js";

const CHUNK_BYTES = 1024 * 1024;
const BLOCK_BYTES = 512;

export function createBallast(options: {
	readonly file: string;
	readonly bytes: number;
	readonly files: Files;
}): Ballast {
	const { file, bytes, files } = options;
	return {
		async reserve() {
			if (await isReserved(file, bytes)) return;
			const unfinished = `${file}.new`;
			await files.remove(unfinished);
			try {
				await fill(unfinished, bytes);
				await rename(unfinished, file);
			} catch (error) {
				await files.remove(unfinished).catch(() => {});
				throw error;
			}
			await files.syncFolder(dirname(file));
		},
		async free() {
			await files.remove(`${file}.new`);
			// Not synced: the space is free at once, and a ballast that comes back with a power cut is freed again.
			await files.remove(file);
		},
	};
}

async function isReserved(file: string, bytes: number): Promise<boolean> {
	const found = await stat(file).catch(() => null);
	return found !== null && found.size === bytes && found.blocks * BLOCK_BYTES >= bytes;
}

/** Random bytes: zeros take no space where the file system compresses. */
async function fill(path: string, bytes: number): Promise<void> {
	const handle = await open(path, "wx", 0o600);
	try {
		const chunk = new Uint8Array(CHUNK_BYTES);
		for (let written = 0; written < bytes; written += CHUNK_BYTES) {
			await promisify(randomFill)(chunk);
			await handle.writeFile(chunk.subarray(0, Math.min(CHUNK_BYTES, bytes - written)));
		}
		await handle.sync();
	} finally {
		await handle.close();
	}
}
