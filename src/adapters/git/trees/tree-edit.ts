// Makes trees and commits in the own repository out of others and a list of paths. Looks at no working tree.
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Files } from "../../../ports/ports.js";
import {
	commitTreeArgs,
	committedAtArgs,
	indexInfoArgs,
	listFoldersArgs,
	readTreeArgs,
	updateRefArgs,
	writeTreeArgs,
} from "../repository/argv.js";
import { asFlags } from "../repository/environment.js";
import type { Git, GitOptions } from "../repository/git.js";
import { inParts, parseTree } from "../repository/listing.js";
import type { Own } from "../repository/own-repository.js";

/** What stands at a path of a tree. */
export interface Blob {
	readonly mode: string;
	readonly oid: string;
}

export type Blobs = ReadonlyMap<string, Blob>;

/** Every file and link, of some folders or of the whole tree. */
export async function blobsOf(git: Git, tree: string, folders?: readonly string[]): Promise<Map<string, Blob>> {
	if (folders?.length === 0) return new Map();
	const entries = await parseTree((await git.run(listFoldersArgs(tree, folders ?? []))).stdout);
	const found = new Map<string, Blob>();
	await inParts(entries, ({ path, shown, mode, oid }) => void found.set(path ?? shown, { mode, oid }));
	return found;
}

export function sameBlob(one: Blob | null | undefined, other: Blob | null | undefined): boolean {
	return (one ?? null) === (other ?? null) || (one?.mode === other?.mode && one?.oid === other?.oid);
}

export interface Edit {
	readonly tree: string;
	/** Before anything is added. */
	readonly remove: Iterable<string>;
	readonly add: Blobs;
}

let edits = 0;

/** Through an index of its own; answers with the new tree. */
export async function editTree(own: Own, git: Git, { tree, remove, add }: Edit): Promise<string> {
	edits += 1;
	const index = join(own.layout.scratch, `edit-${edits}`);
	const env = { GIT_INDEX_FILE: index };
	const lines: string[] = [];
	await inParts([...remove], (path) => void lines.push(`0 ${"0".repeat(tree.length)}\t${path}\0`));
	await inParts([...add], ([path, { mode, oid }]) => void lines.push(`${mode} ${oid}\t${path}\0`));
	try {
		await git.run(readTreeArgs(tree), { env });
		if (lines.length > 0) await git.run(indexInfoArgs(), { env, input: lines.join("") });
		return await git.text(writeTreeArgs(), { env });
	} finally {
		await rm(index, { force: true });
	}
}

export interface NewCommit {
	readonly tree: string;
	readonly parents: readonly string[];
	readonly message: string;
	/** The new one has its date: the same request gives the same commit. */
	readonly datedLike: string;
	/** Keeps it. */
	readonly ref: (commit: string) => string;
}

export async function commitTree(git: Git, wanted: Omit<NewCommit, "ref">): Promise<string> {
	const date = `@${await git.text(committedAtArgs(wanted.datedLike))} +0000`;
	return git.text(commitTreeArgs(wanted.tree, wanted.parents), {
		input: wanted.message.replaceAll("\0", ""),
		env: { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
	});
}

export async function commitAndKeep(own: Own, wanted: NewCommit): Promise<string> {
	const commit = await commitTree(own.git, wanted);
	await own.git.run(updateRefArgs(wanted.ref(commit), commit));
	return commit;
}

/**
 * New objects stand aside until all of them are on disk: git would sync thousands one by one, and without that a power cut would leave
 * torn ones under names that are taken for whole.
 */
export async function inQuarantine<T>(own: Own, files: Files, work: (git: Git) => Promise<T>): Promise<T> {
	edits += 1;
	const aside = join(own.layout.scratch, `objects-${edits}`);
	const objects = join(own.layout.own, "objects");
	await mkdir(aside, { recursive: true });
	try {
		const result = await work(writingInto(own.git, { aside, objects }));
		await files.syncTree(aside);
		if (await moveObjects(aside, objects)) await files.syncTree(objects);
		return result;
	} finally {
		await rm(aside, { recursive: true, force: true });
	}
}

function writingInto(git: Git, { aside, objects }: { readonly aside: string; readonly objects: string }): Git {
	const env = { GIT_OBJECT_DIRECTORY: aside, GIT_ALTERNATE_OBJECT_DIRECTORIES: JSON.stringify(objects) };
	const flags = asFlags(["core.fsync=none"]);
	const placed = (options?: GitOptions) => ({ ...options, env: { ...env, ...options?.env } });
	return {
		run: (args, options) => git.run([...flags, ...args], placed(options)),
		text: (args, options) => git.text([...flags, ...args], placed(options)),
	};
}

async function moveObjects(aside: string, objects: string): Promise<boolean> {
	let moved = false;
	for (const part of await readdir(aside)) {
		if (!/^[0-9a-f]{2}$/.test(part)) continue;
		await mkdir(join(objects, part), { recursive: true });
		for (const name of await readdir(join(aside, part))) {
			if (!/^[0-9a-f]{38,62}$/.test(name)) continue;
			await rename(join(aside, part, name), join(objects, part, name));
			moved = true;
		}
	}
	return moved;
}
