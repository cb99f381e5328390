// The official client on `deadman mcp`, as an agent's client starts it, and results as tests look at them.
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { onTestFinished } from "vitest";

const bin = fileURLToPath(new URL("../../../bin/deadman.js", import.meta.url));

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers as they come
export type Json = any;

export interface StdioAgent {
	readonly client: Client;
	readonly transport: StdioClientTransport;
	/** The structured part; throws where the text is not the same JSON. */
	call(name: string, args?: object): Promise<Json>;
	close(): Promise<void>;
}

export async function openStdioAgent(root: string, env: Readonly<Record<string, string>> = {}): Promise<StdioAgent> {
	const transport = new StdioClientTransport({
		command: process.execPath,
		args: [bin, "mcp"],
		cwd: root,
		env: { PATH: process.env.PATH ?? "", DEADMAN_ACTOR: "builder:claude", ...env },
		stderr: "pipe",
	});
	const client = new Client({ name: "a-builder", version: "1.0.0" });
	await client.connect(transport);
	return { client, transport, call: (name, args = {}) => callOn(client, name, args), close: () => client.close() };
}

/** Closed after the test. */
export async function stdioAgent(...given: Parameters<typeof openStdioAgent>): Promise<StdioAgent> {
	const agent = await openStdioAgent(...given);
	onTestFinished(() => agent.close());
	return agent;
}

export async function callOn(client: Client, name: string, args: object = {}): Promise<Json> {
	const result: Json = await client.callTool({ name, arguments: args as Record<string, unknown> });
	const [{ text }] = result.content;
	if (JSON.stringify(result.structuredContent) !== text) throw new Error(`Text and structure of ${name} differ.`);
	return result.isError ? { isError: true, ...result.structuredContent } : result.structuredContent;
}
