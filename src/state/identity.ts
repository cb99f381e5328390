// Whose a state is: `identity.json` in the state folder, the repository as it stands, and the judgement whether these two belong together. Changes nothing.
import { createHash } from "node:crypto";
import { readFile, realpath, stat } from "node:fs/promises";
import { join, resolve } from "node:path";

const schemaVersion = 1;

/** Read without the libraries that read configurations: every command looks here first. */
export interface Repository {
	/** Real path. */
	readonly root: string;
	/** Of its git folder; zero where it has none. Device numbers may change with a mount. */
	readonly device: number;
	readonly inode: number;
	/** Of the machine; null where it has no id of its own, as in most containers. */
	readonly machine: string | null;
}

export interface Identity {
	readonly schemaVersion: typeof schemaVersion;
	readonly id: string;
	readonly repository: Repository;
	/** Where the state lay when this was written: paths that are written down in it begin so. */
	readonly stateDir: string;
	/** Where workspaces lie that were made before they had their place in the repository; null: there. */
	readonly workspaces: string | null;
}

/** Torn, strange or written by a newer deadman: there is a state, and nobody can say whose it is. */
export const unreadable = "unreadable";

export function identityPath(stateDir: string): string {
	return join(stateDir, "identity.json");
}

export function textOfIdentity(identity: Omit<Identity, "schemaVersion">): string {
	return `${JSON.stringify({ schemaVersion, ...identity } satisfies Identity)}\n`;
}

export async function readIdentity(stateDir: string): Promise<Identity | typeof unreadable | null> {
	try {
		const found: unknown = JSON.parse(await readFile(identityPath(stateDir), "utf8"));
		return isIdentity(found) ? found : unreadable;
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		return code === "ENOENT" || code === "ENOTDIR" ? null : unreadable;
	}
}

function isIdentity(found: unknown): found is Identity {
	const { schemaVersion: version, id, repository, stateDir, workspaces } = fieldsOf(found);
	const { root, device, inode, machine } = fieldsOf(repository);
	const isText = (value: unknown) => typeof value === "string" && value !== "";
	return (
		version === schemaVersion &&
		[id, root, stateDir].every(isText) &&
		[device, inode].every((value) => typeof value === "number") &&
		[workspaces, machine].every((value) => value === null || isText(value))
	);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
	return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

export async function lookAtRepository(root: string): Promise<Repository> {
	const real = await realpath(root);
	const git = await stat(await gitFolderOf(real)).catch(() => null);
	return { root: real, device: git?.dev ?? 0, inode: git?.ino ?? 0, machine: await machineOf() };
}

/** A linked worktree has one of its own, by a file: a copy of the main one's `.deadman` in it is a copy. */
async function gitFolderOf(root: string): Promise<string> {
	const path = join(root, ".git");
	const text = await readFile(path, "utf8").catch(() => "");
	const named = /^gitdir: (.+)$/m.exec(text)?.[1];
	return named === undefined ? path : resolve(root, named.trim());
}

/** As a hash: the id itself is nobody's business. */
async function machineOf(): Promise<string | null> {
	const id = (await readFile("/etc/machine-id", "utf8").catch(() => "")).trim();
	if (!/^[0-9a-f]{32}$/.test(id)) return null;
	return createHash("sha256").update(`deadman ${id}`).digest("hex").slice(0, 16);
}

/**
 * `same`: as it was. `moved`: its folder has another path by now. `replaced`: another folder stands at its path, such as one from a backup.
 * `copied`: the repository that the state belongs to is, or may be, another one.
 */
export type Belonging = "same" | "moved" | "replaced" | "copied";

/** Whoever comes first after a copy took the place of its original goes on; the other one is the copy from then on. */
export async function belonging(known: Repository, seen: Repository): Promise<Belonging> {
	const isFolder = known.inode === seen.inode && known.device === seen.device;
	if (isFolder) return known.root === seen.root ? "same" : "moved";
	const elsewhere = known.machine !== null && seen.machine !== null && known.machine !== seen.machine;
	if (elsewhere) return "copied";
	if (known.root === seen.root) return "replaced";
	return (await stat(join(known.root, ".git")).catch(() => null)) === null ? "moved" : "copied";
}
