// Whether what answers on a socket can be believed to be the supervisor: who owns the file, and who else could have put it there. Two looks
// at the disk, no more; a socket that is not there is not its business.
import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { type Refusal, refuse } from "../core/refusals.js";

type Owned = Pick<Stats, "uid" | "mode">;

export interface SocketLook {
	readonly path: string;
	readonly socket: Owned;
	readonly folder: Owned;
	/** Ours. */
	readonly uid: number;
}

/** Null where it may be spoken to, or is not there. `uid`: who speaks. */
export async function refuseUnsafeSocket(path: string, uid = process.getuid?.()): Promise<Refusal | null> {
	if (uid === undefined) return null;
	const [socket, folder] = await Promise.all([lookAt(path), lookAt(dirname(path))]);
	return socket === null || folder === null ? null : unsafe({ path, socket, folder, uid });
}

const othersWrite = 0o022;

/** Whoever may write the folder may put a socket of their own there; whoever owns the file serves it. */
export function unsafe({ path, socket, folder, uid }: SocketLook): Refusal | null {
	const place = dirname(path);
	const isStrange = (owner: number) => owner !== uid && owner !== 0;
	const told = (about: string, why: string, remedy: string) => refuse("socket_unsafe", { path: about, why, remedy });
	const runAs = (owner: number) => `run this as user ${owner}`;
	if (isStrange(folder.uid)) return told(place, `it belongs to user ${folder.uid}`, runAs(folder.uid));
	if ((folder.mode & othersWrite) !== 0) return told(place, othersMay(folder), `\`chmod 700 ${place}\``);
	if (isStrange(socket.uid)) return told(path, `it belongs to user ${socket.uid}`, runAs(socket.uid));
	return (socket.mode & othersWrite) === 0 ? null : told(path, othersMay(socket), `\`chmod 600 ${path}\``);
}

function othersMay({ mode }: Owned): string {
	return `others may write there (mode ${(mode & 0o777).toString(8)})`;
}

async function lookAt(path: string): Promise<Owned | null> {
	try {
		return await stat(path);
	} catch {
		return null;
	}
}
