// A move of the state that has reached its last part: the pointer names the new folder, and what is left of the old one goes. Taken again by every start
// until it is done. Until then a note in the new folder says what was copied from where.
import { lstat, readdir, readFile, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ifAbsent } from "../../core/absent.js";
import type { Files } from "../../ports/ports.js";
import { movingPath } from "../../state/home.js";
import { rebasePlaces } from "./rebase.js";

const schema = z.object({
	schemaVersion: z.literal(1),
	/** Real path of the repository whose state it is. */
	root: z.string().min(1),
	/** The identity of the state that is moved. */
	id: z.string(),
	/** The folder that it comes from. */
	from: z.string().min(1),
	/** What was copied: exactly this goes there. */
	entries: z.array(z.string().regex(/^[^/]+$/)),
});

export type Moving = z.output<typeof schema>;

export function textOfMoving(moving: Omit<Moving, "schemaVersion">): string {
	return `${JSON.stringify({ schemaVersion: 1, ...moving } satisfies Moving)}\n`;
}

/** Null where no move is on the way to this folder, or nobody can read what. */
export async function readMoving(stateDir: string): Promise<Moving | null> {
	const text = await readFile(movingPath(stateDir), "utf8").catch(ifAbsent(null));
	if (text === null) return null;
	try {
		return schema.parse(JSON.parse(text));
	} catch {
		return null;
	}
}

/** What a supervisor makes anew whenever it starts: of no use at another place. */
export const momentary = /^(lock|.*\.sock|scratch|moving\.json|\.deadman-)/;

interface Finishing {
	readonly root: string;
	readonly stateDir: string;
	readonly files: Files;
}

export async function finishMove({ root, stateDir, files }: Finishing): Promise<void> {
	const moving = await readMoving(stateDir);
	if (moving === null) return;
	const { from, entries } = moving;
	await rebasePlaces({ stateDir, shifts: [{ from, to: stateDir }], files }, root);
	// The identity first: from then on nobody takes what is left for a state.
	for (const name of ["identity.json", ...entries]) await files.remove(join(from, name));
	for (const name of await readdir(from).catch(ifAbsent([]))) {
		if (momentary.test(name)) await files.remove(join(from, name));
	}
	await removeIfEmpty(from);
	await files.remove(movingPath(stateDir));
	await files.syncFolder(stateDir);
}

async function removeIfEmpty(folder: string): Promise<void> {
	if ((await lstat(folder).catch(ifAbsent(null))) === null) return;
	await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
		// Something of the operator's is left in it, or it is where something is mounted.
		if (!["ENOTEMPTY", "EEXIST", "EBUSY", "EPERM", "EACCES"].includes(error.code ?? "")) throw error;
	});
}
