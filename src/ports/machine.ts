// What adapters share of the machine: durable files and confined commands. The engine knows only how a command can fail.
import type { Mount } from "../core/mounts.js";

/** Durable file operations, shared by the adapters that keep state in files. */
export interface Files {
	/** temp, write, fsync, rename, fsync of the folder. */
	writeAtomic(path: string, content: string, mode?: number): Promise<void>;
	syncFolder(path: string): Promise<void>;
	/** Copies by reflink where the file system can, else in chunks; fsynced. */
	copy(from: string, to: string): Promise<void>;
	/** fsyncs a whole tree. */
	syncTree(path: string): Promise<void>;
	/** Bytes free to us on the file system of `path`. */
	freeBytes(path: string): Promise<number>;
	/** Removes a file or tree; absent is fine. */
	remove(path: string): Promise<void>;
	exists(path: string): Promise<boolean>;
	/** What is mounted where, the later above the earlier; empty where nobody tells. */
	mounts(): Promise<readonly Mount[]>;
	/** Makes a file in the folder, renames another one over it and removes it again. @returns What was in the way, or null. */
	probe(folder: string): Promise<string | null>;
}

/** Runs one child process with limits on time and output; rejects with CommandFailed. */
export interface Commands {
	run(command: Command): Promise<CommandResult>;
}

export interface Command {
	/** An argv array, or a string for the shell. */
	readonly command: string | readonly string[];
	readonly cwd: string;
	/** The whole environment: nothing is inherited. */
	readonly env: Readonly<Record<string, string>>;
	readonly timeoutMs: number;
	readonly maxOutputBytes: number;
	readonly input?: Buffer | string;
	readonly onLine?: (line: string) => void;
	readonly signal?: AbortSignal;
	/** Exit codes that do not reject; default only 0. */
	readonly accept?: readonly number[];
	/** For code that nobody trusts yet: a sandbox where the machine has one, and limits that hold everywhere. */
	readonly confine?: Confinement;
}

/**
 * `writable`: folders that it may write; everything else is read only, and what is `hidden` is empty. The longest path rules, so `readable` and `writable`
 * may lie within what is hidden. Limits count the whole family of processes.
 */
export interface Confinement {
	readonly writable: readonly string[];
	readonly hidden: readonly string[];
	readonly readable?: readonly string[];
	readonly network: boolean;
	readonly maxProcesses: number;
	readonly maxMemoryBytes: number;
}

export interface CommandResult {
	readonly code: number;
	readonly stdout: Buffer;
	readonly stderr: string;
}

export class CommandFailed extends Error {
	override readonly name = "CommandFailed";
	constructor(
		/** What was run, scrubbed, for people. */
		readonly command: string,
		readonly reason: "exit" | "timeout" | "output" | "processes" | "memory" | "spawn" | "aborted",
		readonly code: number | null,
		/** The last lines of both outputs, scrubbed. */
		readonly tail: readonly string[],
	) {
		super(
			`${command}: ${reason === "exit" ? `exit code ${code}` : reason}${tail.length > 0 ? `\n${tail.join("\n")}` : ""}`,
		);
	}
}

/** A Node, as it says of itself. */
export interface NodeVersion {
	/** Of the real program, absolute. */
	readonly path: string;
	/** Such as 20.19.1. */
	readonly version: string;
	/** What native modules are compiled for. */
	readonly abi: string;
	readonly platform: string;
	readonly arch: string;
}

/** The Node that a target's commands and its program run under. All reject with a RefusedError (`node_missing`) where there is none such. */
export interface NodeChoice {
	/** Asks it anew: a file can be replaced under our feet. */
	describe(): Promise<NodeVersion>;
	/** `path` with the folder of the chosen one first, unless `node` is found to be that one already. */
	searchPath(path: string): Promise<string>;
}
