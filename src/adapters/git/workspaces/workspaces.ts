// The port Workspaces: where builders edit, one live per agent. Worktrees hang off the operator's repository and are no security boundary;
// clones share nothing. Nothing is run in either. Only joins the parts.
import { mkdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { isRefusal, type Refusal, refuse } from "../../../core/refusals.js";
import { hostTarget } from "../../../core/swap.js";
import type { Commands, Files, Log, Workspace, WorkspaceRequest, Workspaces } from "../../../ports/ports.js";
import { createQueue } from "../../../ports/waiting.js";
import { settleIntents } from "../repository/intents.js";
import { openOwnRepository } from "../repository/own-repository.js";
import { arrive } from "./workspace-arrival.js";
import { branchHead, dirtyRefusal, isWorkspaceName, pathOf, type WorkspaceContext } from "./workspace-context.js";
import { freeze, thaw } from "./workspace-freeze.js";
import { dirtyPaths } from "./workspace-look.js";
import { makeClone, makeWorktree } from "./workspace-making.js";
import { bringToOperator, bringToOwn } from "./workspace-objects.js";
import { leaveOutcome } from "./workspace-outcome.js";
import { place } from "./workspace-placeholders.js";
import { recordPath, writeRecord } from "./workspace-record.js";
import { dismantle, frozenRefusal, isUnknownFolder, moveAside, remove, windDown } from "./workspace-removal.js";
import { asWorkspace, type Found, isUsable, survey } from "./workspace-survey.js";
import { sweep, sweepBranch } from "./workspace-sweep.js";

export interface WorkspacesOptions {
	readonly root: string;
	/** The operator's branch. */
	readonly branch: string;
	readonly stateDir: string;
	/** Where workspaces stand; left out: in the state folder. */
	readonly folder?: string;
	/** Paths that releases share: absent here, or an empty file in place of a secret one. */
	readonly shared: readonly string[];
	readonly commands: Commands;
	readonly files: Files;
	readonly log: Log;
}

/** Workspaces stand at `<folder>/<name>` on branch `dev/<name>`, with what is known of them beside the folder. */
export function createWorkspaces(options: WorkspacesOptions): Workspaces {
	const queue = createQueue();
	const job = <T>(work: (context: WorkspaceContext) => Promise<T>) =>
		queue(async () => {
			const own = await openOwnRepository(options);
			await settleIntents(own);
			const { folder = join(options.stateDir, "workspaces") } = options;
			await mkdir(folder, { recursive: true, mode: 0o700 });
			return work({ ...options, own, folder: await realpath(folder) });
		}) as Promise<T>;
	return {
		create: (request) => job((context) => create(context, request)),
		list: () => job(async (context) => (await survey(context)).filter(isUsable).map(asWorkspace)),
		head: (name) => job((context) => head(context, name)),
		freeze: (name, frozen) =>
			job(async (context) => {
				const one = await find(context, name);
				if (one !== null) await (frozen ? freeze : thaw)(context, one);
			}),
		leave: (name, outcome) =>
			job(async (context) => {
				const one = await find(context, name);
				if (one !== null) await leaveOutcome(context, one, outcome);
			}),
		remove: (name) => job((context) => removeNamed(context, name)),
		sweep: () => job(sweep),
	};
}

async function find(context: WorkspaceContext, name: string): Promise<Found | null> {
	return (await survey(context)).find((one) => one.name === name && isUsable(one)) ?? null;
}

/** A branch alone is what an older version left when its removal was killed. */
async function removeNamed(context: WorkspaceContext, name: string): Promise<Refusal | null> {
	const one = (await survey(context)).find((other) => other.name === name);
	if (one !== undefined) return remove(context, one);
	if (isWorkspaceName(name) && (await sweepBranch(context, name))) return null;
	return refuse("workspace_unknown", { name });
}

async function create(context: WorkspaceContext, request: WorkspaceRequest): Promise<Workspace | Refusal> {
	const { name, from, target, kind } = request;
	if (!isWorkspaceName(name)) return refuse("workspace_name", { name: JSON.stringify(name) });
	const all = await survey(context);
	const same = all.find((one) => one.name === name);
	if (same !== undefined && isUsable(same)) return refuse("workspace_exists", { name });
	if (same === undefined && (await isTaken(context, name))) return refuse("workspace_exists", { name });
	const older = all.filter((one) => isUsable(one) && target !== hostTarget && one.target === target);
	const frozen = older.find((one) => one.frozen);
	if (frozen !== undefined) return frozenRefusal(context, frozen);
	const refusal = await (kind === "clone" ? bringToOwn : bringToOperator)(context, from);
	if (refusal !== null) return refusal;
	for (const one of older) await windDown(context, one);
	if (same !== undefined) await dismantle(context, same);
	try {
		await make(context, request);
	} catch (error) {
		await discard(context, name);
		throw error;
	}
	const made = await find(context, name);
	if (made === null) throw new Error(`The workspace ${name} was made, but is not there.`);
	return asWorkspace(made);
}

/** What a failed making left, at once; what still cannot be removed is swept later. */
async function discard(context: WorkspaceContext, name: string): Promise<void> {
	try {
		const half = (await survey(context)).find((one) => one.name === name && one.halfMade);
		if (half !== undefined) await dismantle(context, half);
	} catch (error) {
		context.log.warn("workspace.half_made", { workspace: name, error: String(error) });
	}
}

/** By somebody else's branch, or by a workspace of a newer deadman. */
async function isTaken(context: WorkspaceContext, name: string): Promise<boolean> {
	return (await branchHead(context, name)) !== "" || (await context.files.exists(recordPath(context, name)));
}

/** The record says that it is whole only when it is. */
async function make(context: WorkspaceContext, request: WorkspaceRequest): Promise<void> {
	const { name, from: start, target, kind, owner = null } = request;
	if ((await context.files.exists(pathOf(context, name))) && (await isUnknownFolder(context, name))) {
		await moveAside(context, name);
	}
	const record = { schemaVersion: 1 as const, name, target, kind, owner, start, frozen: null };
	await writeRecord(context, { ...record, placeholders: [], whole: false });
	await (kind === "clone" ? makeClone : makeWorktree)(context, { name, start });
	const placeholders = await place(context, { name, kind, start });
	await writeRecord(context, { ...record, placeholders, whole: true });
}

async function head(context: WorkspaceContext, name: string): Promise<string | Refusal> {
	const one = await find(context, name);
	if (one === null) return refuse("workspace_unknown", { name });
	if (one.frozen) return one.head;
	const commit = one.kind === "clone" ? await arrive(context, one) : one.head;
	if (isRefusal(commit)) return commit;
	const paths = await dirtyPaths(context, one, commit);
	return paths.length === 0 ? commit : dirtyRefusal(name, paths);
}
