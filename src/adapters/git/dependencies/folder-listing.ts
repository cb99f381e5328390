// A folder's files with size, times and mode, as one listing that two moments are compared by. Made in a child process.
import { posix } from "node:path";
import { limits } from "../../../core/limits.js";
import type { Commands } from "../../../ports/ports.js";
import { inParts } from "../repository/listing.js";

/**
 * Records end with NUL; the fields of one are kind, mode, size, time, time of change, path and link target, parted by tabs. The time of change is the
 * kernel's: who writes a file cannot set it back.
 */
export function listFolderArgs(roots: readonly string[]): readonly string[] {
	const folders = ["-type", "d", "-printf", "d\t%m\t\t\t\t%p\t\\0", "-o"];
	return ["find", ...roots.map((root) => `./${root}`), ...folders, "-printf", "%y\t%m\t%s\t%T@\t%C@\t%p\t%l\\0"];
}

interface Listed {
	readonly folder: string;
	/** Relative to the folder. */
	readonly roots: readonly string[];
	readonly signal?: AbortSignal | undefined;
}

export function listFolder(commands: Commands, listed: Listed): Promise<Buffer> {
	return runFind(commands, listed, '"$@" | LC_ALL=C sort -z');
}

/** The listing's SHA-256, in hexadecimal digits: whoever only compares need not read it. */
export async function sealOf(commands: Commands, listed: Listed): Promise<string> {
	const text = (await runFind(commands, listed, '"$@" | LC_ALL=C sort -z | sha256sum')).toString();
	const seal = /^[0-9a-f]{64}/.exec(text)?.[0];
	if (seal === undefined) throw new Error(`${listed.folder} could not be listed.`);
	return seal;
}

async function runFind(commands: Commands, { folder, roots, signal }: Listed, script: string): Promise<Buffer> {
	const { stdout } = await commands.run({
		command: ["/bin/sh", "-c", script, "sh", ...listFolderArgs(roots)],
		cwd: folder,
		env: { PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C" },
		timeoutMs: limits.gitTimeoutMs,
		maxOutputBytes: limits.gitOutputBytes,
		...(signal === undefined ? {} : { signal }),
	});
	return stdout;
}

export interface Looked {
	/** The first link that would lead elsewhere from another folder, or null. */
	readonly strayLink: string | null;
	readonly bytes: number;
	readonly files: number;
}

/** A link may lead anywhere within the release: it has the same things at the same places in every one. */
export async function lookAt(listing: Buffer): Promise<Looked> {
	let strayLink: string | null = null;
	let bytes = 0;
	let files = 0;
	await inParts(records(listing), (record) => {
		const [kind, , size, , , path = "", target = ""] = record.split("\t");
		files += kind === "f" ? 1 : 0;
		bytes += kind === "f" ? Number(size) : 0;
		if (kind !== "l" || strayLink !== null) return;
		const end = posix.join(posix.dirname(path), target);
		if (target.startsWith("/") || end === ".." || end.startsWith("../")) strayLink = path;
	});
	return { strayLink, bytes, files };
}

const PART_BYTES = 128 * 1024;

/** Decoded by many at a time, and yet not all at once. */
function* records(listing: Buffer): Generator<string> {
	for (let start = 0; start < listing.length; ) {
		const found = listing.indexOf(0, Math.min(start + PART_BYTES, listing.length));
		const end = found < 0 ? listing.length : found;
		yield* listing.toString("utf8", start, end).split("\0");
		start = end + 1;
	}
}
