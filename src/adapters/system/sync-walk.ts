// Makes a tree durable entry by entry, for systems without syncfs. Links are not followed.
import type { Dirent } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";

const CONCURRENCY = 16;

export async function syncByWalking(root: string): Promise<void> {
	const folders = [root];
	for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
		const entries = await readdir(folder, { withFileTypes: true });
		folders.push(...entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder as string, entry.name)));
		await syncFiles(folder, entries);
		await sync(folder);
	}
}

async function syncFiles(folder: string, entries: readonly Dirent[]): Promise<void> {
	const files = entries.filter((entry) => entry.isFile());
	for (let index = 0; index < files.length; index += CONCURRENCY) {
		await Promise.all(files.slice(index, index + CONCURRENCY).map((entry) => sync(join(folder, entry.name))));
	}
}

/** A file or a folder. */
export async function sync(path: string): Promise<void> {
	const handle = await open(path, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}
