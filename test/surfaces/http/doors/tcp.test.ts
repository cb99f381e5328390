// The door over TCP on real sockets: who is let in, by which name, from which page, how often; and that it is there only when configured.
import { createServer } from "node:net";
import { Hono } from "hono";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { createClock } from "../../../../src/adapters/system/clock.js";
import { http as httpKey } from "../../../../src/config/http.js";
import { limits } from "../../../../src/core/limits.js";
import { openAuthority } from "../../../../src/core/people/authority.js";
import { isRefusal, refuse } from "../../../../src/core/refusals.js";
import type { TokenRecord } from "../../../../src/engine/verbs/tokens.js";
import { createDoors } from "../../../../src/surfaces/http/doors/doors.js";
import { listenTcp } from "../../../../src/surfaces/http/doors/listen-tcp.js";
import { aSwap, createFakeSupervisor, type FakeSupervisor } from "../../../support/memory/supervisor.js";
import { call, createDoorway, createLines, now, until } from "../../doorway.js";
import { head, openTcpDoor } from "../../tcp-door.js";

const operator = "dm_operator";
const builder = "dm_builder";

let supervisor: FakeSupervisor;

beforeEach(() => {
	supervisor = createFakeSupervisor(
		aSwap({ status: "pending_approval", proposer: { surface: "builder", id: "claude" } }),
	);
	const known = new Map([
		[operator, tokenOf("api:ana", "operator", "tk_aaaaaa")],
		[builder, tokenOf("builder:claude", "builder", "tk_bbbbbb")],
	]);
	supervisor.answers.tokenOf = async (secret) => known.get(secret) ?? null;
	supervisor.answers.revokeToken = async ({ id }) => {
		const [secret, found] = [...known].find(([, token]) => token.id === id) ?? [];
		if (secret === undefined || found === undefined) return refuse("token_unknown", { id });
		known.delete(secret);
		return { ...found, revokedAtMs: 1 };
	};
});

function tokenOf(name: string, role: TokenRecord["role"], id: string): TokenRecord {
	return { id, name, role, target: null, createdAtMs: 0, revokedAtMs: null };
}

describe("a token", () => {
	it("lets in, in its name, whatever else the request claims", async () => {
		const door = await openTcpDoor({ supervisor });
		const headers = { "deadman-actor": "cli:0" };
		const { status } = await door.ask("/v1/swaps/sw_aaaaaa/confirm", { method: "POST", token: operator, headers });
		expect(status).toBe(200);
		expect(supervisor.calls.at(-1)).toMatchObject({ verb: "confirm", request: { by: { surface: "api", id: "ana" } } });
	});

	it.each([
		["none", {}, "token_missing", 'Bearer realm="deadman"'],
		["a wrong one", { authorization: "Bearer dm_wrong" }, "token_rejected", 'error="invalid_token"'],
		["another scheme", { authorization: "Basic YTpi" }, "token_rejected", 'error="invalid_token"'],
		["two in one", { authorization: `Bearer ${operator} ${operator}` }, "token_rejected", "invalid_token"],
		["an empty one", { authorization: "Bearer " }, "token_rejected", "invalid_token"],
	])("is asked for: %s", async (_, headers, code, challenge) => {
		const door = await openTcpDoor({ supervisor });
		for (const path of ["/v1/status", "/v1/swaps/sw_aaaaaa", "/v1/nothing", "/"]) {
			const answer = await door.ask(path, { headers });
			expect([path, answer.status, answer.json.error.code]).toEqual([path, 401, code]);
			expect(answer.headers["www-authenticate"]).toContain(challenge);
			expect(answer.headers["cache-control"]).toBe("no-store");
		}
		expect(supervisor.calls.map(({ verb }) => verb).filter((verb) => verb !== "tokenOf")).toEqual([]);
	});

	it("is taken from the header alone", async () => {
		const door = await openTcpDoor({ supervisor });
		expect((await door.ask(`/v1/status?access_token=${operator}`)).status).toBe(401);
		expect((await door.ask("/v1/status", { headers: { cookie: `token=${operator}` } })).status).toBe(401);
	});

	it("bars a builder from what operators do, and keeps that", async () => {
		const door = await openTcpDoor({ supervisor });
		const answer = await door.ask("/v1/swaps/sw_other/approve", { method: "POST", token: builder, body: "{" });
		expect([answer.status, answer.json.error.code]).toEqual([403, "not_authorised"]);
		expect(supervisor.calls.filter(({ verb }) => verb === "noteRefused")).toMatchObject([
			{
				request: { by: { surface: "builder", id: "claude" }, verb: "POST /v1/swaps/{id}/approve", swapId: "sw_other" },
			},
		]);
		expect(supervisor.calls.map(({ verb }) => verb)).not.toContain("approve");
	});

	it("that is revoked is as unknown as any, and what it reads ends", async () => {
		const door = await openTcpDoor({ supervisor });
		const unknown = await door.ask("/v1/status", { token: "dm_never" });
		const waiting = door.ask("/v1/swaps/sw_aaaaaa/wait?timeoutMs=60000", { token: builder });
		const ended = expect(waiting).rejects.toThrow();
		await until(() => supervisor.calls.some(({ verb }) => verb === "wait"));
		const revoked = await door.ask("/v1/tokens/tk_bbbbbb", { method: "DELETE", token: operator });
		expect(revoked.json.token).toMatchObject({ id: "tk_bbbbbb", revokedAt: expect.any(String) });
		await ended;
		const { status, headers, text } = await door.ask("/v1/status", { token: builder });
		expect([status, text, headers["www-authenticate"]]).toEqual([
			unknown.status,
			unknown.text,
			unknown.headers["www-authenticate"],
		]);
	});

	it("is shown once, with nothing kept of the answer", async () => {
		const made = { token: tokenOf("builder:new", "builder", "tk_new"), secret: "dm_secret" };
		supervisor.answers.createToken = async () => made;
		const door = await openTcpDoor({ supervisor });
		const body = { name: "new", role: "builder" };
		const answer = await door.ask("/v1/tokens", { method: "POST", token: operator, body });
		expect([answer.status, answer.json.secret, answer.json.token.id]).toEqual([201, "dm_secret", "tk_new"]);
		expect(answer.headers["cache-control"]).toBe("no-store");
		expect(supervisor.calls.at(-1)).toMatchObject({ request: { ...body, target: null, by: { surface: "api" } } });
	});
});

