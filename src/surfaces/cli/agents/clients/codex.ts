// OpenAI's Codex. Formats: https://developers.openai.com/codex/{mcp,config-reference,hooks,skills,guides/agents-md}.
import { agentsBlock, hooksIn, skillIn } from "../shared-insertions.js";
import { tomlMarks } from "../words.js";
import type { Client } from "./client.js";

const table = `[mcp_servers.deadman]
command = "deadman"
args = ["mcp"]
env = { DEADMAN_ACTOR = "builder:codex" }`;

export const codex: Client = {
	insertions: () => [
		{
			kind: "block",
			path: ".codex/config.toml",
			what: "the MCP server `deadman mcp`",
			marks: tomlMarks,
			body: table,
			table: ["mcp_servers", "deadman"],
		},
		skillIn(".agents/skills"),
		agentsBlock(),
	],
	hooks: () => hooksIn({ path: ".codex/hooks.json", matcher: "Bash|apply_patch", builder: "codex" }),
	notes: () => [
		"Codex reads `.codex/` of a repository only where the project is trusted, and asks for trust in new hooks (`/hooks`).",
		"Versions before hooks were on by default need `hooks = true` under [features] (`codex_hooks` in the oldest).",
	],
};
