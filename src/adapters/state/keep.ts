// Under the state's lock, before anything runs: whether the state is still here and this repository's, and what a move of either left to do.
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { type Refusal, refuse } from "../../core/refusals.js";
import type { Files, Log } from "../../ports/ports.js";
import {
	type Identity,
	identityPath,
	lookAtRepository,
	readIdentity,
	textOfIdentity,
	unreadable,
} from "../../state/identity.js";
import { standingOf } from "../../state/place.js";
import { folderName } from "../../state/pointer.js";
import { point } from "./begin.js";
import { finishMove } from "./finish.js";
import { foldersIn, rebasePlaces, rebaseState, rebaseText, rebaseWorktrees, type Shift } from "./rebase.js";

export interface Keeping {
	readonly root: string;
	readonly stateDir: string;
	/** The git folder that the worktrees of the operator's repository are registered in; null where there is none. */
	readonly commonDir: string | null;
	/** Where workspaces lie. */
	readonly workspaces: string;
	readonly files: Files;
	readonly log: Log;
}

export interface Kept {
	/** Why nothing new may be begun; null where nothing stands in the way. */
	readonly blocked: Refusal | null;
}

/** A refusal where this state is not for this repository to use. */
export async function keepState(keeping: Keeping): Promise<Kept | Refusal> {
	const { root, stateDir, log } = keeping;
	const { identity, belongs } = await standingOf(root, stateDir);
	const path = stateDir;
	if (belongs === "unrecorded") return refuse("state_moving", { path });
	if (belongs === "copied") {
		return refuse("repository_copied", { root, path, original: identity?.repository.root ?? "another repository" });
	}
	await finishMove(keeping);
	if (belongs !== "strange") {
		const isAsWritten = belongs === "same" && identity?.stateDir === stateDir;
		if (identity !== null && !isAsWritten) await takeAlong(keeping, identity);
		return { blocked: null };
	}
	const blocked = refuse("identity_mismatch", { path, root });
	log.error("identity.mismatch", { stateDir, root, reason: blocked.message, next: blocked.next });
	return { blocked };
}

/** This repository's from now on, whatever it was before. */
export async function adoptState(keeping: Keeping): Promise<Refusal | null> {
	const { root, stateDir, files } = keeping;
	const found = await readIdentity(stateDir);
	const known = found === unreadable ? null : found;
	const repository = await lookAtRepository(root);
	const identity = known ?? { schemaVersion: 1 as const, id: randomUUID(), repository, stateDir, workspaces: null };
	await takeAlong(keeping, identity);
	return point({ root, stateDir, files }, identity.id, true);
}

/** The record is renewed last: until then each start does the rest. */
async function takeAlong(keeping: Keeping, identity: Identity): Promise<void> {
	const { root, stateDir, files, log } = keeping;
	const repository = await lookAtRepository(root);
	const from = identity.repository.root;
	const shifts: Shift[] = [];
	if (identity.stateDir !== stateDir) shifts.push({ from: identity.stateDir, to: stateDir });
	if (from !== repository.root) shifts.push({ from, to: repository.root });
	if (shifts.length > 0) await rebaseAll(keeping, shifts);
	if (from !== repository.root) log.warn("repository.moved", { from, to: repository.root, stateDir });
	else log.info("repository.renewed", { root, stateDir });
	const workspaces = identity.workspaces === join(from, folderName, "workspaces") ? null : identity.workspaces;
	const text = textOfIdentity({ id: identity.id, repository, stateDir, workspaces });
	await files.writeAtomic(identityPath(stateDir), text, 0o600);
}

async function rebaseAll({ root, stateDir, commonDir, workspaces, files }: Keeping, shifts: readonly Shift[]) {
	const rebase = { stateDir, shifts, files };
	await rebaseState(rebase);
	await rebasePlaces(rebase, root);
	if (commonDir === null) return;
	await rebaseWorktrees(rebase, join(commonDir, "worktrees"));
	for (const folder of await foldersIn(workspaces)) await rebaseText(rebase, join(folder, ".git"));
}
