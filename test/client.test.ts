// The client of a supervised program, against a socket that answers, refuses, stalls or is not there.
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { builtinModules } from "node:module";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { heartbeat, progress, ready } from "../src/client.js";
import { temporaryFolder } from "./support/temporary.js";

interface Call {
	readonly method: string;
	readonly path: string;
	readonly authorization: string;
	readonly body: unknown;
}

async function supervisor(answer: (call: Call, nth: number) => number | null): Promise<{ calls: Call[] }> {
	const calls: Call[] = [];
	const socket = `${await temporaryFolder()}/program.sock`;
	const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk);
		const { method = "", url: path = "", headers } = request;
		const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
		const call = { method, path, authorization: headers.authorization ?? "", body };
		calls.push(call);
		const status = answer(call, calls.length);
		if (status !== null) response.writeHead(status, { "content-type": "application/json" }).end("{}");
	}).listen(socket);
	await once(server, "listening");
	onTestFinished(() => {
		server.close();
		server.closeAllConnections();
	});
	vi.stubEnv("DEADMAN_SOCKET", socket);
	vi.stubEnv("DEADMAN_TOKEN", "token-of-this-run");
	return { calls };
}

describe("the client of a supervised program", () => {
	it("reports over the socket with the run's token", async () => {
		const { calls } = await supervisor(() => 200);
		expect([await ready(), await progress(), await heartbeat()]).toEqual([true, true, true]);
		const common = { method: "POST", authorization: "Bearer token-of-this-run" };
		expect(calls).toEqual([
			{ ...common, path: "/v1/program/ready", body: {} },
			{ ...common, path: "/v1/program/progress", body: {} },
			{ ...common, path: "/v1/program/heartbeat", body: { fatal: null } },
		]);
	});

	it("says what is fatal", async () => {
		const { calls } = await supervisor(() => 204);
		expect(await heartbeat({ fatal: "the channel is gone: ä" })).toBe(true);
		expect(calls[0]?.body).toEqual({ fatal: "the channel is gone: ä" });
	});

	it("does nothing where nobody supervises", async () => {
		vi.stubEnv("DEADMAN_SOCKET", undefined);
		vi.stubEnv("DEADMAN_TOKEN", undefined);
		expect([await ready(), await progress(), await heartbeat()]).toEqual([false, false, false]);
	});

	it("tries again to say that it is ready", async () => {
		const { calls } = await supervisor((_, nth) => (nth < 3 ? 503 : 200));
		expect(await ready()).toBe(true);
		expect(calls).toHaveLength(3);
	});

	it("answers false, and never throws, when it is refused", async () => {
		const { calls } = await supervisor(() => 403);
		expect([await progress(), await heartbeat()]).toEqual([false, false]);
		expect(await ready()).toBe(false);
		expect(calls).toHaveLength(2 + 5);
	});

	it("answers false when the socket is gone, or is no path", async () => {
		vi.stubEnv("DEADMAN_TOKEN", "x");
		vi.stubEnv("DEADMAN_SOCKET", "/nonexistent/program.sock");
		expect(await progress()).toBe(false);
		vi.stubEnv("DEADMAN_SOCKET", `/tmp/${"x".repeat(300)}`);
		expect(await heartbeat()).toBe(false);
		vi.stubEnv("DEADMAN_TOKEN", "not\na header");
		expect(await heartbeat()).toBe(false);
	});

	it("gives up on a supervisor that never answers", async () => {
		await supervisor(() => null);
		const begun = performance.now();
		expect(await progress()).toBe(false);
		expect(performance.now() - begun).toBeLessThan(7_000);
	});

	it("imports nothing but Node", async () => {
		const source = await readFile(new URL("../src/client.ts", import.meta.url), "utf8");
		const imported = [...source.matchAll(/from "([^"]+)"/g)].map((match) => match[1] ?? "");
		expect(imported.length).toBeGreaterThan(0);
		for (const name of imported) expect(builtinModules).toContain(name.replace(/^node:/, ""));
	});
});
