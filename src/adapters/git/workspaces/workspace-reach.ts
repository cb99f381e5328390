// Opens what lies below a folder that a builder writes, following no link anywhere: each step starts from the open folder before it,
// so that no swap of a folder for a link in between leads out. Linux: /proc/self/fd.
import { constants } from "node:fs";
import { copyFile, type FileHandle, mkdir, open, readdir, rename, unlink } from "node:fs/promises";

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
const FOLDER = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
const FILE = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;

/** A name as git stores it: any bytes, one character each. */
function at(folder: FileHandle, name: string): Buffer {
	if (name === "" || name === "." || name === ".." || /[/\0]/.test(name))
		throw new Error(`${JSON.stringify(name)} is no name.`);
	return Buffer.concat([Buffer.from(`/proc/self/fd/${folder.fd}/`), Buffer.from(name, "latin1")]);
}

/** As `at` wants names: bytes as characters. */
export const asBytes = (path: string) => Buffer.from(path, "utf8").toString("latin1");

/** Rejects where it is a link or no folder. */
export const openFolder = (path: string): Promise<FileHandle> => open(path, FOLDER);

/** Null where it is absent, a link, or not a folder. */
export function folderIn(folder: FileHandle, name: string): Promise<FileHandle | null> {
	return open(at(folder, name), FOLDER).catch(absence);
}

/** Null where it is absent or anything but a plain file; a pipe is not waited for. */
export async function fileIn(folder: FileHandle, name: string): Promise<FileHandle | null> {
	const handle = await open(at(folder, name), FILE).catch(absence);
	if (handle === null || (await handle.stat()).isFile()) return handle;
	await handle.close();
	return null;
}

export const namesIn = (folder: FileHandle): Promise<string[]> => readdir(`/proc/self/fd/${folder.fd}`, "latin1");

/** Runs `work` with the folder that the path leads to, or with null. */
export async function inFolder<T>(
	start: FileHandle,
	path: readonly string[],
	work: (folder: FileHandle | null) => Promise<T>,
): Promise<T> {
	const [name, ...rest] = path;
	if (name === undefined) return work(start);
	const next = await folderIn(start, name);
	if (next === null) return work(null);
	try {
		return await inFolder(next, rest, work);
	} finally {
		await next.close();
	}
}

/** Null where there is no such plain file, or it is larger. */
export async function textIn(
	start: FileHandle,
	path: readonly string[],
	{ maxBytes }: { readonly maxBytes: number },
): Promise<string | null> {
	return inFolder(start, path.slice(0, -1), async (folder) => {
		const handle = folder === null ? null : await fileIn(folder, path.at(-1) ?? "");
		if (handle === null) return null;
		try {
			const { size } = await handle.stat();
			return size > maxBytes ? null : (await handle.readFile()).toString("utf8");
		} finally {
			await handle.close();
		}
	});
}

/** The file's size; 0 where there is no such plain file. A larger one than `maxBytes` is not copied. */
export async function copyOut(
	folder: FileHandle,
	name: string,
	{ to, maxBytes }: { readonly to: string; readonly maxBytes: number },
): Promise<number> {
	const handle = await fileIn(folder, name);
	if (handle === null) return 0;
	try {
		const { size } = await handle.stat();
		if (size <= maxBytes) await copyFile(`/proc/self/fd/${handle.fd}`, to, constants.COPYFILE_FICLONE);
		return size;
	} finally {
		await handle.close();
	}
}

/** Makes the folders on the way and an empty file for its owner alone; false where something stands there. */
export async function touchIn(start: FileHandle, path: readonly string[]): Promise<boolean> {
	const [name = "", ...rest] = path;
	if (rest.length > 0) {
		await mkdir(at(start, name)).catch(existence);
		return inFolder(start, [name], async (folder) => folder !== null && touchIn(folder, rest));
	}
	const handle = await open(at(start, name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600).catch(existence);
	await handle?.close();
	return handle !== null;
}

/** Whole or not at all, in place of whatever file or link has that name; false where a folder is in the way. */
export async function replaceIn(
	folder: FileHandle,
	name: string,
	{ content, mode }: { readonly content: string; readonly mode: number },
): Promise<boolean> {
	const half = `${name}.tmp`;
	try {
		await unlink(at(folder, half)).catch(absence);
		await writeNew(folder, half, { content, mode });
		await rename(at(folder, half), at(folder, name));
		await folder.sync();
		return true;
	} catch (error) {
		await unlink(at(folder, half)).catch(() => {});
		if ((error as NodeJS.ErrnoException).code !== "EISDIR") throw error;
		return false;
	}
}

async function writeNew(folder: FileHandle, name: string, { content, mode }: { content: string; mode: number }) {
	const handle = await open(at(folder, name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
	try {
		await handle.writeFile(content);
		await handle.chmod(mode);
		await handle.sync();
	} finally {
		await handle.close();
	}
}

/** A file or a link of that name; a folder stays. */
export async function removeIn(folder: FileHandle, name: string): Promise<void> {
	await unlink(at(folder, name)).catch((error: NodeJS.ErrnoException) =>
		error.code === "EISDIR" ? null : absence(error),
	);
}

function absence(error: NodeJS.ErrnoException): null {
	if (["ENOENT", "ENOTDIR", "ELOOP", "ENXIO", "ENAMETOOLONG"].includes(error.code ?? "")) return null;
	throw error;
}

function existence(error: NodeJS.ErrnoException): null {
	if (error.code !== "EEXIST") throw error;
	return null;
}
