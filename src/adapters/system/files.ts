// Durable file operations: what resolves here is on disk. Knows nothing of what the files mean.
// Linux for `sync -f` and reflinks; elsewhere the tree is walked and each file is fsynced.
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { chmod, copyFile, lstat, open, readdir, readFile, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { ifAbsent } from "../../core/absent.js";
import { type Mount, parseMounts } from "../../core/mounts.js";
import type { Files } from "../../ports/ports.js";
import { sync, syncByWalking } from "./sync-walk.js";

const SYNC_TIMEOUT_MS = 120_000;
const PRIVATE_MODE = 0o600;
const PERMISSIONS = 0o7777;

export function createFiles(): Files {
	return { writeAtomic, syncFolder: sync, copy, syncTree, freeBytes, remove, exists, mounts, probe };
}

let writes = 0;

/** Without `mode` an existing file keeps its own; a new one is readable by its owner only. */
async function writeAtomic(path: string, content: string, mode?: number): Promise<void> {
	const finalMode = mode ?? (await modeOf(path)) ?? PRIVATE_MODE;
	await clearLeftovers(path);
	writes += 1;
	const temporary = join(dirname(path), `.${basename(path)}.${process.pid}-${writes}.deadman-tmp`);
	try {
		await writeDurably(temporary, content, finalMode);
		await rename(temporary, path);
	} catch (error) {
		await rm(temporary, { force: true }).catch(() => {});
		throw error;
	}
	await sync(dirname(path));
}

async function writeDurably(path: string, content: string, mode: number): Promise<void> {
	const file = await open(path, "wx", PRIVATE_MODE);
	try {
		await file.writeFile(content);
		await file.chmod(mode);
		await file.sync();
	} finally {
		await file.close();
	}
}

/** A writer that was killed leaves its temporary file; it names the writer, so only a dead one's is removed. */
async function clearLeftovers(path: string): Promise<void> {
	const prefix = `.${basename(path)}.`;
	for (const name of await readdir(dirname(path))) {
		if (!name.startsWith(prefix)) continue;
		const writer = /^(\d+)-\d+\.deadman-tmp$/.exec(name.slice(prefix.length))?.[1];
		if (writer !== undefined && !isAlive(Number(writer))) await rm(join(dirname(path), name), { force: true });
	}
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}

async function modeOf(path: string): Promise<number | null> {
	const found = await stat(path).catch(ifAbsent(null));
	return found === null ? null : found.mode & PERMISSIONS;
}

/** The copy runs in libuv's thread pool, so a large file never holds the event loop. */
async function copy(from: string, to: string): Promise<void> {
	const { mode } = await stat(from);
	await copyFile(from, to, constants.COPYFILE_FICLONE);
	await sync(to);
	await chmod(to, mode & PERMISSIONS);
}

/** One syncfs flushes the whole tree; where it cannot be had, every entry is fsynced. */
async function syncTree(path: string): Promise<void> {
	await lstat(path);
	if (process.platform === "linux" && (await syncFileSystem(path))) return;
	await syncByWalking(path);
}

async function syncFileSystem(path: string): Promise<boolean> {
	try {
		await promisify(execFile)("sync", ["-f", "--", path], { timeout: SYNC_TIMEOUT_MS });
		return true;
	} catch {
		return false;
	}
}

/** The path need not exist yet: its nearest existing folder counts. */
async function freeBytes(path: string): Promise<number> {
	const found = await statfs(path).catch(ifAbsent(null));
	return found === null ? freeBytes(dirname(path)) : found.bavail * found.bsize;
}

async function remove(path: string): Promise<void> {
	try {
		await rm(path, { recursive: true, force: true, maxRetries: 3 });
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code !== "EACCES" && code !== "EPERM") throw error;
		await unlockFolders(path);
		await rm(path, { recursive: true, force: true, maxRetries: 3 });
	}
}

/** Package managers leave read-only folders, whose entries cannot be removed until they are writable. */
async function unlockFolders(path: string): Promise<void> {
	const found = await lstat(path).catch(ifAbsent(null));
	if (found === null || !found.isDirectory()) return;
	await chmod(path, 0o700);
	for (const entry of await readdir(path, { withFileTypes: true })) {
		if (entry.isDirectory()) await unlockFolders(join(path, entry.name));
	}
}

/** A link counts by itself, whether or not its target is there. */
async function exists(path: string): Promise<boolean> {
	return (await lstat(path).catch(ifAbsent(null))) !== null;
}

/** Linux tells; elsewhere nothing is known. */
async function mounts(): Promise<readonly Mount[]> {
	return parseMounts(await readFile("/proc/self/mountinfo", "utf8").catch(() => ""));
}

/** As a rollback will do it. A leftover of a probe that was killed is one that the next probe replaces. */
async function probe(folder: string): Promise<string | null> {
	const [there, other] = [".deadman-probe", ".deadman-probe.new"].map((name) => join(folder, name));
	if (there === undefined || other === undefined) return null;
	try {
		await Promise.all([there, other].map((path) => rm(path, { force: true })));
		await writeFile(there, "old", { flag: "wx", mode: PRIVATE_MODE });
		await writeFile(other, "new", { flag: "wx", mode: PRIVATE_MODE });
		await rename(other, there);
		if ((await readFile(there, "utf8")) !== "new") return "what was renamed there reads otherwise";
		return null;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code ?? String(error);
	} finally {
		for (const path of [there, other]) await rm(path, { force: true }).catch(() => {});
	}
}
