// Copies the object files out of a clone: plain files by their known names only, links never followed, up to a size.

import type { FileHandle } from "node:fs/promises";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { copyOut, inFolder, namesIn, openFolder } from "./workspace-reach.js";

const MAX_BYTES = 4 * 1024 ** 3;
const MAX_FILES = 200_000;

interface Copying {
	readonly objects: FileHandle;
	readonly to: string;
	bytes: number;
	files: number;
}

/** What is wrong, or null. `info/alternates` is not among the names, so other repositories are not reached. */
export async function copyObjects(clone: string, to: string): Promise<string | null> {
	const root = await openFolder(clone);
	try {
		return await inFolder(root, [".git", "objects"], async (objects) => {
			if (objects === null) return "it is no folder";
			return copyAll({ objects, to, bytes: 0, files: 0 });
		});
	} finally {
		await root.close();
	}
}

async function copyAll(copying: Copying): Promise<string | null> {
	for (const name of await namesIn(copying.objects)) {
		if (name === "pack") await copyFolder(copying, name, /^pack-[0-9a-f]+\.(pack|idx)$/);
		else if (/^[0-9a-f]{2}$/.test(name)) await copyFolder(copying, name, /^([0-9a-f]{38}|[0-9a-f]{62})$/);
		if (copying.bytes > MAX_BYTES) return `it holds more than ${MAX_BYTES} bytes`;
		if (copying.files > MAX_FILES) return `it holds more than ${MAX_FILES} files`;
	}
	return null;
}

async function copyFolder(copying: Copying, name: string, wanted: RegExp): Promise<void> {
	await inFolder(copying.objects, [name], async (folder) => {
		if (folder === null) return;
		await mkdir(join(copying.to, name), { recursive: true });
		for (const file of (await namesIn(folder)).filter((one) => wanted.test(one))) {
			if (copying.bytes > MAX_BYTES || copying.files > MAX_FILES) return;
			copying.bytes += await copyOut(folder, file, {
				to: join(copying.to, name, file),
				maxBytes: MAX_BYTES - copying.bytes,
			});
			copying.files += 1;
		}
	});
}
