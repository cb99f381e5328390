// Claude Code. Formats: https://docs.claude.com/en/docs/claude-code/{mcp,skills,hooks,settings,memory}.
import { agentsBlock, hooksIn, mcpJson, skillIn } from "../shared-insertions.js";
import type { Client } from "./client.js";

const settings = ".claude/settings.json";

export const claude: Client = {
	insertions: () => [
		mcpJson("claude"),
		skillIn(".claude/skills"),
		agentsBlock(),
		agentsBlock("CLAUDE.md", "agents_not_included"),
	],
	hooks: () => [
		...hooksIn({ path: settings, matcher: "Bash|Write|Edit|MultiEdit|NotebookEdit", builder: "claude" }),
		{
			kind: "member",
			path: settings,
			what: "commands of a session speak for builder:claude",
			at: ["env", "DEADMAN_ACTOR"],
			value: "builder:claude",
			ours: (value) => value === "builder:claude",
			yields: true,
		},
	],
	notes: () => [
		"Claude Code asks once whether it may use the MCP server of `.mcp.json`.",
		"It reads `CLAUDE.md`: one with the line `@AGENTS.md` brings the block of AGENTS.md into every session. The skill works without.",
	],
};