it("says nothing of what failed inside", async () => {
	supervisor.answers.status = async () => Promise.reject(new Error("ENOENT /home/ana/.deadman/state.db"));
	const door = await openTcpDoor({ supervisor });
	const answer = await door.ask("/v1/status", { token: builder });
	expect([answer.status, answer.json.error.code]).toEqual([500, "internal"]);
	expect(answer.text).not.toContain("/home");
	expect(JSON.stringify(door.lines)).toContain("/home/ana");
});

it("tells only operators where the local page is: its address is a key", async () => {
	const door = await openTcpDoor({ supervisor });
	const seen = async (token: string) => (await door.ask("/v1/status", { token })).json.supervisor.channels;
	const { channels } = await supervisor.status();
	supervisor.answers.status = async () => ({
		...(await createFakeSupervisor().status()),
		channels: channels.map((one) => ({ ...one, error: "down", lastRefusal: "forged" })),
	});
	expect(await seen(operator)).toMatchObject([
		{ name: "console", address: "this terminal", error: "down", lastRefusal: "forged" },
	]);
	expect(await seen(builder)).toMatchObject([{ name: "console", address: null, error: null, lastRefusal: null }]);
});

describe("a name", () => {
	const named = (http: object, host: string) =>
		openTcpDoor({ supervisor, http }).then((door) => door.ask("/v1/status", { token: operator, headers: { host } }));

	it.each([
		"127.0.0.1",
		"127.0.0.1:4711",
		"localhost",
		"LOCALHOST:1",
		"[::1]:80",
		"deadman.example",
		"Proxy.example:8443",
	])("%s is answered to", async (host) => {
		const allowedHosts = ["deadman.example", "proxy.example:8443"];
		expect((await named({ allowedHosts }, host)).status).toBe(200);
	});

	it.each([
		"evil.example",
		"127.0.0.1.evil.example",
		"localhost.evil.example",
		"proxy.example:8444",
		"proxy.example",
		"10.0.0.1",
	])("%s is refused", async (host) => {
		const answer = await named({ allowedHosts: ["proxy.example:8443"] }, host);
		expect([answer.status, answer.json.error.code]).toEqual([403, "host_refused"]);
		expect(supervisor.calls).toEqual([]);
	});
});

describe("a web page", () => {
	const page = "https://desk.example";

	it.each([
		"https://evil.example",
		"null",
		"http://desk.example",
		"https://desk.example.evil.example",
		"http://127.0.0.1:1",
	])("of %s is refused, with a right token too", async (origin) => {
		const door = await openTcpDoor({ supervisor, http: { allowedOrigins: [page] } });
		for (const method of ["GET", "OPTIONS"]) {
			const answer = await door.ask("/v1/status", { method, token: operator, headers: { origin } });
			expect([answer.status, answer.json.error.code]).toEqual([403, "origin_refused"]);
			expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
		}
	});

	it("that is configured may ask and read", async () => {
		const door = await openTcpDoor({ supervisor, http: { allowedOrigins: [page] } });
		const asking = {
			origin: page,
			"access-control-request-method": "POST",
			"access-control-request-headers": "authorization",
		};
		const before = await door.ask("/v1/swaps", { method: "OPTIONS", headers: asking });
		expect(before.status).toBe(204);
		expect(before.headers["access-control-allow-headers"]).toContain("authorization");
		const answer = await door.ask("/v1/status", { token: operator, headers: { origin: page } });
		expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([200, page]);
	});

	it("is not configured by default", async () => {
		const door = await openTcpDoor({ supervisor });
		expect((await door.ask("/v1/status", { token: operator, headers: { origin: page } })).status).toBe(403);
	});
});

