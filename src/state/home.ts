// Where a first start puts the state: a folder of its own outside of the repository, named after it. Asked once; from then on the pointer says it.
import { createHash } from "node:crypto";
import { lstat, readdir, readFile, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join } from "node:path";
import { ifAbsent } from "../core/absent.js";
import { isRefusal, type Refusal, refuse } from "../core/refusals.js";
import { lookAtRepository, readIdentity, unreadable } from "./identity.js";

export interface Asking {
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly uid: number | undefined;
}

export const asking = (): Asking => ({ env: process.env, uid: process.getuid?.() });

/** The folder, which may not be there yet; one that has this repository's state already is taken again, but for `anew`. */
export async function homeFor(root: string, from: Asking = asking(), anew = false): Promise<string | Refusal> {
	const base = homeOf(from);
	if (isRefusal(base)) return base;
	const real = await realpath(root);
	const first = join(base, nameFor(real, base));
	for (let number = 1; ; number += 1) {
		const folder = number === 1 ? first : `${first}-${number}`;
		if (await isFreeFor(folder, anew ? null : real)) return folder;
	}
}

/** Where this caller's states lie. */
export function homeOf({ env, uid }: Asking): string | Refusal {
	const named = env.DEADMAN_STATE_HOME ?? "";
	if (named !== "") {
		if (isAbsolute(named)) return named;
		return refuse("state_place_unfit", { path: named, why: "DEADMAN_STATE_HOME is no absolute path" });
	}
	if (uid === 0) return "/var/lib/deadman";
	const state = env.XDG_STATE_HOME ?? "";
	if (isAbsolute(state)) return join(state, "deadman");
	const home = homeFolder(env.HOME);
	return home === null ? refuse("state_home_unknown") : join(home, ".local", "state", "deadman");
}

/** Without HOME the list of users says it; a user that it does not know has none. */
function homeFolder(named: string | undefined): string | null {
	if (named !== undefined && named !== "") return isAbsolute(named) ? named : null;
	try {
		const home = homedir();
		return isAbsolute(home) ? home : null;
	} catch {
		return null;
	}
}

/** Sockets lie in it, and the system limits their paths. */
const longestPath = 107 - "/program.sock".length;
const longestName = 32;

function nameFor(root: string, base: string): string {
	const hash = createHash("sha256").update(root).digest("hex").slice(0, 10);
	const room = Math.min(longestName, longestPath - Buffer.byteLength(base) - hash.length - "//-2-".length);
	const name = basename(root)
		.replace(/[^\w.-]+/g, "-")
		.replace(/^[.-]+/, "")
		.slice(0, Math.max(0, room));
	return name === "" ? hash : `${name}-${hash}`;
}

/** Not there, empty, or left by a first start of the same folder whose pointer was lost. */
async function isFreeFor(folder: string, root: string | null): Promise<boolean> {
	const names = await readdir(folder).catch(ifAbsent(null));
	if (names === null || names.length === 0) return true;
	if (root !== null && (await isHalfMoved(folder, root))) return true;
	const identity = await readIdentity(folder);
	if (root === null || identity === null || identity === unreadable) return false;
	const { device, inode } = await lookAtRepository(root);
	const { repository } = identity;
	return repository.root === root && repository.device === device && repository.inode === inode;
}

/** Says, in the folder that a state is moved to, what is copied from where. */
export function movingPath(folder: string): string {
	return join(folder, "moving.json");
}

/** A move to here was killed: it is to go on here. */
async function isHalfMoved(folder: string, root: string): Promise<boolean> {
	try {
		return JSON.parse(await readFile(movingPath(folder), "utf8")).root === root;
	} catch {
		return false;
	}
}

const sticky = 0o1000;

/** Why nobody should trust this place: itself or a folder above it lets others put another in its place. Null where it may be used. */
export async function untrusted(folder: string): Promise<string | null> {
	const uid = process.getuid?.();
	if (uid === undefined) return null;
	for (let at = folder; ; at = dirname(at)) {
		const found = await lstat(at).catch(ifAbsent(null));
		if (found !== null && !found.isSymbolicLink()) {
			if (!found.isDirectory()) return `${at} is no folder`;
			if (found.uid !== uid && (found.uid !== 0 || at === folder)) return `${at} belongs to user ${found.uid}`;
			const mode = (found.mode & 0o7777).toString(8);
			const isShared = at !== folder && (found.mode & sticky) !== 0;
			if (isWritableByOthers(found) && !isShared) return `${at} can be written by others (mode ${mode})`;
		}
		if (dirname(at) === at) return null;
	}
}

/** A group that is one's own, as many systems give to each user, is nobody else. */
function isWritableByOthers({ mode, gid }: { readonly mode: number; readonly gid: number }): boolean {
	return (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== process.getgid?.());
}
