// What a client says to a hook, read without trust in its shape: Claude Code and Codex send one JSON object on stdin. Pure.
import { posix } from "node:path";
import { pathsOfPatch } from "./live-tree.js";
import { commandsIn } from "./shell-script.js";

export interface ToolUse {
	readonly cwd: string | null;
	/** What a shell would run; null for other tools. */
	readonly script: string | null;
	/** Files that would be written, absolute. */
	readonly writes: readonly string[];
}

interface Payload {
	readonly cwd?: unknown;
	readonly tool_name?: unknown;
	readonly tool_input?: Readonly<Record<string, unknown>> | null;
}

/** Nobody writes a longer command by hand; what comes behind is not looked at. */
const mostCharacters = 256 * 1024;

const shellTools = /^(?:Bash|shell|local_shell|exec_command|unified_exec)$/;

export function toolUseOf(payload: unknown): ToolUse {
	const { cwd, tool_name: tool, tool_input: input } = (payload ?? {}) as Payload;
	const folder = textOf(cwd);
	const absolute = (path: string) => posix.resolve(folder ?? "/", path);
	const words = wordsOf(input?.command)?.slice(0, mostCharacters) ?? null;
	if (tool === "apply_patch") return { cwd: folder, script: null, writes: pathsOfPatch(words ?? "").map(absolute) };
	if (typeof tool === "string" && shellTools.test(tool)) {
		return { cwd: folder, script: words, writes: written(words ?? "").map(absolute) };
	}
	const path = textOf(input?.file_path) ?? textOf(input?.notebook_path);
	return { cwd: folder, script: null, writes: path === null ? [] : [absolute(path)] };
}

export function folderOf(payload: unknown): string | null {
	return textOf((payload as Payload | null)?.cwd);
}

/** Redirections whose file is plain to see; after a `cd` only whole paths are. */
function written(script: string): string[] {
	const commands = commandsIn(script);
	const moves = commands.some(({ words }) => /^(?:cd|pushd|popd)$/.test(words[0] ?? ""));
	const plain = commands.flatMap(({ writes }) => writes).filter((path) => path !== "" && !/[$`*?[{~]/.test(path));
	return plain.filter((path) => path.startsWith("/") || !moves);
}

/** Codex sends some commands as a list. */
function wordsOf(command: unknown): string | null {
	if (!Array.isArray(command)) return textOf(command);
	return command.map((word) => `'${String(word).replaceAll("'", "'\\''")}'`).join(" ");
}

function textOf(value: unknown): string | null {
	return typeof value === "string" && value !== "" ? value : null;
}
