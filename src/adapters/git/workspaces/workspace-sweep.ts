// Sweeps what killed lives left: half-made workspaces, those whose folder is gone, and branches of ours that none owns.
// Never anything with work in it, and never a branch that somebody else made.
import { open, readdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { identity } from "../repository/environment.js";
import {
	ask,
	branchOf,
	changeRef,
	isWorkspaceName,
	pathOf,
	removedRef,
	type WorkspaceContext,
} from "./workspace-context.js";
import { dismantle, isUnknownFolder, moveAside } from "./workspace-removal.js";
import { survey } from "./workspace-survey.js";

export async function sweep(context: WorkspaceContext): Promise<void> {
	for (const one of await survey(context)) {
		if ((one.halfMade || one.gone) && !one.frozen) await dismantle(context, one);
	}
	await sweepFolders(context);
	await sweepBranches(context);
}

/** Nobody knows whose work that is: an empty folder goes, any other is moved aside. */
async function sweepFolders(context: WorkspaceContext): Promise<void> {
	for (const entry of await readdir(context.folder, { withFileTypes: true })) {
		if (!entry.isDirectory() || !(await isUnknownFolder(context, entry.name))) continue;
		const removed = await rmdir(pathOf(context, entry.name)).then(
			() => true,
			() => false,
		);
		if (!removed) await moveAside(context, entry.name);
	}
}

async function sweepBranches(context: WorkspaceContext): Promise<void> {
	const known = new Set((await survey(context)).map(({ name }) => name));
	const text = await ask(context).raw(["for-each-ref", "--format=%(refname:lstrip=3)", "refs/heads/dev/"]);
	for (const name of text.trim().split("\n")) {
		if (isWorkspaceName(name) && !known.has(name)) await sweepBranch(context, name);
	}
}

/** False where it is checked out somewhere, or is not ours. Its commit stays under a ref. */
export async function sweepBranch(context: WorkspaceContext, name: string): Promise<boolean> {
	const ref = `refs/heads/${branchOf(name)}`;
	const line = (await ask(context).raw(["for-each-ref", "--format=%(objectname) %(worktreepath)", ref])).trim();
	const [commit = "", ...checkedOut] = line.split(" ");
	if (commit === "" || checkedOut.join("") !== "" || !(await isMadeByUs(context, name))) return false;
	await changeRef(context, { ref: removedRef(name), to: commit });
	await changeRef(context, { ref, to: null, expected: commit });
	return true;
}

const FIRST_LINE_BYTES = 1_024;

/** The branch's log begins with who made it. */
async function isMadeByUs({ own }: WorkspaceContext, name: string): Promise<boolean> {
	const path = join(own.operator.commonDir, "logs", "refs", "heads", branchOf(name));
	const log = await open(path, "r").catch(() => null);
	if (log === null) return false;
	try {
		const { buffer, bytesRead } = await log.read({ buffer: Buffer.alloc(FIRST_LINE_BYTES) });
		const [first = ""] = buffer.subarray(0, bytesRead).toString("utf8").split("\n");
		return new RegExp(`^0+ [0-9a-f]+ ${identity.name} <${identity.email}> `).test(first);
	} finally {
		await log.close();
	}
}
