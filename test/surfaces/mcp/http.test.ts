// `/mcp` under the official client, on the door over TCP and on the operator's socket: the same tools, for who carries a token.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import type { TokenRecord } from "../../../src/engine/verbs/tokens.js";
import { mountMcp } from "../../../src/surfaces/mcp/mount.js";
import { tools } from "../../../src/surfaces/mcp/server.js";
import { aSwap, createFakeSupervisor, type FakeSupervisor } from "../../support/memory/supervisor.js";
import { call, createDoorway, until } from "../doorway.js";
import { openTcpDoor, type TcpKnocker } from "../tcp-door.js";
import { callOn } from "./stdio-client.js";

const record = (name: string, role: TokenRecord["role"]): TokenRecord => ({
	...{ id: `tk_${name}`, name, role, target: null, createdAtMs: 0, revokedAtMs: null, lastUsedAtMs: null },
});

let supervisor: FakeSupervisor;
let door: TcpKnocker;

beforeEach(async () => {
	const own = { surface: "builder", id: "far" } as const;
	supervisor = createFakeSupervisor(
		aSwap({ id: "sw_others", status: "pending_approval", proposer: { surface: "builder", id: "near" } }),
		aSwap({ id: "sw_own", status: "pending_approval", proposer: own }),
	);
	const known: Readonly<Record<string, TokenRecord>> = {
		far: record("builder:far", "builder"),
		seer: record("api:seer", "viewer"),
	};
	supervisor.answers.tokenOf = async (secret) => known[secret] ?? null;
	door = await openTcpDoor({ supervisor, mount: mountMcp, http: { allowedOrigins: ["https://ours.example"] } });
});

async function agent(token: string, mode: "auto" | "legacy"): Promise<Client> {
	const client = new Client({ name: "a-builder", version: "1.0.0" }, { versionNegotiation: { mode } });
	const requestInit = { headers: { authorization: `Bearer ${token}` } };
	await client.connect(new StreamableHTTPClientTransport(new URL(`${door.address}/mcp`), { requestInit }));
	onTestFinished(() => client.close());
	return client;
}

it.each(["auto", "legacy"] as const)("serves clients that negotiate as %s", async (mode) => {
	const client = await agent("far", mode);
	expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(tools.map(({ name }) => name));
	expect((await callOn(client, "list_swaps")).swaps).toMatchObject([{ id: "sw_own" }]);
	expect(await callOn(client, "get_swap", { swap: "sw_others" })).toMatchObject({
		isError: true,
		code: "swap_unknown",
	});
	expect((await callOn(client, "withdraw_swap", { swap: "sw_own" })).swap.status).toBe("rejected");
	const [{ request }] = supervisor.calls.filter(({ verb }) => verb === "withdraw") as unknown as [{ request: object }];
	expect(request).toMatchObject({ by: { surface: "builder", id: "far" } });
	const [flow] = (await client.readResource({ uri: "deadman://flow" })).contents;
	expect(flow).toMatchObject({ mimeType: "text/markdown" });
});

it.each(["auto", "legacy"] as const)("tells progress while it waits, to clients that negotiate as %s", async (mode) => {
	const client = await agent("far", mode);
	const heard: string[] = [];
	const waiting = client.callTool(
		{ name: "wait_for_swap", arguments: { swap: "sw_own" } },
		{ onprogress: ({ message }) => void heard.push(message ?? "") },
	);
	await until(() => heard.length === 1);
	supervisor.move("sw_own", "finalized");
	expect((await waiting).structuredContent).toMatchObject({ reached: true });
	expect(heard).toEqual(["sw_own is pending_approval."]);
});

