// What every part of an activation in the operator's checkout is given, and where it keeps what it needs for the way there and back.
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { limits } from "../../../core/limits.js";
import type { Releases } from "../../../ports/ports.js";
import type { ReleasesOptions } from "../releases/release-context.js";
import { type Own, openOwnRepository } from "../repository/own-repository.js";

export interface InPlaceOptions extends ReleasesOptions {
	/** The operator's branch that the checkout is on. */
	readonly branch: string;
	/** Folders that git ignores and that belong to a version, such as dist and node_modules; relative to `root`. */
	readonly outputs: readonly string[];
	/** Immutable worktrees in which candidates are built and checked. */
	readonly staged: Releases;
	/** How long another git's locks are waited for. */
	readonly lockWaitMs?: number;
}

export interface InPlaceContext extends InPlaceOptions {
	readonly own: Own;
	readonly lockWaitMs: number;
	/** Holds a folder for each candidate. On the checkout's file system, so that a rename can move what lies there. */
	readonly home: string;
}

export async function prepareInPlace(options: InPlaceOptions): Promise<InPlaceContext> {
	const own = await openOwnRepository(options);
	return { ...options, own, lockWaitMs: options.lockWaitMs ?? limits.lockWaitMs, home: await homeOf(options, own) };
}

async function homeOf({ root, stateDir }: InPlaceOptions, own: Own): Promise<string> {
	const [checkout, state] = await Promise.all([lstat(root), lstat(stateDir)]);
	return checkout.dev === state.dev ? join(stateDir, "in-place") : join(own.operator.gitDir, "deadman-in-place");
}

/** One candidate's folder: it has its name only when all of it is on disk. */
export interface Kit {
	readonly folder: string;
	readonly plan: string;
	/** The candidate's files, by path. */
	readonly fresh: string;
	/** The files that they replace, numbered. */
	readonly kept: string;
	/** The candidate's outputs, numbered. */
	readonly built: string;
	/** The outputs that they replace, numbered. */
	readonly replaced: string;
	/** The candidate's outputs as a rollback found them, numbered. */
	readonly used: string;
	/** Files of the version before, made anew where the kept ones are gone. */
	readonly again: string;
}

export function kitAt(folder: string): Kit {
	const at = (name: string) => join(folder, name);
	return {
		folder,
		plan: at("plan"),
		fresh: at("fresh"),
		kept: at("kept"),
		built: at("built"),
		replaced: at("replaced"),
		used: at("used"),
		again: at("again"),
	};
}

export function kitOf({ home }: InPlaceContext, candidateId: string): Kit {
	return kitAt(join(home, candidateId));
}

/** What was edited within the window and stood in the way of a rollback. Never removed; not in `discarded`, where snapshots are counted and pruned. */
export function editsFolder({ stateDir }: InPlaceOptions, candidateId: string): string {
	return join(stateDir, "discarded-edits", candidateId);
}
