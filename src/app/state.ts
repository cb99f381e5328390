// A start's part in where the state lies: what is made before anything counts on it, and what is looked at again under the lock.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { repositoryFolder } from "../adapters/git/repository/repository-folder.js";
import { createLock } from "../adapters/journal/lock.js";
import { beginIdentity, makeHome, point } from "../adapters/state/begin.js";
import { type Kept, keepState } from "../adapters/state/keep.js";
import { createFiles } from "../adapters/system/files.js";
import { isRefusal, type Refusal, refuse } from "../core/refusals.js";
import type { Log } from "../ports/ports.js";
import { readIdentity, unreadable } from "../state/identity.js";
import { copyRefusal, holdsHistory, holdsState, standingOf } from "../state/place.js";
import { readPointer } from "../state/pointer.js";
import type { Place } from "./place.js";
import { workspaceFolderOf } from "./workspace-folder.js";

/** Before the lock: the folder, the identity and the pointer stand. Refuses a copy, and a place that the state does not lie in. */
export async function readyState({ root, stateDir, stateBy, suspect = null }: Place): Promise<Refusal | null> {
	const refusal = (await copyRefusal(root, stateDir)) ?? (await leftBehind({ root, stateDir, stateBy }));
	if (refusal !== null) return refusal;
	const unmade = stateBy === "first" ? await makeHome(stateDir) : null;
	if (unmade !== null) return unmade;
	await mkdir(stateDir, { recursive: true, mode: 0o700 });
	const ground = { root, stateDir, files: createFiles() };
	const identity = await beginIdentity(ground);
	if (suspect !== null || identity === unreadable) return null;
	const { belongs } = await standingOf(root, stateDir);
	if (belongs === "strange" || belongs === "copied") return null;
	// Where the configuration says it, or the state is found in the repository, the pointer only repeats that.
	const isNeeded = stateBy === "first" || (stateBy === "found" && !stateDir.startsWith(`${root}/`));
	return point(ground, identity.id, isNeeded);
}

/** The state lies elsewhere: it was moved since this start was told where, or the configuration names a folder that it has not been moved to. */
async function leftBehind(place: Pick<Place, "root" | "stateDir" | "stateBy">): Promise<Refusal | null> {
	const { root, stateDir, stateBy } = place;
	const pointer = await readPointer(root);
	if (pointer === null || isRefusal(pointer)) return null;
	if (stateBy === "pointer" && pointer.id !== null && (await readIdentity(stateDir)) === null) {
		return (await holdsHistory(stateDir)) ? null : refuse("state_moving", { path: stateDir });
	}
	if (pointer.stateDir === stateDir) return null;
	if (stateBy === "found" || stateBy === "first") return refuse("state_moving", { path: stateDir });
	if (stateBy !== "configuration" || (await holdsHistory(stateDir))) return null;
	if (!(await holdsHistory(pointer.stateDir)) || (await copyRefusal(root, pointer.stateDir)) !== null) return null;
	return (await heldBy(pointer.stateDir)) ?? refuse("state_elsewhere", { path: stateDir, found: pointer.stateDir });
}

/** Who runs there is told first. */
async function heldBy(stateDir: string): Promise<Refusal | null> {
	const lock = createLock({ file: join(stateDir, "lock") });
	const refusal = await lock.acquire().catch(() => null);
	await lock.release();
	return refusal;
}

/** Under the lock. */
export async function settleState(place: Place, log: Log): Promise<Kept | Refusal> {
	const { root, stateDir, suspect = null } = place;
	if (!(await holdsState(stateDir))) return refuse("state_moving", { path: stateDir });
	const commonDir = await repositoryFolder(root).catch(() => null);
	const workspaces = await workspaceFolderOf(place);
	const kept = await keepState({ root, stateDir, commonDir, workspaces, files: createFiles(), log });
	return isRefusal(kept) || suspect === null ? kept : { blocked: suspect };
}
