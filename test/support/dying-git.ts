// A git that is killed at the chosen system call of a chosen command, by strace: what it leaves is what a real one leaves. Everything else runs as ever.
import { execFile } from "node:child_process";
import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished, vi } from "vitest";
import { temporaryFolder } from "./temporary.js";

const execute = promisify(execFile);

/** What changes files, as git does it; a file that was opened anew is empty before its first write. */
const CALLS = "write,mkdir,rename,link,unlink,symlink";

export interface DyingGit {
	/** The next command whose arguments match this pattern of the shell dies at the `call`th of its system calls. */
	die(pattern: string, call: number): Promise<void>;
	/** How often a command was started to die, since `die`: where it is 0, nothing was proven. */
	started(): Promise<number>;
	/** How often it has died. */
	died(): Promise<number>;
	/** From now on all live. */
	live(): Promise<void>;
}

/** Call it inside a test; every git that is found by PATH until then goes through it. */
export async function dyingGit(): Promise<DyingGit> {
	const folder = await temporaryFolder("deadman-dying");
	const git = (await execute("sh", ["-c", "command -v git"])).stdout.trim();
	const at = (name: string) => join(folder, name);
	const lines = async (name: string) => (await readFile(at(name), "utf8").catch(() => "")).length;
	async function write(rule: string): Promise<void> {
		await writeFile(at("git"), `#!/bin/sh\n${rule}exec "${git}" "$@"\n`);
		await chmod(at("git"), 0o755);
	}
	async function live(): Promise<void> {
		for (const name of ["started", "died"]) await rm(at(name), { force: true });
		await write("");
	}
	vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
	onTestFinished(() => void vi.unstubAllEnvs());
	await live();
	return {
		live,
		started: () => lines("started"),
		died: () => lines("died"),
		async die(pattern, call) {
			await live();
			const inject = `inject=${CALLS}:signal=KILL:when=${call}`;
			const traced = `strace -f -qqq -o /dev/null -e trace=${CALLS} -e signal=none -e ${inject} "${git}" "$@"`;
			const counted = `printf x >> ${at("started")}; ${traced}; code=$?; [ $code -ge 129 ] && printf x >> ${at("died")}`;
			await write(`case "$*" in\n${pattern}) ${counted}; exit $code;;\nesac\n`);
		},
	};
}
