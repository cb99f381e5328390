// What going back needs on a full disk: a file and a link that are made beside theirs while there is room, and only take their place when there is none.
import { open, readlink, rename, rm, stat, symlink } from "node:fs/promises";
import { dirname } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import type { Files } from "../../../ports/ports.js";

/** More than was asked for: the next text may be longer by a word. */
const MARGIN_BYTES = 16 * 1_024;

const spareOf = (path: string) => `${path}.spare`;
const readyOf = (link: string) => `${link}.ready`;

/** Room for what may be written at `path` later, at least `bytes` long; really taken when it resolves. */
export async function reserveSpare(files: Files, path: string, bytes: number): Promise<void> {
	const spare = spareOf(path);
	const found = await stat(spare).catch(ifAbsent(null));
	if (found === null || found.size < bytes) await files.writeAtomic(spare, "\n".repeat(bytes + MARGIN_BYTES));
}

/** Old or new, as ever. The text is JSON, which may end in blanks: the spare keeps its size. */
export async function writeSpared(files: Files, path: string, text: string): Promise<void> {
	try {
		await files.writeAtomic(path, text);
	} catch (error) {
		if (!isSpaceless(error) || !(await takeSpare(path, Buffer.from(text)))) throw error;
		await files.syncFolder(dirname(path));
		await reserveSpare(files, path, 0).catch(() => {});
	}
}

/** False where there is none, or it is too small. What a killed try left in it is written over. */
async function takeSpare(path: string, content: Buffer): Promise<boolean> {
	const spare = spareOf(path);
	const mode = (await stat(path).catch(ifAbsent(null)))?.mode;
	const file = await open(spare, "r+").catch(ifAbsent(null));
	if (file === null) return false;
	try {
		const { size } = await file.stat();
		if (content.length > size) return false;
		const whole = Buffer.alloc(size, "\n");
		content.copy(whole);
		await file.writev([whole], 0);
		if (mode !== undefined) await file.chmod(mode & 0o7777);
		await file.sync();
	} finally {
		await file.close();
	}
	await rename(spare, path);
	return true;
}

/** The link that a switch of `link` to `target` will need. */
export async function reserveLink(files: Files, link: string, target: string): Promise<void> {
	const ready = readyOf(link);
	if ((await readlink(ready).catch(ifAbsent(null))) === target) return;
	await rm(ready, { force: true });
	await symlink(target, ready);
	await files.syncFolder(dirname(link));
}

/** Where a new link to `target` stands, to be renamed over `link`: at `aside`, or the one that was made ready. */
export async function linkBeside(link: string, target: string, aside: string): Promise<string> {
	try {
		await symlink(target, aside);
		return aside;
	} catch (error) {
		if (!isSpaceless(error)) throw error;
		const ready = readyOf(link);
		if ((await readlink(ready).catch(ifAbsent(null))) !== target) throw error;
		return ready;
	}
}

function isSpaceless(error: unknown): boolean {
	const { code } = error as NodeJS.ErrnoException;
	return code === "ENOSPC" || code === "EDQUOT";
}
