// Any other client: AGENTS.md (https://agents.md) and a `.mcp.json`, which most of them read or can be pointed at.
import { agentsBlock, mcpJson } from "../shared-insertions.js";
import type { Client } from "./client.js";

export const generic: Client = {
	insertions: () => [mcpJson("agent"), agentsBlock()],
	hooks: null,
	notes: () => ["A client that does not read `.mcp.json` is given this by hand: command `deadman`, argument `mcp`."],
};
