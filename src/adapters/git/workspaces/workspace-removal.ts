// Removes workspaces so that nothing is thrown away: their commits stay under refs, and a folder with work that was never committed is moved aside.
import { mkdir, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isRefusal, type Refusal, refuse } from "../../../core/refusals.js";
import { deleteRefArgs, updateRefArgs } from "../repository/argv.js";
import { arrive } from "./workspace-arrival.js";
import {
	arrivalRef,
	asideOf,
	ask,
	branchHead,
	branchOf,
	changeRef,
	dirtyRefusal,
	pathOf,
	removedRef,
	type WorkspaceContext,
} from "./workspace-context.js";
import { dirtyPaths, registrationFolder } from "./workspace-look.js";
import { forget, readRecord, recordPath, writeRecord } from "./workspace-record.js";
import type { Found } from "./workspace-survey.js";

/** Uncommitted work and what is being decided are refused. */
export async function remove(context: WorkspaceContext, one: Found): Promise<Refusal | null> {
	if (one.frozen) return frozenRefusal(context, one);
	const state = one.halfMade || one.gone ? { commit: null, dirty: [] } : await stateOf(context, one);
	if (state === null) await setAside(context, one);
	else if (state.dirty.length > 0) return dirtyRefusal(one.name, state.dirty);
	else await dismantle(context, one);
	return null;
}

/** For a newer workspace of the same agent: nobody is asked, and nothing is lost. */
export async function windDown(context: WorkspaceContext, one: Found): Promise<void> {
	const state = one.halfMade || one.gone ? { commit: null, dirty: [] } : await stateOf(context, one);
	if (state === null || state.dirty.length > 0) await setAside(context, one);
	else await dismantle(context, one);
}

/** Null: what stands there cannot be understood. */
async function stateOf(context: WorkspaceContext, one: Found): Promise<{ readonly dirty: readonly string[] } | null> {
	const commit = one.kind === "clone" ? await arrive(context, one) : one.head;
	return isRefusal(commit) ? null : { dirty: await dirtyPaths(context, one, commit) };
}

/** The swap that a frozen workspace belongs to stands in our own repository: its commit is a child of the frozen one. */
export async function frozenRefusal({ own }: WorkspaceContext, { name, head }: Found): Promise<Refusal> {
	const text = await own.git.text(["for-each-ref", "--format=%(refname:lstrip=3) %(parent)", "refs/deadman/swaps"]);
	const line = text.split("\n").find((one) => one.split(" ").slice(1).includes(head));
	return refuse("workspace_frozen", { name, id: line?.split(" ")[0] ?? "its swap" });
}

/** The folder first, the record last: a killed removal is known as one and finished by the next. */
export async function dismantle(context: WorkspaceContext, one: Found): Promise<void> {
	const { files, own } = context;
	await keepCommit(context, one);
	const record = await readRecord(context, one.name);
	if (record !== null) await writeRecord(context, { ...record, whole: false, frozen: null });
	await files.remove(pathOf(context, one.name));
	const admin = await registrationFolder(context, pathOf(context, one.name));
	if (admin !== null) await files.remove(admin);
	if (one.kind === "worktree") await changeRef(context, { ref: `refs/heads/${branchOf(one.name)}`, to: null });
	await own.git.run(deleteRefArgs(arrivalRef(one.name)));
	await forget(context, one.name);
}

/** Still a worktree where it was one, so that what was staged is not lost; its branch is free again. */
async function setAside(context: WorkspaceContext, one: Found): Promise<void> {
	await keepCommit(context, one);
	const admin = one.kind === "worktree" ? await registrationFolder(context, one.path) : null;
	if (admin !== null) await writeFile(join(admin, "HEAD"), `${one.head}\n`);
	const to = await moveAside(context, one.name);
	if (admin !== null) await writeFile(join(admin, "gitdir"), `${join(to, ".git")}\n`);
	await dismantle(context, { ...one, gone: true });
}

/** Into `workspaces-old`; resolves with the new place. */
export async function moveAside(context: WorkspaceContext, name: string): Promise<string> {
	const { files, log } = context;
	const folder = asideOf(context);
	await mkdir(folder, { recursive: true, mode: 0o700 });
	const taken = new Set(await readdir(folder));
	let number = 1;
	while (taken.has(`${name}-${number}`)) number += 1;
	const to = join(folder, `${name}-${number}`);
	await rename(pathOf(context, name), to);
	await files.syncFolder(folder);
	await files.syncFolder(context.folder);
	log.warn("workspace.set_aside", { workspace: name, folder: to });
	return to;
}

/** An earlier commit of that name goes on under a numbered one, unless the new commit holds it. */
async function keepCommit(context: WorkspaceContext, { name, kind, start }: Found): Promise<void> {
	const git = gitOf(context, kind);
	const commit = kind === "clone" ? await refHead(git, arrivalRef(name)) : await branchHead(context, name);
	if (commit === "" || commit === start) return;
	const earlier = await refHead(git, removedRef(name));
	if (earlier !== "" && earlier !== commit && !(await git.holds(commit, earlier))) {
		await git.set(await freeRef(git, name), earlier);
	}
	await git.set(removedRef(name), commit);
}

interface Refs {
	set(ref: string, to: string): Promise<unknown>;
	text(args: readonly string[]): Promise<string>;
	holds(descendant: string, ancestor: string): Promise<boolean>;
}

/** Commits of worktrees are in the operator's repository, those of clones only in our own. */
function gitOf(context: WorkspaceContext, kind: Found["kind"]): Refs {
	const { git } = context.own;
	const text = async (args: readonly string[]) =>
		kind === "clone"
			? (await git.run(args, { accept: [0, 1] })).stdout.toString().trim()
			: (await ask(context).raw([...args])).trim();
	return {
		text,
		set: (ref, to) => (kind === "clone" ? text(updateRefArgs(ref, to)) : changeRef(context, { ref, to })),
		holds: async (descendant, ancestor) => (await text(["merge-base", descendant, ancestor])) === ancestor,
	};
}

const refHead = (git: Refs, ref: string) => git.text(["rev-parse", "--verify", "--quiet", ref]);

async function freeRef(git: Refs, name: string): Promise<string> {
	for (let number = 1; ; number += 1) {
		const ref = removedRef(`${name}-${number}`);
		if ((await refHead(git, ref)) === "") return ref;
	}
}

/** A folder of which nothing is known, and that is not empty, is somebody's. */
export async function isUnknownFolder(context: WorkspaceContext, name: string): Promise<boolean> {
	if (await context.files.exists(recordPath(context, name))) return false;
	return (await registrationFolder(context, pathOf(context, name))) === null;
}
