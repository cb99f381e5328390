// OpenClaw, with the repository as its workspace. Formats: https://docs.openclaw.ai/{tools/mcp,cli/mcp,tools/skills,concepts/agent-workspace}.
import { agentsBlock, skillIn, startsDeadman } from "../shared-insertions.js";
import type { Client, Place } from "./client.js";

/** Its gateway runs in a folder of its own, so the repository is named. */
const server = ({ root }: Place) => ({
	command: "deadman",
	args: ["mcp", "--dir", root],
	env: { DEADMAN_ACTOR: "builder:openclaw" },
});

export const openclaw: Client = {
	insertions: (place) => [
		{
			kind: "member",
			path: ".openclaw/openclaw.json",
			what: "the MCP server `deadman mcp`, under mcp.servers",
			at: ["mcp", "servers", "deadman"],
			value: server(place),
			ours: startsDeadman,
		},
		skillIn("skills"),
		agentsBlock(),
	],
	hooks: null,
	notes: (place) => [
		"OpenClaw reads its own `~/.openclaw/openclaw.json`, or the file that OPENCLAW_CONFIG_PATH names. That one lies outside of the " +
			"repository and is left alone: point OPENCLAW_CONFIG_PATH at `.openclaw/openclaw.json`, or run: " +
			`openclaw mcp set deadman '${JSON.stringify(server(place)).replaceAll("'", "'\\''")}'`,
	],
};
