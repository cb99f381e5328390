// Space that is taken ahead, with the snapshot: a rollback writes into it what it has to write when something keeps the disk full. Files
// are really allocated, and folders are made, because both need blocks; renames do not.
import { mkdir, open, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Files } from "../../ports/ports.js";
import { lstatOrNull, statOrNull, sync } from "./bytes.js";
import { isFull } from "./child/failure.js";
import { type Roots, spareFolder } from "./places.js";

/** Of a restore's marker and the like, which name each database a few times. */
const FILE_BYTES = 16 * 1024;
const BYTES_PER_DATABASE = 2 * 1024;
/** `folder` becomes that of the swap in `discarded/`; `begun` and `marker` are written into. */
const files = ["begun", "marker"] as const;

/** Makes what is missing of it; what is there stays. */
export async function reserve(roots: Roots, swapId: string, databases: number): Promise<void> {
	const spare = spareFolder(roots, swapId);
	const folders = ["folder", ...Array.from({ length: databases }, (_, index) => String(index))];
	for (const folder of folders) await mkdir(join(spare, folder), { recursive: true, mode: 0o700 });
	for (const name of files) await allocate(join(spare, name), FILE_BYTES + databases * BYTES_PER_DATABASE);
	await sync(spare);
	await sync(dirname(spare));
}

/** Written, not only made longer: a hole takes no space. */
async function allocate(path: string, bytes: number): Promise<void> {
	if (((await statOrNull(path))?.size ?? 0) >= bytes) return;
	const handle = await open(path, "w", 0o600);
	try {
		await handle.writeFile(Buffer.alloc(bytes, "\n"));
		await handle.sync();
	} finally {
		await handle.close();
	}
}

/** JSON goes with any blank lines behind it: the file keeps its length and so its blocks. Old or new, as with `writeAtomic`. */
export async function writeSurely(via: Files, path: string, content: string, spare: string): Promise<void> {
	try {
		await via.writeAtomic(path, content);
	} catch (error) {
		if (!isFull(error) || !(await fits(content, spare))) throw error;
		await overwrite(spare, content);
		await rename(spare, path);
		await sync(dirname(path));
	}
}

async function fits(content: string, spare: string): Promise<boolean> {
	const found = await lstatOrNull(spare);
	return found?.isFile() === true && found.size >= Buffer.byteLength(content);
}

async function overwrite(path: string, content: string): Promise<void> {
	const handle = await open(path, "r+");
	try {
		const { size } = await handle.stat();
		const padded = Buffer.alloc(size, "\n");
		padded.write(content);
		await handle.write(padded, 0, size, 0);
		await handle.sync();
	} finally {
		await handle.close();
	}
}

/** A folder, or the spare one in its place. */
export async function makeSurely(path: string, spare: string): Promise<void> {
	try {
		await mkdir(path, { mode: 0o700 });
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === "EEXIST") return;
		if (!isFull(error) || (await lstatOrNull(spare)) === null) throw error;
		await rename(spare, path);
	}
	await sync(dirname(path));
}
