// Where the state of a repository lies, decided in one place for everybody who asks: the configuration, else the pointer, else what is found in the
// repository's own folder, else, for a first start, a home outside of it. Reads only.
import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ifAbsent } from "../core/absent.js";
import { isRefusal, type Refusal, refuse } from "../core/refusals.js";
import { type Asking, asking, homeFor } from "./home.js";
import { type Belonging, belonging, type Identity, lookAtRepository, readIdentity, unreadable } from "./identity.js";
import { folderName, type Pointer, readPointer } from "./pointer.js";

export interface StatePlace {
	/** Absolute. */
	readonly stateDir: string;
	/** What decided: `first` where there is no state yet. */
	readonly by: "configuration" | "pointer" | "found" | "first";
}

export interface Placing {
	/** The repository's folder, absolute. */
	readonly root: string;
	/** As configured, or undefined. */
	readonly configured: unknown;
}

export async function placeOf({ root, configured }: Placing, from: Asking = asking()): Promise<StatePlace | Refusal> {
	if (typeof configured === "string" && configured !== "") {
		return { stateDir: resolve(root, configured), by: "configuration" };
	}
	const pointer = await readPointer(root);
	const inside = join(root, folderName);
	if (pointer !== null) return (await pointed(root, pointer)) ?? pointer;
	if (await holdsState(inside)) return { stateDir: inside, by: "found" };
	const home = await homeFor(root, from);
	return isRefusal(home) ? home : { stateDir: home, by: (await holdsState(home)) ? "found" : "first" };
}

/** A state that is not there is no first start: a volume may be missing, or a disk not mounted. */
async function pointed(root: string, pointer: Pointer | Refusal): Promise<StatePlace | Refusal> {
	if (isRefusal(pointer)) return pointer;
	const { stateDir } = pointer;
	if (await holdsState(stateDir)) return { stateDir, by: "pointer" };
	return refuse("state_missing", { path: stateDir, root });
}

/** Any of these says that a supervisor was here. */
const signs = ["identity.json", "state.db", "live.json", "repo.git", "instance", "deadman.sock"];
/** Any of these says that there is something to lose. */
const history = ["state.db", "live.json"];

export function holdsState(folder: string): Promise<boolean> {
	return anyOf(folder, signs);
}

export function holdsHistory(folder: string): Promise<boolean> {
	return anyOf(folder, history);
}

async function anyOf(folder: string, names: readonly string[]): Promise<boolean> {
	const found = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => null)));
	return found.some((one) => one !== null);
}

export interface Standing {
	readonly identity: Identity | null;
	/** `unrecorded`: of before there were identities. `strange`: nobody can say whose it is, or it is another one than the pointer names. */
	readonly belongs: Belonging | "unrecorded" | "strange";
}

/** Whether the state is this repository's. */
export async function standingOf(root: string, stateDir: string): Promise<Standing> {
	const [identity, pointer] = await Promise.all([readIdentity(stateDir), readPointer(root)]);
	if (identity === null) return { identity, belongs: "unrecorded" };
	if (identity === unreadable) return { identity: null, belongs: "strange" };
	const belongs = await belonging(identity.repository, await lookAtRepository(root));
	const isNamed = pointer === null || isRefusal(pointer) || pointer.id === null || pointer.id === identity.id;
	// A pointer to somewhere else, while the configuration says here, names that other state.
	const isOther = pointer !== null && !isRefusal(pointer) && pointer.stateDir !== stateDir;
	return { identity, belongs: belongs === "copied" || isNamed || isOther ? belongs : "strange" };
}

/** For whoever only asks or decides: from a copy, nobody speaks to the supervisor of its original. */
export async function copyRefusal(root: string, stateDir: string): Promise<Refusal | null> {
	const { identity, belongs } = await standingOf(root, stateDir);
	if (belongs !== "copied" || identity === null) return null;
	return refuse("repository_copied", { root, path: stateDir, original: identity.repository.root });
}

/** Where workspaces lie, where no other place is configured: in the repository, so that a sandboxed builder can write there. */
export async function workspacesOf(root: string, stateDir: string): Promise<string> {
	const identity = await readIdentity(stateDir);
	const inside = join(root, folderName, "workspaces");
	if (identity === unreadable) return inside;
	return (identity === null ? await earlierWorkspaces(root, stateDir) : identity.workspaces) ?? inside;
}

/** Beside a state of before there were identities; they go on there. */
export async function earlierWorkspaces(root: string, stateDir: string): Promise<string | null> {
	if (stateDir === join(root, folderName)) return null;
	const folder = join(stateDir, "workspaces");
	return (await readdir(folder).catch(ifAbsent([]))).length > 0 ? folder : null;
}
