// Makes what a state begins with: its folder, its identity, and the pointer in the repository. The pointer stands before anything counts on it.
import { randomUUID } from "node:crypto";
import { link, lstat, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { ifAbsent } from "../../core/absent.js";
import { isRefusal, type Refusal, refuse } from "../../core/refusals.js";
import type { Files } from "../../ports/ports.js";
import { untrusted } from "../../state/home.js";
import {
	type Identity,
	identityPath,
	lookAtRepository,
	readIdentity,
	textOfIdentity,
	unreadable,
} from "../../state/identity.js";
import { earlierWorkspaces } from "../../state/place.js";
import { pathFrom, pointerPath, readPointer, textOfPointer } from "../../state/pointer.js";

export interface Ground {
	readonly root: string;
	readonly stateDir: string;
	readonly files: Files;
}

/** What passes through a folder of root's own: programs of other users may have to reach their releases. */
const passable = 0o711;
const ours = 0o700;

/** Each folder that is not there yet, down to it. A refusal where one cannot be made, or others could put theirs in its place. */
export async function makeHome(stateDir: string): Promise<Refusal | null> {
	const unfit = (why: string) => refuse("state_place_unfit", { path: stateDir, why });
	const distrust = await untrusted(stateDir);
	if (distrust !== null) return unfit(distrust);
	try {
		const isRoot = process.getuid?.() === 0;
		await mkdir(dirname(stateDir), { recursive: true, mode: isRoot ? passable : ours });
		await mkdir(stateDir, { recursive: true, mode: ours });
		return null;
	} catch (error) {
		return unfit((error as Error).message);
	}
}

/** Once; whoever comes second finds the first one's. */
export async function beginIdentity({ root, stateDir, files }: Ground): Promise<Identity | typeof unreadable> {
	const known = await readIdentity(stateDir);
	if (known !== null) return known;
	const workspaces = await earlierWorkspaces(root, stateDir);
	const identity = { id: randomUUID(), repository: await lookAtRepository(root), stateDir, workspaces };
	await writeOnce(files, identityPath(stateDir), textOfIdentity(identity));
	return (await readIdentity(stateDir)) ?? unreadable;
}

/** Whole under its name, or not there. A disk that knows no hard links gets it by a rename. */
async function writeOnce(files: Files, path: string, text: string): Promise<void> {
	const aside = `${path}.${randomUUID()}.new`;
	await writeFile(aside, text, { mode: 0o600, flush: true });
	try {
		await link(aside, path);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === "EEXIST") return;
		await rename(aside, path);
	} finally {
		await rm(aside, { force: true });
		await files.syncFolder(dirname(path));
	}
}

/** Says where the state lies, from now on. `must`: nothing else says it. */
export async function point({ root, stateDir, files }: Ground, id: string, must: boolean): Promise<Refusal | null> {
	const pointer = await readPointer(root);
	if (pointer !== null && !isRefusal(pointer) && pointer.stateDir === stateDir && pointer.id === id) return null;
	const path = pointerPath(root);
	try {
		await mkdir(dirname(path), { recursive: true, mode: ours });
		const isLink = (await lstat(path).catch(ifAbsent(null)))?.isSymbolicLink() === true;
		if (isLink) return must ? refuse("state_pointer_unwritable", { path, why: "it is a link" }) : null;
		await files.writeAtomic(path, textOfPointer({ id, path: pathFrom(root, stateDir) }), 0o600);
		return null;
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		if (code === undefined) throw error;
		return must ? refuse("state_pointer_unwritable", { path, why: message }) : null;
	}
}
