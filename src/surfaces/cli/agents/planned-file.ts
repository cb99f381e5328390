// Where a file of the plan really lies, what it holds, and what forbids writing it. Reads only; links that lead elsewhere are refused.
import { constants } from "node:fs";
import { access, lstat, readFile, realpath } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { type Refusal, refuse } from "../../../core/refusals.js";

export interface PlannedFile {
	/** As the plan names it, from the repository's folder. */
	readonly path: string;
	/** With links followed. */
	readonly real: string;
	readonly text: string | null;
	/** Permission bits; those of a new file where there is none. */
	readonly mode: number;
	/** Why it cannot be changed; null where it can. */
	readonly obstacle: string | null;
}

export interface Ground {
	/** Without links in its path. */
	readonly root: string;
	/** Folders below which nothing is written. */
	readonly closed: readonly string[];
}

/** Nobody keeps more in a client's configuration. */
const mostBytes = 1024 * 1024;

export async function lookAt({ root, closed }: Ground, path: string): Promise<PlannedFile | Refusal> {
	const why = (reason: string) => refuse("agent_file_blocked", { path: join(root, path), why: reason });
	const found = await follow(root, path);
	if (typeof found === "string") return why(found);
	const { real, file } = found;
	const within = closed.find((folder) => isWithin(folder, real));
	if (within !== undefined) return why(`it leads into ${within}`);
	if (file === null) return { path, real, text: null, mode: 0o644, obstacle: await closedFolder(real) };
	if (file.size > mostBytes) return why("it is larger than any configuration");
	const text = decode(await readFile(real));
	if (text === null) return why("it is not written in UTF-8");
	const mode = file.mode & 0o7777;
	const obstacle = (mode & 0o222) === 0 ? "it is read-only" : await closedFolder(real);
	return { path, real, text, mode, obstacle };
}

export function isWithin(folder: string, path: string): boolean {
	const way = relative(folder, path);
	return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !way.startsWith(sep));
}

interface Found {
	readonly real: string;
	readonly file: { readonly mode: number; readonly size: number } | null;
}

/** A sentence where the way is barred. */
async function follow(root: string, path: string): Promise<Found | string> {
	const parts = path.split("/");
	let at = root;
	for (const [index, part] of parts.entries()) {
		const next = join(at, part);
		const link = await statOf(next);
		if (link === null) return { real: join(at, ...parts.slice(index)), file: null };
		const real = link.isSymbolicLink() ? await realpath(next).catch(() => null) : next;
		if (real === null) return `${next} is a link to nothing`;
		if (!isWithin(root, real)) return `${next} is a link out of the repository`;
		const file = await statOf(real);
		const isLast = index === parts.length - 1;
		if (isLast && file?.isFile()) return { real, file };
		if (isLast) return file?.isDirectory() ? "there is a folder of that name" : "it is no regular file";
		if (!file?.isDirectory()) return `${next} is no folder`;
		at = real;
	}
	return "it is the repository itself";
}

async function statOf(path: string) {
	try {
		return await lstat(path);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
		throw error;
	}
}

/** The nearest folder that there is has to take a new file. */
async function closedFolder(real: string): Promise<string | null> {
	for (let folder = dirname(real); ; folder = dirname(folder)) {
		if ((await statOf(folder)) === null) continue;
		return access(folder, constants.W_OK).then(
			() => null,
			() => `${folder} may not be written`,
		);
	}
}

function decode(bytes: Buffer): string | null {
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		return null;
	}
}
