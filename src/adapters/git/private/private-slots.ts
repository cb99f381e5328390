// Fills one slot: an exact copy of the folder that is taken over, or the template at a commit of the own repository where there is none.
import { chmod, lstat, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ifAbsent } from "../../../core/absent.js";
import { limits } from "../../../core/limits.js";
import { copyFolder, firstDifference } from "../releases/private-copy.js";
import { checkoutAllArgs, folderEntryArgs, readTreeArgs } from "../repository/argv.js";
import { createGit } from "../repository/git.js";
import { endJob, jobMarker } from "../repository/leftover-processes.js";
import { copyJob, type PrivateContext } from "./private-context.js";
import type { Place } from "./private-places.js";

export interface SlotRequest {
	readonly head: string;
	/** Where it is made; nothing may be there. */
	readonly slot: string;
	/** Nothing is made when this is the same already. */
	readonly unlessSame?: string;
}

/** Copies of what changes while it is copied are made again this often. */
const TRIES = 3;

function asideOf({ layout }: PrivateContext, { slot }: Place): string {
	return join(layout.adopted, String(slot));
}

/** What lay in the folder stands aside, and its link does not stand yet. */
export async function isTakenOver(context: PrivateContext, place: Place): Promise<boolean> {
	return isFolder(asideOf(context, place));
}

async function isFolder(path: string): Promise<boolean> {
	return (await lstat(path).catch(ifAbsent(null)))?.isDirectory() === true;
}

/** Null, or why it cannot be taken over. */
export async function fillSlot(context: PrivateContext, place: Place, request: SlotRequest): Promise<string | null> {
	const folder = join(context.root, place.folder);
	for (const from of [folder, asideOf(context, place)]) {
		if (await isFolder(from)) return copyExactly(context, from, request);
	}
	await seed(context, place, request);
	return null;
}

async function copyExactly(context: PrivateContext, from: string, request: SlotRequest): Promise<string | null> {
	const { slot, unlessSame } = request;
	if (unlessSame !== undefined && (await sameAs(from, unlessSame)) === null) return null;
	await endJob(context.stateDir, copyJob(context.name));
	let different: string | null = null;
	for (let tries = 0; tries < TRIES; tries += 1) {
		await context.files.remove(slot);
		const copy = { from, to: slot, job: copyJob(context.name), timeoutMs: limits.gitTimeoutMs };
		await context.gate.around("privates.copy", () => copyFolder(context, copy));
		different = await sameAs(from, slot);
		if (different === null) return null;
	}
	return `${JSON.stringify(different)} changes while it is copied`;
}

/** What vanishes while it is looked at differs. */
async function sameAs(from: string, slot: string): Promise<string | null> {
	return firstDifference(from, slot).catch((error: NodeJS.ErrnoException) => {
		if (error.code === "ENOENT") return error.path ?? ".";
		throw error;
	});
}

/** An own folder has no template, and starts empty where the commit holds nothing there. */
async function seed(context: PrivateContext, place: Place, { head, slot }: SlotRequest): Promise<void> {
	const { own, commands, stateDir, name } = context;
	await context.files.remove(slot);
	await mkdir(slot);
	await chmod(slot, 0o755);
	if ((await own.git.run(folderEntryArgs(head, place.template))).stdout.length === 0) return;
	const index = join(own.layout.scratch, copyJob(name));
	const git = createGit(commands, own.layout, [`--git-dir=${own.layout.own}`, `--work-tree=${slot}`]);
	const placed = { cwd: slot, env: { ...jobMarker(stateDir, copyJob(name)), GIT_INDEX_FILE: index } };
	try {
		await git.run(readTreeArgs(`${head}:${place.template}`), placed);
		await git.run(checkoutAllArgs(), { ...placed, plainModes: true });
	} finally {
		await rm(index, { force: true });
	}
	for (const path of place.except) await context.files.remove(join(slot, path));
}
