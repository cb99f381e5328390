// Finds out whether bubblewrap works on this machine, by running something tiny in it. Knows no command of anybody.
import { execFile } from "node:child_process";
import { readlink } from "node:fs/promises";
import { promisify } from "node:util";
import { sandboxArguments } from "./sandbox-arguments.js";
import { mountsOf } from "./sandbox-places.js";

export type SandboxMode = "auto" | "required" | "off";

export interface Sandbox {
	readonly version: string;
	/** Empty folders can be given a size. */
	readonly sized: boolean;
}

/** `why` there is none. */
export type Found = { readonly sandbox: Sandbox } | { readonly sandbox: null; readonly why: string };

export const BWRAP = "bwrap";
const PATIENCE_MS = 10_000;
const NAMESPACE = "/proc/self/ns/pid";

const execute = promisify(execFile);

/** The environment of bubblewrap is that of the command, so it is found before. */
export const searchPath = () => process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin";

export async function findSandbox(): Promise<Found> {
	const options = { timeout: PATIENCE_MS, env: { PATH: searchPath() } };
	try {
		const { stdout } = await execute(BWRAP, ["--version"], options);
		const sandbox = sandboxOf(stdout.trim());
		const inside = await execute(BWRAP, [...(await tinyArguments(sandbox)), "readlink", NAMESPACE], options);
		if (inside.stdout.trim() !== (await readlink(NAMESPACE))) return { sandbox };
		return { sandbox: null, why: `${sandbox.version} does not separate processes` };
	} catch (error) {
		return { sandbox: null, why: whyOf(error as NodeJS.ErrnoException & { readonly stderr?: string }) };
	}
}

export function sandboxOf(version: string): Sandbox {
	const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(version)?.slice(1) ?? []).map(Number);
	return { version, sized: major > 0 || minor >= 7 };
}

/** All that commands get but for their own folders. */
async function tinyArguments({ sized }: Sandbox): Promise<string[]> {
	const nothing = { writable: [], hidden: [], network: true, maxProcesses: 1, maxMemoryBytes: 2 ** 20 };
	const command = { command: "", cwd: "/", env: {}, timeoutMs: 0, maxOutputBytes: 0 };
	const mounts = await mountsOf(command, nothing);
	return sandboxArguments({ ...nothing, mounts, cwd: "/", sized, root: process.getuid?.() === 0 });
}

function whyOf({ code, message, stderr }: NodeJS.ErrnoException & { readonly stderr?: string }): string {
	if (code === "ENOENT") return `there is no ${BWRAP} on the PATH`;
	const said = stderr?.trim().split("\n").at(-1);
	return `${BWRAP} does not work: ${said === undefined || said === "" ? message : said}`;
}
