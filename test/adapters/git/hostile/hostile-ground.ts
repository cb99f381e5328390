// Sets a trap, arms an attack out of fixtures/attacks in a repository, and shows that plain git walks into it.
import { execFile } from "node:child_process";
import { chmod, cp, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { manifestOf, plainGitEnvironment } from "../../../support/git.js";
import { temporaryFolder } from "../../../support/temporary.js";

const execute = promisify(execFile);

export interface Trap {
	/** What the scripts are given. */
	readonly env: Readonly<Record<string, string>>;
	/** What it caught: programs that ran, and files that were written outside. */
	caught(): Promise<readonly string[]>;
	/** What lies outside now is how it should be; nothing has run. */
	reset(): Promise<void>;
}

export async function setTrap(): Promise<Trap> {
	const folder = await temporaryFolder("deadman-trap");
	const at = (name: string) => join(folder, name);
	for (const name of ["marks", "outside", "before"]) await mkdir(at(name));
	await writeFile(join(at("outside"), "victim"), "untouched\n");
	const script = async (name: string, last: string) => {
		await writeFile(at(name), `#!/bin/sh\necho "$0 $*" > ${at("marks")}/ran-$$\n${last}\n`);
		await chmod(at(name), 0o755);
		return at(name);
	};
	const env = {
		/** Passes its input on, as a filter would. */
		TRAP: await script("run", "exec cat 2>/dev/null"),
		/** For what speaks a protocol: hangs up at once. */
		SILENT: await script("silent", "exit 1"),
		OUTSIDE: at("outside"),
		HOSTILE: at("hostile"),
	};
	let before = await manifestOf(at("outside"));
	return {
		env,
		caught: async () => {
			const now = await manifestOf(at("outside"));
			const changed = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter(
				(path) => before[path] !== now[path],
			);
			return [...(await readdir(at("marks"))), ...changed.map((path) => `outside/${path}`)];
		},
		reset: async () => {
			await rm(at("marks"), { recursive: true });
			await mkdir(at("marks"));
			before = await manifestOf(at("outside"));
		},
	};
}

const attackFile = (name: string) => fileURLToPath(new URL(`../../../../fixtures/attacks/${name}.sh`, import.meta.url));

export async function attackNames(): Promise<string[]> {
	const files = await readdir(fileURLToPath(new URL("../../../../fixtures/attacks", import.meta.url)));
	return files.map((file) => file.replace(/\.sh$/, "")).sort();
}

function play(trap: Trap, { name, act, cwd }: { name: string; act: "arm" | "fire"; cwd: string }) {
	const env = { ...plainGitEnvironment, ...trap.env };
	const options = act === "arm" ? ["-e"] : [];
	const running = execute("/bin/sh", [...options, attackFile(name), act], { cwd, env, timeout: 20_000 });
	running.child.stdin?.end();
	return running;
}

export async function arm(trap: Trap, name: string, folder: string): Promise<void> {
	await play(trap, { name, act: "arm", cwd: folder });
	await trap.reset();
}

/** In a copy of the armed folder, by plain git: resolves with what was caught, and leaves what lies outside as it was. */
export async function fire(trap: Trap, name: string, folder: string): Promise<readonly string[]> {
	const scratch = await temporaryFolder("deadman-fire");
	const outside = trap.env.OUTSIDE as string;
	const filter = (path: string) => !path.startsWith(join(folder, ".deadman"));
	await cp(folder, join(scratch, "copy"), { recursive: true, verbatimSymlinks: true, filter });
	await cp(outside, join(scratch, "outside"), { recursive: true, verbatimSymlinks: true });
	await play(trap, { name, act: "fire", cwd: join(scratch, "copy") }).catch(() => {});
	const caught = await trap.caught();
	for (const path of await readdir(outside)) await rm(join(outside, path), { recursive: true });
	await cp(join(scratch, "outside"), outside, { recursive: true, verbatimSymlinks: true });
	await trap.reset();
	return caught;
}
