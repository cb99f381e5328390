// What really runs when a command is confined: the same command behind limits that it cannot lift, in a sandbox where there is one.
import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { release } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { RefusedError, refuse } from "../../../core/refusals.js";
import type { Command, Confinement } from "../../../ports/ports.js";
import { BWRAP, type Found, findSandbox, type Sandbox, type SandboxMode, searchPath } from "./sandbox.js";
import { sandboxArguments } from "./sandbox-arguments.js";
import { mountsOf } from "./sandbox-places.js";

export interface Start {
	readonly file: string;
	readonly args: readonly string[];
	readonly cwd: string;
	/** A process of the sandbox stands above the command. */
	readonly held: boolean;
}

/** Why nothing can be started. */
export interface NoStart {
	readonly missing: string;
}

export function plainStart({ command, cwd }: Command): Start {
	const [file = "", ...args] = argvOf(command);
	return { file, args, cwd, held: false };
}

function argvOf(command: Command["command"]): readonly string[] {
	return typeof command === "string" ? ["/bin/sh", "-c", command] : command;
}

/** The machine is asked once in a life, and only when something is to be confined. */
export function createConfinement(mode: SandboxMode) {
	let asked: Promise<Found> | null = null;
	const find = (): Promise<Found> => {
		asked ??= mode === "off" ? Promise.resolve({ sandbox: null, why: "it is switched off" }) : findSandbox();
		return asked;
	};
	return {
		/** Rejects with RefusedError where a sandbox is required and there is none. */
		async start(command: Command, confine: Confinement): Promise<Start | NoStart> {
			const found = await find();
			if (found.sandbox === null && mode === "required") {
				throw new RefusedError(refuse("sandbox_missing", { why: found.why }));
			}
			const missing = await missingOf(command);
			if (missing !== null) return { missing };
			const limited = limitedArgv(argvOf(command.command), confine, { sandboxed: found.sandbox !== null });
			if (found.sandbox === null) return plainStart({ ...command, command: limited });
			return sandboxedStart({ ...command, command: limited }, confine, found.sandbox);
		},
	};
}

async function sandboxedStart(command: Command, confine: Confinement, { sized }: Sandbox): Promise<Start> {
	const [mounts, cwd, file] = await Promise.all([mountsOf(command, confine), realpath(command.cwd), pathOfBwrap()]);
	const { network, maxMemoryBytes } = confine;
	const root = process.getuid?.() === 0;
	const args = sandboxArguments({ mounts, cwd, network, maxMemoryBytes, sized, root });
	return { file, args: [...args, ...argvOf(command.command)], cwd: "/", held: true };
}

async function pathOfBwrap(): Promise<string> {
	return (await findProgram(BWRAP, searchPath(), "/")) ?? BWRAP;
}

/** What starts the command cannot tell that there is nothing to start, so that is asked before. */
async function missingOf({ command, cwd, env }: Command): Promise<string | null> {
	const folder = await stat(cwd).catch(() => null);
	if (folder?.isDirectory() !== true) return `There is no folder ${cwd}.`;
	const [file = ""] = argvOf(command);
	return (await findProgram(file, env.PATH ?? "/usr/bin:/bin", cwd)) === null ? `There is no program ${file}.` : null;
}

async function findProgram(file: string, path: string, cwd: string): Promise<string | null> {
	const places = file.includes("/") ? [resolve(cwd, file)] : path.split(":").map((folder) => join(folder, file));
	for (const place of places.filter(isAbsolute)) {
		const found = await stat(place).catch(() => null);
		const runs = await access(place, constants.X_OK).then(
			() => true,
			() => false,
		);
		if (found?.isFile() === true && runs) return place;
	}
	return null;
}

/** Threads count here as well, so this is far above the limit that is watched: it only stops what is faster than any watch. */
const TASKS_PER_PROCESS = 32;

interface Surroundings {
	readonly sandboxed: boolean;
	readonly root?: boolean;
	readonly kernel?: string;
}

/**
 * No core dumps; the first to go when memory runs out. A hard limit of processes only where it counts those of the sandbox alone: for
 * users in a namespace of their own, since Linux 5.14. Elsewhere it counts all of the user's, and root has none.
 */
export function limitedArgv(
	argv: readonly string[],
	{ maxProcesses }: Pick<Confinement, "maxProcesses">,
	{ sandboxed, root = process.getuid?.() === 0, kernel = release() }: Surroundings,
): readonly string[] {
	const [major = 0, minor = 0] = kernel.split(".").map(Number.parseFloat);
	const counted = sandboxed && !root && (major > 5 || (major === 5 && minor >= 14));
	const most = maxProcesses * TASKS_PER_PROCESS;
	const script = [
		"ulimit -c 0",
		"{ echo 1000 >/proc/self/oom_score_adj; } 2>/dev/null",
		...(counted ? [`{ ulimit -u ${most} || ulimit -p ${most}; } 2>/dev/null`] : []),
		'exec "$@"',
	];
	return ["/bin/sh", "-c", script.join("; "), "sh", ...argv];
}
