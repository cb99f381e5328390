// Which workspaces there are: what git has registered and what stands in the records, side by side. Changes nothing.
import { basename, dirname } from "node:path";
import { hostTarget } from "../../../core/swap.js";
import type { Workspace } from "../../../ports/ports.js";
import { readCloneHead } from "./workspace-clone-head.js";
import { ask, branchOf, isFolder, pathOf, type WorkspaceContext } from "./workspace-context.js";
import { allRecords, type WorkspaceRecord } from "./workspace-record.js";

export interface Found extends Workspace {
	readonly owner: string | null;
	readonly placeholders: readonly string[];
	/** Never handed out, or its removal was killed. */
	readonly halfMade: boolean;
	/** Nothing stands in its place any more. */
	readonly gone: boolean;
	/** Why git's registration is locked; null: it is not. */
	readonly lock: string | null;
}

/** The lock's reason while one is made; older versions know no other sign. */
export const HALF_MADE = "deadman: half-made";

export async function survey(context: WorkspaceContext): Promise<readonly Found[]> {
	const [registered, records] = await Promise.all([registrations(context), allRecords(context)]);
	const names = new Set([...registered.map((one) => one.name), ...records.map((one) => one.name)]);
	return Promise.all(
		[...names].map((name) =>
			found(context, {
				name,
				registration: registered.find((one) => one.name === name) ?? null,
				record: records.find((one) => one.name === name) ?? null,
			}),
		),
	);
}

/** What may be worked with and listed. */
export function isUsable({ halfMade, gone, frozen }: Found): boolean {
	return !halfMade && (!gone || frozen);
}

export function asWorkspace({ name, target, kind, owner, path, branch, start, head, frozen }: Found): Workspace {
	return { name, target, kind, owner, path, branch, start, head, frozen };
}

interface Registration {
	readonly name: string;
	readonly path: string;
	readonly head: string;
	readonly branch: string;
	readonly lock: string | null;
}

/** Worktrees that stand in the folder of workspaces. */
async function registrations(context: WorkspaceContext): Promise<Registration[]> {
	const text = await ask(context).raw(["worktree", "list", "--porcelain", "-z"]);
	const all = text.split("\0\0").map((block) => {
		const lines = block.split("\0");
		const field = (key: string) =>
			lines.find((line) => line === key || line.startsWith(`${key} `))?.slice(key.length + 1);
		const path = field("worktree") ?? "";
		const name = basename(path);
		const branch = (field("branch") ?? `refs/heads/${branchOf(name)}`).replace(/^refs\/heads\//, "");
		return { name, path, branch, head: field("HEAD") ?? "", lock: field("locked") ?? null };
	});
	return all.filter(({ path }) => dirname(path) === context.folder);
}

interface Signs {
	readonly name: string;
	readonly registration: Registration | null;
	readonly record: WorkspaceRecord | null;
}

/** Without a record it was made by an older version: a worktree for the host. */
async function found(context: WorkspaceContext, { name, registration, record }: Signs): Promise<Found> {
	const path = pathOf(context, name);
	const there = await isFolder(path);
	const kind = record?.kind ?? "worktree";
	const standing = kind === "clone" ? await readCloneHead(path) : (registration?.head ?? null);
	const start = record?.start ?? (await baseOf(context, registration?.head ?? ""));
	const lock = registration?.lock ?? null;
	const frozen = record?.frozen ?? null;
	return {
		name,
		target: record?.target ?? hostTarget,
		kind,
		owner: record?.owner ?? null,
		path,
		branch: (kind === "worktree" ? registration?.branch : undefined) ?? branchOf(name),
		start,
		head: frozen ?? standing ?? start,
		frozen: frozen !== null,
		placeholders: record?.placeholders ?? [],
		halfMade: record?.whole === false || lock === HALF_MADE || lock === "initializing",
		gone: !there || (kind === "worktree" && registration === null),
		lock,
	};
}

async function baseOf(context: WorkspaceContext, head: string): Promise<string> {
	const args = ["merge-base", head, `refs/heads/${context.branch}`];
	const base = await ask(context)
		.raw(args)
		.catch(() => "");
	return base.trim() || head;
}
