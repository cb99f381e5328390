// Runs one git through the runner of commands, with the hardened environment and a limit on time and output. Owns no argument lists.
import { rm } from "node:fs/promises";
import { limits } from "../../../core/limits.js";
import type { CommandResult, Commands } from "../../../ports/ports.js";
import { asFlags, gitEnvironment, hardening } from "./environment.js";
import type { Layout } from "./layout.js";
import { jobMarker } from "./leftover-processes.js";
import { tended } from "./tending.js";

export interface GitOptions {
	readonly cwd?: string;
	readonly input?: Buffer | string;
	readonly env?: Readonly<Record<string, string>>;
	/** Exit codes that are an answer. */
	readonly accept?: readonly number[];
	readonly transport?: "file";
	/** Fixed permissions of what is written, whatever the supervisor's umask is. */
	readonly plainModes?: true;
	/** Read as standard input, without passing through memory. */
	readonly inputFile?: string;
	/** Commits are read as the refs below this prefix say. */
	readonly replacements?: string;
}

export interface Git {
	run(args: readonly string[], options?: GitOptions): Promise<CommandResult>;
	/** Standard output without its last newline. */
	text(args: readonly string[], options?: GitOptions): Promise<string>;
}

/** `place` says which repository: flags such as `--git-dir=...`. */
export function createGit(commands: Commands, layout: Layout, place: readonly string[]): Git {
	const gitDir = [layout.own, layout.view].find((folder) => place.includes(`--git-dir=${folder}`));
	const start = (args: readonly string[], options: GitOptions) =>
		commands.run({
			command: wrap(gitCommand(place, args), options),
			cwd: options.cwd ?? layout.stateDir,
			env: {
				...gitEnvironment({
					globalConfig: layout.globalConfig,
					transport: options.transport ?? "none",
					replacements: options.replacements,
				}),
				...jobMarker(layout.stateDir, "git"),
				...options.env,
			},
			timeoutMs: limits.gitTimeoutMs,
			maxOutputBytes: limits.gitOutputBytes,
			...(options.input === undefined ? {} : { input: options.input }),
			...(options.accept === undefined ? {} : { accept: options.accept }),
		});
	const run = async (args: readonly string[], options: GitOptions = {}) => {
		try {
			return await (gitDir === undefined ? start(args, options) : tended(gitDir, () => start(args, options)));
		} catch (error) {
			await clearIndexLock(options).catch(() => {});
			throw error;
		}
	};
	return {
		run,
		text: async (args, options) => (await run(args, options)).stdout.toString("utf8").replace(/\n$/, ""),
	};
}

/** An index that a command is given is ours and that command's alone; so is the lock that it leaves when it is killed. */
async function clearIndexLock({ env }: GitOptions): Promise<void> {
	if (env?.GIT_INDEX_FILE !== undefined) await rm(`${env.GIT_INDEX_FILE}.lock`, { force: true });
}

export function gitCommand(place: readonly string[], args: readonly string[]): readonly string[] {
	return ["git", ...place, ...asFlags(hardening), ...args];
}

/** A shell only where the child needs something that an argv cannot say. */
function wrap(command: readonly string[], options: GitOptions): readonly string[] {
	const shell = (script: string, ...parameters: string[]) => ["/bin/sh", "-c", script, ...parameters, ...command];
	if (options.plainModes === true) return shell('umask 022 && exec "$@"', "sh");
	if (options.inputFile !== undefined) return shell('exec "$@" < "$0"', options.inputFile);
	return command;
}
