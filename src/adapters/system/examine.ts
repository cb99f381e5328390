// The machine under the supervisor, for `deadman doctor`: Node, the state folder's owner and mode, the space.
import { realpath, stat } from "node:fs/promises";
import { limits } from "../../core/limits.js";
import { isRemote, type Mount, mountOf, remoteSentence } from "../../core/mounts.js";
import type { Files, Finding } from "../../ports/ports.js";

const needed = [20, 19] as const;

export async function examineSystem({
	stateDir,
	files,
}: {
	readonly stateDir: string;
	readonly files: Files;
}): Promise<Finding[]> {
	return [
		nodeFinding(process.versions.node),
		await folderFinding(stateDir),
		await spaceFinding(stateDir, files),
		...remoteFindings(stateDir, mountOf(await files.mounts(), await realpath(stateDir))),
	];
}

export function nodeFinding(version: string): Finding {
	const [major = 0, minor = 0] = version.split(".").map(Number);
	const enough = major > needed[0] || (major === needed[0] && minor >= needed[1]);
	const sentence = `Node ${version}.`;
	if (enough) return { name: "node", level: "ok", sentence, next: null };
	return { name: "node", level: "bad", sentence, next: `Install Node ${needed.join(".")} or newer.` };
}

async function folderFinding(stateDir: string): Promise<Finding> {
	const { mode, uid } = await stat(stateDir);
	const open = (mode & 0o077) !== 0;
	if (!open && uid === process.getuid?.()) {
		return { name: "permissions", level: "ok", sentence: `${stateDir} is ours alone.`, next: null };
	}
	const sentence = `${stateDir} can be read or written by others (mode ${(mode & 0o777).toString(8)}, owner ${uid}).`;
	return {
		name: "permissions",
		level: "bad",
		sentence,
		next: `chmod 700 ${stateDir}, owned by the supervisor's user.`,
	};
}

/** The journal is a database too. */
function remoteFindings(stateDir: string, mount: Mount | null): Finding[] {
	if (mount === null || !isRemote(mount)) return [];
	const sentence = remoteSentence(stateDir, mount.kind);
	return [
		{ name: "place of the state", level: "bad", sentence, next: "Let `stateDir` name a folder of this machine." },
	];
}

async function spaceFinding(stateDir: string, files: Files): Promise<Finding> {
	const free = await files.freeBytes(stateDir);
	const sentence = `${Math.floor(free / 1024 / 1024)} MiB are free for releases and snapshots.`;
	if (free > 4 * limits.ballastBytes) return { name: "space", level: "ok", sentence, next: null };
	return { name: "space", level: "bad", sentence, next: "Free some, or move `stateDir` to a larger disk." };
}
