// How a program is started: its argv, its environment, and that it outlives us. Starts it; follows nothing.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { homedir } from "node:os";

import type { Exit, NodeChoice } from "../../../ports/ports.js";

export interface LaunchRequest {
	/** A string is run by the shell, an array as it is. */
	readonly command: string | readonly string[];
	readonly folder: string;
	/** The whole environment. */
	readonly environment: Readonly<Record<string, string>>;
	/** An open descriptor for both outputs, so that the program writes on when we are gone; null: they go nowhere. */
	readonly logDescriptor: number | null;
}

/** A session and group of its own, detached from our terminal and our life. */
export function launch(request: LaunchRequest): ChildProcess {
	const [file = "", ...args] = argvOf(request.command);
	const output = request.logDescriptor ?? "ignore";
	const child = spawn(file, args, {
		cwd: request.folder,
		env: request.environment,
		detached: true,
		stdio: ["ignore", output, output],
	});
	child.unref();
	return child;
}

export function exitOf(child: ChildProcess): Promise<Exit> {
	return new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
}

/** Why there is no process; Node says so in an event, and blames the program when the folder is missing. */
export async function spawnFailure(child: ChildProcess, folder: string): Promise<Error> {
	const [error] = (await once(child, "error").catch((reason: unknown) => [reason])) as [Error];
	return new Error(`The program could not be started in ${folder}: ${error.message}.`);
}

export function argvOf(command: string | readonly string[]): readonly string[] {
	if (typeof command !== "string") return command;
	return ["/bin/sh", "-c", isSimple(command) ? `exec ${command.trim()}` : command];
}

const builtins = new Set(
	(
		". : [ alias bg break builtin case cd command continue declare do done elif else esac eval exec exit export fc fg fi for function getopts " +
		"hash if jobs let local popd pushd read readonly return select set shift source then time times trap type typeset ulimit umask unalias " +
		"unset until wait while"
	).split(" "),
);

/** One program and its arguments, nothing that only a shell can do. With `exec` no shell stays in between to die in its place. */
export function isSimple(command: string): boolean {
	if (!/^[\w./@:,+=%~ \t"'$?*-]+$/.test(command)) return false;
	const [first = ""] = command.trim().split(/\s+/);
	return first !== "" && !builtins.has(first) && !/[='"$]/.test(first);
}

const inherited = ["PATH", "HOME", "LANG", "TZ", "USER"];

/** What every child of ours may see of the supervisor's environment. */
export function baseEnvironment(passEnv: readonly string[] = []): Record<string, string> {
	const names = [...inherited, ...passEnv];
	const present = names.flatMap((name) =>
		process.env[name] === undefined ? [] : [[name, process.env[name]] as const],
	);
	return { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: homedir(), ...Object.fromEntries(present) };
}

/** The same, with what a command finds as `node`. */
export async function environmentUnder(
	node: NodeChoice | undefined,
	passEnv: readonly string[] = [],
): Promise<Record<string, string>> {
	const { PATH = "", ...others } = baseEnvironment(passEnv);
	return { PATH: node === undefined ? PATH : await node.searchPath(PATH), ...others };
}
