// The MCP server: the same tools and resources over stdio and streamable HTTP. A client of the HTTP rows; it knows no engine and decides nothing.
import { McpServer } from "@modelcontextprotocol/server";
import type { Api } from "./api.js";
import { instructions } from "./flow.js";
import { following } from "./following.js";
import { proposing } from "./proposing.js";
import { registerResources } from "./resources.js";
import { saying } from "./saying.js";
import { answersOf, callTool, type ProgramVoice, shownOnly, type Tool } from "./tool.js";
import { createUnseen } from "./unseen.js";

/** The registry, in the order in which clients list it. */
export const tools: readonly Tool[] = [...proposing, ...following, ...saying];

export interface McpOptions {
	readonly api: Api;
	/** Outcomes that this session, or this caller, was told already. */
	readonly seen: Set<string>;
	readonly version: string;
	/** Monotonic. */
	readonly nowMs: () => number;
	readonly program?: ProgramVoice | null;
}

export function createMcpServer({ api, seen, version, nowMs, program = null }: McpOptions): McpServer {
	const about = { name: "deadman", title: "deadman", version };
	const capabilities = { tools: { listChanged: false }, resources: { listChanged: false } };
	const server = new McpServer(about, { instructions, capabilities });
	const options = { api, unseen: createUnseen(api, seen), nowMs, program };
	for (const one of tools) {
		const { name, title, description, annotations } = one;
		server.registerTool(
			name,
			{ title, description, inputSchema: shownOnly(one.input), outputSchema: answersOf(one), annotations },
			(given, context) => callTool(one, given, options, context),
		);
	}
	registerResources(server, api);
	return server;
}
