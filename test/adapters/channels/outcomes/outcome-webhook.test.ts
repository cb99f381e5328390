// The signed webhook against a real server on this machine: what arrives, how it verifies, and everything that is no receipt.
import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createOutcomeWebhook } from "../../../../src/adapters/channels/outcomes/outcome-webhook.js";
import { outcomeReportOf } from "../../../../src/core/words/outcome-report.js";
import type { Telling } from "../../../../src/ports/ports.js";
import { swapIn } from "../../../core/journeys.js";

const secret = "a shared canary secret";
const wallMs = 1_800_000_000_500;
const clock = { now: () => ({ wallMs, bootMs: 0, bootId: "b" }) };

interface Seen {
	readonly method: string | undefined;
	readonly url: string | undefined;
	readonly headers: IncomingHttpHeaders;
	readonly body: string;
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
	for (const close of closers.splice(0)) await close();
});

async function serve(answer: (response: ServerResponse, nth: number) => void) {
	const seen: Seen[] = [];
	const server = createServer(async (request: IncomingMessage, response) => {
		const pieces: Buffer[] = [];
		for await (const piece of request) pieces.push(piece as Buffer);
		const { method, url, headers } = request;
		seen.push({ method, url, headers, body: Buffer.concat(pieces).toString("utf8") });
		answer(response, seen.length);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	closers.push(async () => {
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	});
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?key=query-canary`;
	return { seen, url };
}

function telling(change: Partial<Telling> = {}): Telling {
	const report = outcomeReportOf(swapIn("rolled_back"));
	if (report === null) throw new Error("nothing to tell");
	const signal = new AbortController().signal;
	return { report, delivery: "sw_abc234.1.7", isCurrent: async () => true, signal, ...change };
}

const hook = (url: string, read = async () => secret) => createOutcomeWebhook({ url, secret: read, clock });

it("posts the report, signed so that the receiver can verify time and body", async () => {
	const { seen, url } = await serve((response) => response.writeHead(204).end());
	await hook(url).tell(telling());
	const { method, headers, body } = seen[0] as Seen;
	expect(method).toBe("POST");
	expect(headers["content-type"]).toBe("application/json");
	expect(headers["webhook-id"]).toBe("sw_abc234.1.7");
	expect(JSON.parse(body)).toEqual({ schemaVersion: 1, outcome: telling().report });
	expect(headers["webhook-timestamp"]).toBe("1800000000");
	const expected = createHmac("sha256", secret).update(`sw_abc234.1.7.1800000000.${body}`).digest("base64");
	expect(headers["webhook-signature"]).toBe(`v1,${expected}`);
	expect(JSON.stringify(seen)).not.toContain(secret);
});

describe("is told again where", () => {
	it.each([
		[500, {}],
		[404, {}],
		[302, { location: "/elsewhere" }],
		[307, { location: "/elsewhere" }],
	] as const)("it answers %d", async (status, headers) => {
		const { seen, url } = await serve((response) => response.writeHead(status, headers).end("no"));
		const failure = await hook(url).tell(telling()).catch(String);
		expect(failure).toContain(`answered ${status}`);
		expect(failure).not.toContain("canary");
		expect(seen).toHaveLength(1);
	});

	it("nobody listens, without a word of the path", async () => {
		const { url } = await serve(() => {});
		for (const close of closers.splice(0)) await close();
		const failure = await hook(url).tell(telling()).catch(String);
		expect(failure).toContain("ECONNREFUSED");
		expect(failure).not.toContain("canary");
	});

	it("it hangs up in the middle", async () => {
		const { url } = await serve((response) => response.destroy());
		await expect(hook(url).tell(telling())).rejects.toThrow("was not reached");
	});

	it("there is no secret: nothing is sent unsigned", async () => {
		const { seen, url } = await serve((response) => response.end());
		const without = hook(url, () => Promise.reject(new Error("The webhook's secret is not there.")));
		await expect(without.tell(telling())).rejects.toThrow("secret is not there");
		expect(seen).toEqual([]);
	});

	it("the supervisor stops while it waits", async () => {
		const stop = new AbortController();
		const { url } = await serve(() => stop.abort());
		await expect(hook(url).tell(telling({ signal: stop.signal }))).rejects.toThrow("was not reached");
	});
});

it("an answer that never ends is a receipt all the same", async () => {
	const { url } = await serve((response) => response.writeHead(200).write("x"));
	await hook(url).tell(telling());
});