describe("how often", () => {
	it("a token may ask, is counted by itself", async () => {
		let bootMs = 0;
		const clock = { ...createClock(), now: () => ({ ...now(), bootMs }) };
		const door = await openTcpDoor({ supervisor, clock, http: { rate: { perMinute: 3 } } });
		const ask = (token: string) => door.ask("/v1/status", { token });
		expect((await Promise.all([1, 2, 3].map(() => ask(operator)))).map(({ status }) => status)).toEqual([
			200, 200, 200,
		]);
		const late = await ask(operator);
		expect([late.status, late.json.error.code, late.headers["retry-after"]]).toEqual([429, "too_many_requests", "20"]);
		expect((await ask(builder)).status).toBe(200);
		bootMs += 20_000;
		expect([(await ask(operator)).status, (await ask(operator)).status]).toEqual([200, 429]);
	});

	it("an address may be wrong; a right token is let in all the same", async () => {
		const door = await openTcpDoor({ supervisor });
		const wrong = async (nth: number) => (await door.ask("/v1/status", nth % 2 ? {} : { token: `dm_${nth}` })).status;
		const statuses: number[] = [];
		for (let nth = 0; nth < limits.failedTokensPerMinute + 5; nth += 1) statuses.push(await wrong(nth));
		expect(statuses.filter((status) => status === 401)).toHaveLength(limits.failedTokensPerMinute);
		expect(statuses.slice(-5)).toEqual([429, 429, 429, 429, 429]);
		expect((await door.ask("/v1/status", { token: operator })).status).toBe(200);
		const told = door.lines.filter(({ event }) => event === "http.unauthenticated");
		expect(told).toHaveLength(limits.failedTokensPerMinute);
	});
});

describe("opening", () => {
	/** Both sockets and, where it is configured, TCP: as `deadman run` opens them. */
	async function doorsAt(port: number | null) {
		const doorway = await createDoorway(supervisor);
		onTestFinished(() => doorway.remove());
		const { lines, log } = createLines();
		const sockets = { operator: doorway.operator, program: doorway.program };
		const composed = { supervisor, sockets, log, exiting: { exit: () => {} }, scrub: String, authority: openAuthority };
		const http = port === null ? null : httpKey.parse({ port });
		const doors = createDoors(composed, { ...createClock(), now }, http);
		onTestFinished(() => doors.close());
		const refusal = await doors.open();
		const shown = async () =>
			(await call({ socketPath: sockets.operator, path: "/v1/status" })).json.supervisor.http as string | null;
		return { doors, refusal, shown, told: lines.find(({ event }) => event === "listening")?.details.address };
	}

	it("does not happen unless it is configured", async () => {
		const { refusal, shown, told } = await doorsAt(null);
		expect([refusal, await shown(), told]).toEqual([null, null, undefined]);
	});

	it("on port 0 takes a free one, and says which in the log and in status", async () => {
		const { doors, refusal, shown, told } = await doorsAt(0);
		const address = await shown();
		expect([refusal, address]).toEqual([null, told]);
		expect(address).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/);
		const headers = { authorization: `Bearer ${operator}` };
		expect((await fetch(`${address}/v1/status`, { headers })).status).toBe(200);
		await doors.close();
		await expect(fetch(`${address}/v1/status`)).rejects.toThrow();
	});

	it("is refused where another listens, in a sentence", async () => {
		const other = createServer();
		await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
		onTestFinished(() => new Promise((resolve) => void other.close(() => resolve())));
		const { port } = other.address() as { port: number };
		const { refusal } = await doorsAt(port);
		expect(refusal).toMatchObject({ code: "address_unusable", kind: "conflict" });
		expect(refusal?.message).toBe(`http://127.0.0.1:${port} cannot be listened on: another program listens there.`);
	});

	it("is refused at an address of another machine", async () => {
		const refusal = await listenTcp({ app: new Hono(), host: "192.0.2.1", port: 0 });
		expect(isRefusal(refusal) && refusal.message).toContain("this machine has no such address");
	});
});

it("answers a request that names its whole address by that name alone", async () => {
	const door = await openTcpDoor({ supervisor });
	const wire = await door.dial();
	wire.socket.write(head("GET http://evil.example/v1/status", { authorization: `Bearer ${operator}` }));
	expect((await wire.over).split("\r\n")[0]).toContain("403");
});
