// Freezes a workspace while its change is decided, and thaws it to exactly the permissions there were. What is decided is a commit:
// freezing only keeps its builder from editing in vain.
import type { Stats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { isRefusal } from "../../../core/refusals.js";
import { treePathsArgs } from "../repository/argv.js";
import { parsePaths } from "../repository/listing.js";
import { arrive } from "./workspace-arrival.js";
import { ask, type WorkspaceContext } from "./workspace-context.js";
import { viewAt } from "./workspace-look.js";
import { asBytes } from "./workspace-reach.js";
import { modesPath, readRecord, writeRecord } from "./workspace-record.js";
import type { Found } from "./workspace-survey.js";
import { visit } from "./workspace-visit.js";

/** The lock's reason while a workspace is frozen. */
export const FROZEN = "deadman: frozen";

const WRITE = 0o222;
const PERMISSIONS = 0o7777;

/** Path → permissions before; `""` is the workspace itself. Paths are bytes as characters. */
type Modes = ReadonlyMap<string, number>;

/** The commit stands first: whatever happens in the folder later, it is the answer. */
export async function freeze(context: WorkspaceContext, one: Found): Promise<void> {
	const commit = await commitOf(context, one);
	const record = await readRecord(context, one.name);
	const { name, target, kind, owner, start } = one;
	const known = record ?? {
		schemaVersion: 1 as const,
		name,
		target,
		kind,
		owner,
		start,
		placeholders: [],
		whole: true,
	};
	await writeRecord(context, { ...known, frozen: commit });
	if (kind === "worktree" && one.lock === null && !one.gone) {
		await ask(context).raw(["worktree", "lock", "--reason", FROZEN, one.path]);
	}
	if (one.gone) return;
	const paths = await trackedPaths(context, commit);
	const modes = [...(await writableModes(one.path, paths)), ...(await readModes(context, name))];
	await context.files.writeAtomic(modesPath(context, name), JSON.stringify([...new Map(modes)]), 0o600);
	await visit(one.path, paths, async (handle, _, { mode }) => handle.chmod(mode & PERMISSIONS & ~WRITE));
}

async function commitOf(context: WorkspaceContext, one: Found): Promise<string> {
	if (one.frozen || one.kind === "worktree") return one.head;
	const arrived = await arrive(context, one);
	if (isRefusal(arrived)) throw new Error(`${arrived.message} ${arrived.next}`);
	return arrived;
}

/** The record is thawed last: until then a killed thawing is repeated. */
export async function thaw(context: WorkspaceContext, one: Found): Promise<void> {
	const modes = await readModes(context, one.name);
	if (!one.gone) {
		await visit(one.path, [...modes.keys()], async (handle, path) => {
			const mode = modes.get(path);
			if (mode !== undefined) await handle.chmod(mode);
		});
	}
	if (one.lock === FROZEN) await ask(context).raw(["worktree", "unlock", one.path]);
	const record = await readRecord(context, one.name);
	if (record !== null && record.frozen !== null) await writeRecord(context, { ...record, frozen: null });
	await context.files.remove(modesPath(context, one.name));
}

async function trackedPaths(context: WorkspaceContext, commit: string): Promise<string[]> {
	const view = viewAt(context, context.folder, join(context.own.layout.scratch, "none"));
	return parsePaths((await view.run(treePathsArgs(commit))).stdout).map(asBytes);
}

async function writableModes(root: string, paths: readonly string[]): Promise<Modes> {
	const modes = new Map<string, number>();
	await visit(root, paths, async (_: FileHandle, path: string, { mode }: Stats) => {
		if ((mode & WRITE) !== 0) modes.set(path, mode & PERMISSIONS);
	});
	return modes;
}

const modesSchema = z.array(z.tuple([z.string(), z.number().int().min(0).max(PERMISSIONS)]));

async function readModes(context: WorkspaceContext, name: string): Promise<Modes> {
	const text = await readFile(modesPath(context, name), "utf8").catch(() => "[]");
	return new Map(modesSchema.parse(JSON.parse(text)));
}
