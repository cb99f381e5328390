// Exact copies of whole folders: bytes, modes, owners, times, links and empty folders. By `cp`, which shares blocks where the file system can.
import { lstat, readdir, readlink } from "node:fs/promises";
import { limits } from "../../../core/limits.js";
import type { Commands } from "../../../ports/ports.js";
import { jobMarker } from "../repository/leftover-processes.js";
import { fileHash } from "./private-content.js";

interface Copying {
	readonly from: string;
	/** Must not be there. */
	readonly to: string;
	/** Marks its processes, so that a later life ends them first. */
	readonly job: string;
	readonly timeoutMs: number;
}

export async function copyFolder(
	{ commands, stateDir }: { readonly commands: Commands; readonly stateDir: string },
	{ from, to, job, timeoutMs }: Copying,
): Promise<void> {
	await commands.run({
		command: ["cp", "--archive", "--reflink=auto", "--no-target-directory", "--", from, to],
		cwd: "/",
		env: { PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C", ...jobMarker(stateDir, job) },
		timeoutMs,
		maxOutputBytes: limits.commandOutputBytes,
	});
}

const PERMISSIONS = 0o7777;

/** The first path at which two folders differ, or null. Names need not be UTF-8. */
export async function firstDifference(one: string, other: string): Promise<string | null> {
	const path = await compare(Buffer.from(one), Buffer.from(other), "");
	return path === "" ? "." : path;
}

async function compare(one: Buffer, other: Buffer, shown: string): Promise<string | null> {
	const [a, b] = [await lstat(one), await lstat(other).catch(() => null)];
	const kind = 0o170000;
	if (b === null || (a.mode & kind) !== (b.mode & kind)) return shown;
	if (a.isSymbolicLink()) return (await targetOf(one)).equals(await targetOf(other)) ? null : shown;
	if ((a.mode & PERMISSIONS) !== (b.mode & PERMISSIONS)) return shown;
	if (a.isDirectory()) return compareFolders(one, other, shown);
	if (!a.isFile()) return null;
	if (a.size !== b.size) return shown;
	return (await fileHash(one, "sha256")) === (await fileHash(other, "sha256")) ? null : shown;
}

async function compareFolders(one: Buffer, other: Buffer, shown: string): Promise<string | null> {
	const [names, others] = [await namesIn(one), await namesIn(other)];
	for (const name of names) {
		const path = shown === "" ? name.toString() : `${shown}/${name}`;
		const different = await compare(below(one, name), below(other, name), path);
		if (different !== null) return different;
	}
	return names.length === others.length ? null : shown;
}

function namesIn(folder: Buffer): Promise<Buffer[]> {
	return readdir(folder, { encoding: "buffer" });
}

function targetOf(link: Buffer): Promise<Buffer> {
	return readlink(link, { encoding: "buffer" });
}

function below(folder: Buffer, name: Buffer): Buffer {
	return Buffer.concat([folder, Buffer.from("/"), name]);
}