it.each(["auto", "legacy"] as const)("stops waiting where the client that negotiated as %s went away", async (mode) => {
	const client = await agent("far", mode);
	const cancel = new AbortController();
	const given = { name: "wait_for_swap", arguments: { swap: "sw_own" } };
	const over = expect(client.callTool(given, { signal: cancel.signal })).rejects.toThrow();
	const waits = () => supervisor.calls.filter(({ verb }) => verb === "wait");
	await until(() => waits().length === 1);
	cancel.abort();
	await over;
	await client.close();
	const [{ request }] = waits() as unknown as [{ request: { signal: AbortSignal } }];
	await until(() => request.signal.aborted);
});

it("a failure inside is told as one, without its words", async () => {
	supervisor.answers.swaps = async () => {
		throw new Error("canary");
	};
	const failed = await callOn(await agent("far", "auto"), "list_swaps");
	expect(failed).toMatchObject({ isError: true, code: "internal" });
	expect(JSON.stringify(failed)).not.toContain("canary");
	expect(JSON.stringify(door.lines)).toContain("canary");
});

it("remembers by caller what was told", async () => {
	const client = await agent("far", "auto");
	await callOn(client, "list_swaps");
	supervisor.put(aSwap({ id: "sw_own", status: "rolled_back", proposer: { surface: "builder", id: "far" } }));
	const { outcome } = (await outcomeNow()) ?? {};
	supervisor.answers.outcomes = async () => [outcome];
	expect((await callOn(client, "list_swaps")).outcomes_since_last_call).toMatchObject([{ swapId: "sw_own" }]);
	const later = await agent("far", "legacy");
	expect(await callOn(later, "list_swaps")).not.toHaveProperty("outcomes_since_last_call");
});

async function outcomeNow() {
	return (await door.ask("/v1/swaps/sw_own/outcome", { token: "far" })).json;
}

it("a viewer reads and is refused the rest, as a result", async () => {
	const client = await agent("seer", "auto");
	expect((await callOn(client, "list_swaps")).swaps).toHaveLength(2);
	const refused = await callOn(client, "request_swap", { workspace: "fix", summary: "S" });
	expect(refused).toMatchObject({ isError: true, code: "not_authorised" });
});

const list = { jsonrpc: "2.0", id: 1, method: "tools/list", params: {} };
const headers = { accept: "application/json, text/event-stream", "content-type": "application/json" };
const post = (more: object) => door.ask("/mcp", { method: "POST", headers, body: list, ...more });

it("lets nobody in without a right token, from a strange page or under a strange name", async () => {
	expect((await post({})).status).toBe(401);
	expect((await post({ token: "wrong" })).status).toBe(401);
	expect((await door.ask("/mcp")).status).toBe(401);
	const from = (name: string, value: string) => post({ token: "far", headers: { ...headers, [name]: value } });
	expect((await from("origin", "https://evil.example")).json.error.code).toBe("origin_refused");
	expect((await from("host", "evil.example")).json.error.code).toBe("host_refused");
	expect((await from("origin", "https://ours.example")).status).toBe(200);
	expect(supervisor.calls.filter(({ verb }) => verb === "swaps")).toEqual([]);
});

it("refuses what is too large and what is no JSON, and lives on", async () => {
	expect((await post({ token: "far", body: "x".repeat(2 * 1024 * 1024) })).status).toBe(413);
	expect((await post({ token: "far", body: "{" })).status).toBe(400);
	expect((await post({ token: "far" })).status).toBe(200);
});

it("is on the operator's socket too", async () => {
	const doorway = await createDoorway(supervisor);
	onTestFinished(() => doorway.remove());
	await doorway.open();
	const named = { ...headers, "deadman-actor": "builder:near" };
	const knock = { socketPath: doorway.operator, method: "POST", path: "/mcp", headers: named };
	const params = { name: "request_swap", arguments: { workspace: "fix", summary: "S" } };
	expect((await call({ ...knock, body: { ...list, method: "tools/call", params } })).status).toBe(200);
	const [{ request }] = supervisor.calls.filter(({ verb }) => verb === "submit") as unknown as [{ request: object }];
	expect(request).toMatchObject({ by: { surface: "builder", id: "near" } });
});
