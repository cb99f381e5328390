// Writes the files of a plan: all are laid down beside their places first, then each is renamed into its own, so that none is half written.

import { mkdir, open, readFile, rename, rm, rmdir, unlink } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import { type Refusal, refuse } from "../../../core/refusals.js";
import { exitCodes, Failure } from "../session/failure.js";
import type { Change } from "./plan.js";
import { isWithin } from "./planned-file.js";

/** The folders that were made, from the repository's folder; a refusal where a file is not as it was planned. */
export async function writeAll(root: string, changes: readonly Change[]): Promise<string[] | Refusal> {
	const open = changes.filter(({ kind }) => kind !== "unchanged");
	for (const change of open) {
		if ((await textOf(change.real)) === change.before) continue;
		return refuse("agent_file_blocked", { path: change.real, why: "it changed meanwhile" });
	}
	const folders = await layDown(root, open);
	await putInPlace(open);
	for (const folder of new Set(open.map(({ real }) => dirname(real)))) await sync(folder);
	return folders;
}

/** Deepest first; answers with those that hold something. */
export async function removeEmpty(root: string, folders: readonly string[]): Promise<string[]> {
	const left: string[] = [];
	for (const folder of [...folders].sort((a, b) => b.length - a.length)) {
		const path = join(root, folder);
		if (!isWithin(root, path) || path === root) continue;
		await rmdir(path).catch(({ code }: NodeJS.ErrnoException) => code === "ENOENT" || left.push(folder));
	}
	return left;
}

const besideOf = (path: string) => join(dirname(path), `.${basename(path)}.deadman-tmp`);

/** All or none: a failure here takes everything back. */
async function layDown(root: string, changes: readonly Change[]): Promise<string[]> {
	const folders: string[] = [];
	const beside: string[] = [];
	try {
		for (const { real, after, mode } of changes) {
			if (after === null) continue;
			folders.push(...(await makeFolder(root, dirname(real))));
			beside.push(besideOf(real));
			await rm(besideOf(real), { force: true });
			await write(besideOf(real), after, mode);
		}
		return folders;
	} catch (error) {
		for (const path of beside) await rm(path, { force: true }).catch(() => {});
		await removeEmpty(root, folders);
		throw error;
	}
}

async function makeFolder(root: string, folder: string): Promise<string[]> {
	const first = await mkdir(folder, { recursive: true });
	const made: string[] = [];
	for (let at = folder; first !== undefined && isWithin(first, at); at = dirname(at)) made.push(relative(root, at));
	return made;
}

async function write(path: string, text: string, mode: number): Promise<void> {
	const file = await open(path, "wx", 0o600);
	try {
		await file.writeFile(text);
		await file.chmod(mode);
		await file.sync();
	} finally {
		await file.close();
	}
}

async function putInPlace(changes: readonly Change[]): Promise<void> {
	const done: string[] = [];
	try {
		for (const { path, real, after } of changes) {
			if (after === null) await unlink(real);
			else await rename(besideOf(real), real);
			done.push(path);
		}
	} catch (error) {
		for (const { real } of changes) await rm(besideOf(real), { force: true }).catch(() => {});
		throw cutShort(done, error as Error);
	}
}

function cutShort(done: readonly string[], { message }: Error): Failure {
	const written = done.length === 0 ? "Nothing was written" : `Only this was written: ${done.join(", ")}`;
	const next = "Put that right and run it again: what is written already stays as it is.";
	return new Failure(exitCodes.failed, { code: "internal", message: `${message}. ${written}.`, next });
}

async function textOf(path: string): Promise<string | null> {
	const bytes = await readFile(path).catch(ifAbsent(null));
	return bytes === null ? null : new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

async function sync(folder: string): Promise<void> {
	const handle = await open(folder, "r").catch(() => null);
	await handle?.sync().catch(() => {});
	await handle?.close();
}
