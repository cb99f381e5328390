// Paths that are written down in a state and beside it, put right where the state or its repository has another place by now: git's registrations, links
// of releases and private folders, records of data. Each is old or new; taken again, it does the rest.
import { randomBytes } from "node:crypto";
import { lstat, readdir, readFile, readlink, rename, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ifAbsent } from "../../core/absent.js";
import type { Files } from "../../ports/ports.js";

export interface Shift {
	readonly from: string;
	readonly to: string;
}

interface Rebase {
	/** As it lies by now. */
	readonly stateDir: string;
	readonly shifts: readonly Shift[];
	readonly files: Files;
}

/** Null where the path names nothing that has moved. */
export function shifted(path: string, shifts: readonly Shift[]): string | null {
	for (const { from, to } of shifts) {
		if (path === from || path.startsWith(`${from}/`)) return `${to}${path.slice(from.length)}`;
	}
	return null;
}

/** Everything below the state folder. */
export async function rebaseState(rebase: Rebase): Promise<void> {
	const { stateDir, files } = rebase;
	await rebaseWorktrees(rebase, join(stateDir, "repo.git", "worktrees"));
	for (const folder of await foldersIn(join(stateDir, "releases"))) await rebaseText(rebase, join(folder, ".git"));
	for (const name of ["releases", "deps"]) await rebaseLinks(rebase, join(stateDir, name));
	for (const folder of [stateDir, ...(await foldersIn(join(stateDir, "targets")))]) {
		for (const name of ["snapshots", "discarded", "files"]) {
			// Their own manifests alone: what lies deeper is the program's data, whatever it looks like.
			for (const swap of await foldersIn(join(folder, name))) await rebaseRecord(rebase, join(swap, "manifest.json"));
		}
	}
	await files.syncFolder(stateDir);
}

/** git's registrations, each with the folder that it names. */
export async function rebaseWorktrees(rebase: Rebase, folder: string): Promise<void> {
	for (const admin of await foldersIn(folder)) await rebaseText(rebase, join(admin, "gitdir"));
}

/** The links by which private folders lead into the state. */
export async function rebasePlaces(rebase: Rebase, root: string): Promise<void> {
	for (const target of await foldersIn(join(rebase.stateDir, "targets"))) {
		const text = await readFile(join(target, "places.json"), "utf8").catch(ifAbsent("{}"));
		const { places = [] } = JSON.parse(text) as { places?: readonly { readonly folder: string }[] };
		for (const { folder } of places) await rebaseLink(rebase, join(root, folder));
	}
}

/** A file of one path in a line, with a word before it or none. Never through a link: builders write near some of them. */
export async function rebaseText({ files, shifts }: Rebase, path: string): Promise<void> {
	const found = await lstat(path).catch(ifAbsent(null));
	if (found?.isFile() !== true) return;
	const text = await readFile(path, "utf8");
	const [, word = "", named = ""] = /^(gitdir: )?(\/[^\n]*)\n?$/.exec(text) ?? [];
	const now = shifted(named, shifts);
	if (now !== null) await files.writeAtomic(path, `${word}${now}\n`);
}

/** Below a folder, as deep as it goes; no link is followed. */
async function rebaseLinks(rebase: Rebase, folder: string): Promise<void> {
	for (const entry of await readdir(folder, { withFileTypes: true }).catch(ifAbsent([]))) {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) await rebaseLinks(rebase, path);
		else if (entry.isSymbolicLink()) await rebaseLink(rebase, path);
	}
}

async function rebaseLink({ files, shifts }: Rebase, path: string): Promise<void> {
	const target = await readlink(path).catch(() => null);
	const now = target === null ? null : shifted(target, shifts);
	if (now === null) return;
	const aside = join(dirname(path), `.deadman-link-${randomBytes(6).toString("hex")}`);
	await symlink(now, aside);
	try {
		await rename(aside, path);
	} catch (error) {
		await rm(aside, { force: true });
		throw error;
	}
	await files.syncFolder(dirname(path));
}

async function rebaseRecord({ files, shifts }: Rebase, path: string): Promise<void> {
	const text = await readFile(path, "utf8").catch(ifAbsent(""));
	if (!shifts.some(({ from }) => text.includes(from))) return;
	let record: unknown;
	try {
		record = JSON.parse(text);
	} catch {
		return;
	}
	const now = JSON.stringify(record, (_, value) =>
		typeof value === "string" ? (shifted(value, shifts) ?? value) : value,
	);
	await files.writeAtomic(path, `${now}\n`);
}

export async function foldersIn(folder: string): Promise<string[]> {
	const entries = await readdir(folder, { withFileTypes: true }).catch(ifAbsent([]));
	return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}
