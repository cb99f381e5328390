// The operator's repository: where it is, what it is doing, and short questions to it through simple-git. Plumbing only, hardened; never deletes a lock there.
import { lchown, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type SimpleGit, simpleGit } from "simple-git";
import { limits } from "../../../core/limits.js";
import { type Refusal, RefusedError, refuse } from "../../../core/refusals.js";
import { gitEnvironment, hardening } from "./environment.js";
import type { Layout } from "./layout.js";

export interface Operator {
	readonly root: string;
	/** The git folder of the working tree at `root`. */
	readonly gitDir: string;
	/** Where branches and objects are; differs from `gitDir` when `root` is itself a linked worktree. */
	readonly commonDir: string;
	readonly objectFormat: string;
	readonly bare: boolean;
}

/** A fresh instance per question. Its guards against unsafe settings are lifted for exactly the ones that harden. */
export function askOperator(root: string, layout: Pick<Layout, "globalConfig">): SimpleGit {
	const environment = {
		...gitEnvironment({ globalConfig: layout.globalConfig, transport: "none" }),
		GIT_CEILING_DIRECTORIES: dirname(root),
	};
	return simpleGit({
		baseDir: root,
		timeout: { block: limits.gitTimeoutMs },
		config: [...hardening],
		unsafe: {
			allowUnsafeHooksPath: true,
			allowUnsafeFsMonitor: true,
			allowUnsafeConfigPaths: true,
			allowUnsafeProtocolOverride: true,
		},
		allowEnvironment: Object.keys(environment),
	}).env(environment);
}

/** Throws a RefusedError where there is no repository. */
export async function locateOperator(root: string, layout: Layout): Promise<Operator> {
	const found = await stat(root).catch(() => null);
	if (found?.isDirectory() !== true) throw new RefusedError(refuse("not_a_repository", { path: root }));
	const questions = ["--absolute-git-dir", "--git-common-dir", "--show-object-format", "--is-bare-repository"];
	const answer = await askOperator(root, layout)
		.raw(["rev-parse", "--path-format=absolute", ...questions])
		.catch((error: Error) => {
			if (/not a git repository/i.test(error.message))
				throw new RefusedError(refuse("not_a_repository", { path: root }));
			throw error;
		});
	const [gitDir = "", commonDir = "", objectFormat = "sha1", bare = "false"] = answer.split("\n");
	return { root, gitDir, commonDir, objectFormat, bare: bare === "true" };
}

const signs = [
	["MERGE_HEAD", "merge"],
	["rebase-merge", "rebase"],
	["rebase-apply/applying", "am"],
	["rebase-apply", "rebase"],
	["CHERRY_PICK_HEAD", "cherry-pick"],
	["REVERT_HEAD", "revert"],
	["BISECT_LOG", "bisect"],
] as const;

/** What the operator is in the middle of, or null. */
export async function operationOf(operator: Operator): Promise<string | null> {
	for (const [sign, operation] of signs) {
		if ((await stat(join(operator.gitDir, sign)).catch(() => null)) !== null) return operation;
	}
	return null;
}

/** What the operator has to do before anything else: a bisect ends by another word than all others. */
export function busyWith(operation: string): Refusal {
	return refuse("git_busy", { operation, abort: operation === "bisect" ? "reset" : "--abort" });
}

/** Waits for another git to let go of its locks; then says which one it still holds. */
export async function waitForLocks(paths: readonly string[], waitMs: number): Promise<Refusal | null> {
	const deadlineMs = performance.now() + waitMs;
	for (;;) {
		const held = await firstHeld(paths);
		if (held === null) return null;
		if (performance.now() >= deadlineMs) return refuse("git_locked", { path: held.path, age: `${held.ageSeconds}s` });
		await sleep(Math.min(50, waitMs));
	}
}

async function firstHeld(paths: readonly string[]): Promise<{ path: string; ageSeconds: number } | null> {
	for (const path of paths) {
		const found = await stat(path).catch(() => null);
		if (found !== null) return { path, ageSeconds: Math.max(0, Math.round((Date.now() - found.mtimeMs) / 1_000)) };
	}
	return null;
}

/** The locks that a move of this branch would meet. */
export function branchLocks(operator: Operator, branch: string): readonly string[] {
	return [
		join(operator.gitDir, "HEAD.lock"),
		join(operator.commonDir, "packed-refs.lock"),
		join(operator.commonDir, "refs", "heads", `${branch}.lock`),
	];
}

export function indexLock(operator: Operator): string {
	return join(operator.gitDir, "index.lock");
}

/** The administrative folder of a linked worktree, by the folder it belongs to. */
export async function registrationOf(operator: Operator, folder: string, read: ReadText): Promise<string | null> {
	const all = join(operator.commonDir, "worktrees");
	for (const name of await readdir(all).catch(() => [])) {
		const target = (await read(join(all, name, "gitdir")))?.trim();
		if (target === join(folder, ".git")) return join(all, name);
	}
	return null;
}

type ReadText = (path: string) => Promise<string | null>;

/** Only root can; for anybody else what it makes is its own already. */
export async function giveTo(path: string, like: { readonly uid: number; readonly gid: number }): Promise<void> {
	if (process.getuid?.() === 0) await lchown(path, like.uid, like.gid);
}
