// Puts walked files into the own repository as they are, many at a time. What was opened is what is read: a link put in a file's place meanwhile leads nowhere. Linux only.
import { constants } from "node:fs";
import { type FileHandle, mkdtemp, open, readlink, realpath, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { modeOf } from "../releases/private-content.js";
import { hashObjectsArgs } from "../repository/argv.js";
import type { Git } from "../repository/git.js";
import type { Blob } from "../trees/tree-edit.js";
import type { WalkedEntry } from "./private-walk.js";

/** Files that are open at the same time. */
const AT_ONCE = 256;

interface Opened {
	readonly path: string;
	readonly mode: string;
	readonly file: FileHandle;
}

/** Path below `folder` → its blob. Files that are gone, or that we may not read, are left out and named. */
export async function storeEntries(
	{ git, scratch }: { readonly git: Git; readonly scratch: string },
	folder: string,
	entries: readonly WalkedEntry[],
) {
	const blobs = new Map<string, Blob>();
	const unread: string[] = [];
	const real = await realpath(folder);
	for (let start = 0; start < entries.length; start += AT_ONCE) {
		const part = entries.slice(start, start + AT_ONCE);
		const opened = await openAll(real, part, unread);
		try {
			const oids = await hash(
				git,
				opened.map(({ file }) => `/proc/${process.pid}/fd/${file.fd}`),
			);
			for (const [index, { path, mode }] of opened.entries()) blobs.set(path, { mode, oid: oids[index] ?? "" });
		} finally {
			for (const { file } of opened) await file.close();
		}
	}
	for (const [path, oid] of await storeLinks(git, scratch, entries)) blobs.set(path, { mode: "120000", oid });
	return { blobs, unread };
}

/** git hashes files only, so each target becomes one. */
async function storeLinks(git: Git, scratch: string, entries: readonly WalkedEntry[]): Promise<[string, string][]> {
	const links = entries.filter(({ target }) => target !== null);
	if (links.length === 0) return [];
	const folder = await mkdtemp(join(scratch, "links-"));
	try {
		const files = links.map((_, index) => join(folder, String(index)));
		for (const [index, { target }] of links.entries()) await writeFile(files[index] ?? "", target ?? "");
		const oids = await hash(git, files);
		return links.map(({ path }, index) => [path, oids[index] ?? ""]);
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

async function openAll(real: string, part: readonly WalkedEntry[], unread: string[]): Promise<Opened[]> {
	const opened: Opened[] = [];
	for (const { path, target } of part) {
		if (target !== null) continue;
		const found = await openExactly(real, path);
		if (found === null) unread.push(path);
		else opened.push(found);
	}
	return opened;
}

/** Null unless the very path is a regular file of the folder, and no link on the way led elsewhere. */
async function openExactly(real: string, path: string): Promise<Opened | null> {
	const full = join(real, path);
	const file = await open(full, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => null);
	if (file === null) return null;
	const found = await file.stat();
	const where = await readlink(`/proc/self/fd/${file.fd}`);
	if (found.isFile() && where === full) return { path, mode: modeOf(found.mode), file };
	await file.close();
	return null;
}

async function hash(git: Git, paths: readonly string[]): Promise<string[]> {
	if (paths.length === 0) return [];
	const oids = (await git.text(hashObjectsArgs(), { input: `${paths.join("\n")}\n` })).split("\n");
	if (oids.length === paths.length) return oids;
	throw new Error(`git hashed ${oids.length} of ${paths.length} files.`);
}
