// The pointer `.deadman/state` in the repository: where the state lies, and the identity that both carry. Its form and its reading; written elsewhere.
import { lstat, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Refusal, refuse } from "../core/refusals.js";

/** What the repository keeps beside the configuration: the pointer, and by default the workspaces. */
export const folderName = ".deadman";

const schemaVersion = 1;

const idForm = /^[\w-]{8,64}$/;

/** Read without the libraries that read configurations: every command looks here first. */
export interface Pointer {
	/** The identity of the state; null where an older deadman has written the pointer, which knew none. */
	readonly id: string | null;
	/** Absolute. */
	readonly stateDir: string;
}

export function pointerPath(root: string): string {
	return join(root, folderName, "state");
}

/** `path`: absolute, or relative to the repository's folder. */
export function textOfPointer({ id, path }: { readonly id: string; readonly path: string }): string {
	return `${JSON.stringify({ schemaVersion, id, path })}\n`;
}

const mostBytes = 16_384;

/** Null where there is none. What cannot be read, or was written by a newer deadman, is a refusal: nobody may take its state for absent. */
export async function readPointer(root: string): Promise<Pointer | Refusal | null> {
	const path = pointerPath(root);
	const unreadable = (why: string) => refuse("state_pointer_unreadable", { path, why });
	try {
		const found = await lstat(path);
		if (!found.isFile()) return unreadable("it is no plain file");
		if (found.size > mostBytes) return unreadable("it is too large");
		return parsed(root, await readFile(path, "utf8"));
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		return code === "ENOENT" || code === "ENOTDIR" ? null : unreadable(message);
	}
}

/** Before there were identities, the pointer was a path in a line of its own. */
function parsed(root: string, text: string): Pointer | Refusal {
	const path = pointerPath(root);
	const line = text.trim();
	if (line.startsWith("/") && !/[\n\0]/.test(line)) return { id: null, stateDir: resolve(line) };
	const unreadable = (why: string) => refuse("state_pointer_unreadable", { path, why });
	let json: unknown;
	try {
		json = JSON.parse(text);
	} catch {
		return unreadable("it is no JSON");
	}
	const { schemaVersion: version, id, path: named } = (json ?? {}) as Readonly<Record<string, unknown>>;
	if (typeof version === "number" && version > schemaVersion) {
		return refuse("state_pointer_newer", { path, found: version, known: schemaVersion });
	}
	const isWhole = version === schemaVersion && typeof id === "string" && idForm.test(id);
	if (!isWhole || typeof named !== "string" || named === "") return unreadable("it names no place and no identity");
	return { id, stateDir: resolve(root, named) };
}

/** As the pointer says it: a state in the repository's own folder moves with it. */
export function pathFrom(root: string, stateDir: string): string {
	return stateDir === join(root, folderName) ? folderName : stateDir;
}
