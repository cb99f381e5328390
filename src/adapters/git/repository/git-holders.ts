// Whether somebody who lives may hold a lock of the operator's repository: looks at processes, never at clocks. Linux only; elsewhere the answer is yes.
import { readdir, readFile, readlink, realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { repositoryFolder } from "./repository-folder.js";

/**
 * A lock may be held by a git that has it closed, so any git of anyone counts that works in this repository, or that cannot be looked into; and whoever
 * has the file open.
 */
export async function mayBeHeld(lock: string, commonDir: string): Promise<boolean> {
	const repository = await realpath(commonDir);
	const pids = await readdir("/proc").catch(() => null);
	if (pids === null) return true;
	for (const pid of pids) {
		if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
		if ((await isOpenIn(pid, lock)) || (await isGitIn(pid, repository))) return true;
	}
	return false;
}

async function isOpenIn(pid: string, lock: string): Promise<boolean> {
	for (const descriptor of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
		if ((await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => "")) === lock) return true;
	}
	return false;
}

async function isGitIn(pid: string, repository: string): Promise<boolean> {
	const name = (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")).trim();
	if (!/^git($|-)/.test(name)) return false;
	try {
		const folder = await repositoryAbove(await readlink(`/proc/${pid}/cwd`));
		if (folder !== null) return folder === repository;
		const said = await Promise.all(["cmdline", "environ"].map((what) => readFile(`/proc/${pid}/${what}`, "utf8")));
		return said.some((text) => text.includes(repository));
	} catch (error) {
		// One that has ended has no folder any more.
		const { code } = error as NodeJS.ErrnoException;
		return code !== "ENOENT" && code !== "ESRCH";
	}
}

async function repositoryAbove(folder: string): Promise<string | null> {
	const found = await repositoryFolder(folder).catch(() => null);
	return found !== null || dirname(folder) === folder ? found : repositoryAbove(dirname(folder));
}
