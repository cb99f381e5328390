// The row through which platforms post, over real sockets: bytes as they came, no token asked for, the guard still in force.
import { beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../../src/core/limits.js";
import type { Received, Reply } from "../../../../src/ports/ports.js";
import { createFakeSupervisor, type FakeSupervisor } from "../../../support/memory/supervisor.js";
import { head, openTcpDoor } from "../../tcp-door.js";

let supervisor: FakeSupervisor;
let received: { readonly channel: string; readonly request: Received }[];
let reply: Reply | null;

beforeEach(() => {
	received = [];
	reply = { status: 200, headers: { "content-type": "text/plain" }, body: "taken" };
	supervisor = createFakeSupervisor();
	supervisor.answers.receive = async (channel, request) => {
		received.push({ channel, request });
		return reply;
	};
});

const post = (change: object = {}) => ({ method: "POST", body: "{}", ...change });

describe("a platform's request", () => {
	it("reaches its channel whole: path, query, headers and the bytes of its body", async () => {
		const door = await openTcpDoor({ supervisor });
		const body = '{"text":"ä\\u0000","n":1.0}  \r\n';
		const headers = {
			"x-signature": "v0=abc",
			authorization: "Bearer some.jwt.here",
			"content-type": "application/x-y",
		};
		const answer = await door.ask("/v1/delivery/slack-ops?retry=1&q=%20", post({ body, headers }));
		expect([answer.status, answer.text, answer.headers["content-type"]]).toEqual([200, "taken", "text/plain"]);
		expect(received).toMatchObject([
			{ channel: "slack-ops", request: { method: "POST", url: "/v1/delivery/slack-ops?retry=1&q=%20", headers } },
		]);
		expect(Buffer.from(received[0]?.request.body ?? []).toString()).toBe(body);
	});

	it("may be a handshake", async () => {
		const door = await openTcpDoor({ supervisor });
		reply = { status: 200, headers: {}, body: new Uint8Array([0, 255, 10]) };
		const answer = await door.ask("/v1/delivery/whatsapp?hub.mode=subscribe&hub.challenge=7");
		expect(answer.status).toBe(200);
		expect(received).toMatchObject([{ request: { method: "GET", url: expect.stringContaining("hub.challenge=7") } }]);
	});

	it("needs no token, and a wrong one in its headers is the channel's to judge", async () => {
		const door = await openTcpDoor({ supervisor });
		expect((await door.ask("/v1/delivery/teams", post())).status).toBe(200);
		expect((await door.ask("/v1/delivery/teams", post({ token: "dm_wrong" }))).status).toBe(200);
		expect(supervisor.calls.map(({ verb }) => verb)).not.toContain("tokenOf");
	});

	it.each([
		[204, ""],
		[503, "again"],
		[302, ""],
	])("is answered as the channel says: %s", async (status, body) => {
		reply = { status, headers: { "x-said": "so" }, body };
		const door = await openTcpDoor({ supervisor });
		const answer = await door.ask("/v1/delivery/x", post());
		expect([answer.status, answer.text, answer.headers["x-said"]]).toEqual([status, body, "so"]);
	});

	it("for a channel that is none, or takes nothing, is not found", async () => {
		reply = null;
		const door = await openTcpDoor({ supervisor });
		for (const method of ["POST", "GET"]) {
			const answer = await door.ask("/v1/delivery/console", { method });
			expect([method, answer.status, answer.headers["content-type"]]).toEqual([
				method,
				404,
				"application/problem+json",
			]);
		}
	});

	it.each(["/v1/delivery", "/v1/delivery/", "/v1/delivery/a/b", "/v1/delivery/../status", "/v1/deliveryx/a"])(
		"to %s is a stranger's",
		async (path) => {
			const door = await openTcpDoor({ supervisor });
			expect((await door.ask(path, post())).status).toBe(401);
			expect(received).toEqual([]);
		},
	);

	it.each(["DELETE", "PUT", "PATCH"])("by %s is a stranger's", async (method) => {
		const door = await openTcpDoor({ supervisor });
		expect((await door.ask("/v1/delivery/slack", { method })).status).toBe(401);
		expect(received).toEqual([]);
	});

	it("fails inside without telling why", async () => {
		supervisor.answers.receive = async () => Promise.reject(new Error("ENOENT /home/ana"));
		const door = await openTcpDoor({ supervisor });
		const answer = await door.ask("/v1/delivery/slack", post());
		expect([answer.status, answer.text.includes("/home")]).toEqual([500, false]);
	});
});

describe("the guard", () => {
	it("counts what was forged, and lets what is genuine of the same proxy go on", async () => {
		const door = await openTcpDoor({ supervisor });
		reply = { status: 401, headers: {}, body: "", forged: true };
		const statuses = [];
		for (let n = 0; n < limits.failedTokensPerMinute + 2; n += 1) {
			statuses.push((await door.ask("/v1/delivery/slack", post())).status);
		}
		expect(statuses.slice(0, limits.failedTokensPerMinute).every((status) => status === 401)).toBe(true);
		expect(statuses.slice(limits.failedTokensPerMinute)).toEqual([429, 429]);
		expect((await door.ask("/v1/status")).status).toBe(429);
		reply = { status: 200, headers: {}, body: "taken" };
		expect((await door.ask("/v1/delivery/slack", post())).status).toBe(200);
	});

	it("limits how many come in a minute, apart from what strangers ask", async () => {
		const door = await openTcpDoor({ supervisor, http: { rate: { perMinute: 3 } } });
		for (let n = 0; n < 3; n += 1) expect((await door.ask("/healthz")).status).toBe(200);
		expect((await door.ask("/healthz")).status).toBe(429);
		for (let n = 0; n < 3; n += 1) expect((await door.ask("/v1/delivery/slack", post())).status).toBe(200);
		const late = await door.ask("/v1/delivery/slack", post());
		expect([late.status, Number(late.headers["retry-after"]) > 0]).toEqual([429, true]);
		expect(received).toHaveLength(3);
	});

	it("knows the door by its name, and takes nothing of a page", async () => {
		const door = await openTcpDoor({ supervisor, http: { allowedHosts: ["deadman.example"] } });
		const as = (headers: object) => door.ask("/v1/delivery/slack", post({ headers }));
		expect((await as({ host: "deadman.example" })).status).toBe(200);
		expect((await as({ host: "evil.example" })).status).toBe(403);
		expect((await as({ origin: "https://evil.example" })).status).toBe(403);
		expect(received).toHaveLength(1);
	});

	it.each([
		["declared", { "content-length": limits.requestBytes + 1 }],
		["in chunks", { "transfer-encoding": "chunked" }],
	])("takes no body that is too large: %s", async (_, headers) => {
		const door = await openTcpDoor({ supervisor });
		const wire = await door.dial();
		wire.socket.write(head("POST /v1/delivery/slack", headers));
		if ("transfer-encoding" in headers) {
			const piece = "x".repeat(limits.requestBytes + 1);
			wire.socket.write(`${piece.length.toString(16)}\r\n${piece}\r\n0\r\n\r\n`);
		}
		expect((await wire.over).slice(0, 12)).toBe("HTTP/1.1 413");
		expect(received).toEqual([]);
	});
});
