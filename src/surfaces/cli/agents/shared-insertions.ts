// The insertions that several clients share: the MCP entry of a `.mcp.json`, the skill, the block of AGENTS.md, and Claude's form of hooks.
import { basename } from "node:path";
import type { ElementInsertion, Insertion, MemberInsertion } from "./insertion.js";
import { block, blockMarks, skill, skillMark } from "./words.js";

/** Claude Code's project scope, https://docs.claude.com/en/docs/claude-code/mcp; read by several other clients too. */
export function mcpJson(builder: string): MemberInsertion {
	return {
		kind: "member",
		path: ".mcp.json",
		what: "the MCP server `deadman mcp`",
		at: ["mcpServers", "deadman"],
		value: { type: "stdio", command: "deadman", args: ["mcp"], env: { DEADMAN_ACTOR: `builder:${builder}` } },
		ours: startsDeadman,
	};
}

/** Told by what it runs: `deadman mcp`, wherever that is installed. */
export function startsDeadman(value: unknown): boolean {
	const { command, args } = (value ?? {}) as { command?: unknown; args?: unknown };
	return typeof command === "string" && basename(command) === "deadman" && Array.isArray(args) && args.includes("mcp");
}

export function agentsBlock(path = "AGENTS.md", where: Insertion["where"] = "always"): Insertion {
	return { kind: "block", path, what: "how changes are made here", marks: blockMarks, body: block, where };
}

/** Agent Skills, https://agentskills.io/specification: a folder named as the skill, with a SKILL.md. */
export function skillIn(folder: string, where: Insertion["where"] = "always"): Insertion {
	return { kind: "file", path: `${folder}/deadman/SKILL.md`, what: "the skill", text: skill, mark: skillMark, where };
}

export interface HookFile {
	readonly path: string;
	/** Tools whose use is looked at, as the client's matcher. */
	readonly matcher: string;
	readonly builder: string;
}

/** `hooks.<event>[] = { matcher?, hooks: [{ type, command, timeout }] }`, timeout in seconds: Claude Code and Codex alike. */
export function hooksIn({ path, matcher, builder }: HookFile): Insertion[] {
	const before = "deadman hook pre-tool-use";
	const start = `deadman hook session-start --builder ${builder}`;
	return [
		hook({ path, event: "PreToolUse", what: "denies service control and edits of the live tree" }, before, matcher),
		hook({ path, event: "SessionStart", what: "tells a session how the last swap ended" }, start),
	];
}

interface HookPlace {
	readonly path: string;
	readonly event: string;
	readonly what: string;
}

function hook({ path, event, what }: HookPlace, command: string, matcher?: string): ElementInsertion {
	const hooks = [{ type: "command", command, timeout: 10 }];
	return {
		kind: "element",
		path,
		what: `a hook that ${what}`,
		at: ["hooks", event],
		value: matcher === undefined ? { hooks } : { matcher, hooks },
		ours: isOurHook,
	};
}

/** All that it runs is ours; a group that somebody mixed stays theirs. */
function isOurHook(value: unknown): boolean {
	const { hooks } = (value ?? {}) as { hooks?: unknown };
	return Array.isArray(hooks) && hooks.length > 0 && hooks.every((one) => /^(\S*\/)?deadman hook /.test(one?.command));
}
