// `deadman mcp`: the MCP server on stdin and stdout, as an agent's client starts it. Stdout carries the protocol and nothing else. A supervisor
// that is away is a refusal of each tool, not the end of this process; it ends when stdin closes.
import { heartbeat, progress, ready } from "../../../client.js";
import { type ApiAsk, ApiRefused, createApi } from "../../mcp/api.js";
import { packageVersion } from "../../version.js";
import { asFailure } from "../session/failure.js";
import { type Common, openSession, type Terminal } from "../session/session.js";

export async function mcp(terminal: Terminal, options: Common): Promise<void> {
	const session = await openSession(options, terminal, "builder");
	const [{ serveStdio }, { createMcpServer }] = await Promise.all([
		import("@modelcontextprotocol/server/stdio"),
		import("../../mcp/server.js"),
	]);
	const api = createApi(async (ask: ApiAsk) => {
		try {
			return await session.ask<object>(ask);
		} catch (error) {
			throw new ApiRefused(asFailure(error).view);
		}
	});
	const seen = new Set<string>();
	const { env } = process;
	const program = env.DEADMAN_SOCKET && env.DEADMAN_TOKEN ? { ready, progress, heartbeat } : null;
	const nowMs = () => terminal.clock.now().bootMs;
	// What the protocol's library has to say would else end up in the protocol.
	console.log = console.info = console.debug = console.error;
	serveStdio(() => createMcpServer({ api, seen, version: packageVersion(), nowMs, program }), {
		onerror: (error) => process.stderr.write(`${error.message}\n`),
	});
}
