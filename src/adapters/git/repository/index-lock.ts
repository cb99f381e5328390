// The lock of the operator's index, as git itself takes it, and told from anybody else's after a kill. Knows nothing of what the index holds.
import { copyFile, link, open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { Refusal } from "../../../core/refusals.js";
import { giveTo, indexLock, type Operator, waitForLocks } from "./operator.js";

export interface IndexLock {
	/** The refusal says who holds it after `waitMs`. One that a killed life of ours left is taken over as it is. */
	take(waitMs: number): Promise<Refusal | null>;
	/** By the index that was made in this file. The lock holds it when it is renamed, as git itself does it. */
	replace(made: string): Promise<void>;
	/** Gives up ours, or what a killed life left of it; any other is somebody else's. */
	clear(): Promise<void>;
}

/**
 * An index is trusted to know the files that are older than itself, by whole seconds: a copy that were younger would hide an edit of the same second.
 * Source: git's Documentation/technical/racy-git.txt.
 */
export async function copyIndex(from: string, to: string): Promise<void> {
	const { mtimeMs } = await stat(from);
	await copyFile(from, to);
	await age(to, mtimeMs);
}

function age(path: string, mtimeMs: number): Promise<void> {
	const seconds = Math.floor(mtimeMs / 1_000);
	return utimes(path, seconds, seconds);
}

/** `name`: our own name for it in the git folder. Each holder of ours has one, so that none clears another's. */
export function indexLockOf(operator: Operator, name: string): IndexLock {
	const index = join(operator.gitDir, "index");
	const lock = indexLock(operator);
	const ours = join(operator.gitDir, name);

	/** Ours exactly when it is the same file as our own name for it. */
	async function isOurs(): Promise<boolean> {
		const [held, own] = await Promise.all([lock, ours].map((path) => stat(path).catch(() => null)));
		return held != null && own != null && held.ino === own.ino && held.dev === own.dev;
	}

	async function clear(): Promise<void> {
		if (await isOurs()) await rm(lock, { force: true });
		await rm(ours, { force: true });
	}

	async function take(waitMs: number): Promise<Refusal | null> {
		if (await isOurs()) return null;
		const held = await waitForLocks([lock], waitMs);
		if (held !== null) return held;
		await rm(ours, { force: true });
		await copyFile(index, ours);
		await giveTo(ours, await stat(index));
		// Our name is on disk before the lock is: after a power cut nobody would know whose it is.
		await syncFolder(operator.gitDir);
		try {
			await link(ours, lock);
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
			return take(waitMs);
		}
		await syncFolder(operator.gitDir);
		return null;
	}

	async function replace(made: string): Promise<void> {
		const [content, { mtimeMs }] = await Promise.all([readFile(made), stat(made)]);
		const file = await open(lock, "r+");
		try {
			await file.truncate(0);
			await file.write(content, 0, content.length, 0);
			await age(lock, mtimeMs);
			await file.sync();
		} finally {
			await file.close();
		}
		await rename(lock, index);
		await rm(ours, { force: true });
	}

	return { take, replace, clear };
}

export async function syncFolder(path: string): Promise<void> {
	const folder = await open(path, "r");
	await folder.sync().finally(() => folder.close());
}
