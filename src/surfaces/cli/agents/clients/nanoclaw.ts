// NanoClaw, whose repository Claude Code works on, and whose agents get the skills of `container/skills`. Formats: Claude Code's, and
// the layout of https://github.com/nanocoai/nanoclaw.
import { agentsBlock, hooksIn, mcpJson, skillIn } from "../shared-insertions.js";
import type { Client } from "./client.js";

export const nanoclaw: Client = {
	insertions: () => [
		mcpJson("nanoclaw"),
		skillIn(".claude/skills"),
		skillIn("container/skills", "folder_exists"),
		agentsBlock(),
		agentsBlock("CLAUDE.md", "agents_not_included"),
	],
	hooks: () =>
		hooksIn({
			path: ".claude/settings.json",
			matcher: "Bash|Write|Edit|MultiEdit|NotebookEdit",
			builder: "nanoclaw",
		}),
	notes: () => [
		"Agents in containers do not see the supervisor's socket: give them the MCP server over HTTP with a builder's token, or a workspace " +
			"as a mount (`deadman workspace create NAME --clone`).",
	],
};
