// What strangers, builders and broken clients send over TCP: nothing crashes, nothing leaks, nothing is decided, and the next one is served.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../../src/core/limits.js";
import type { Actor } from "../../../../src/core/swap.js";
import type { Patience } from "../../../../src/surfaces/http/doors/listen-tcp.js";
import { accepted, createScene, first, type Scene } from "../../../engine/scene.js";
import { builder } from "../../../simulation/world.js";
import { until } from "../../doorway.js";
import { head, openTcpDoor, type TcpKnocker } from "../../tcp-door.js";

const operator: Actor = { surface: "cli", id: "1000" };

let scene: Scene;
let door: TcpKnocker;
/** Of the builder whose swap waits, of another one, and of an operator. */
let token: { mine: string; other: string; operator: string };
let before: string;

const stateOf = () => JSON.stringify([[...scene.disk.swaps], [...scene.disk.facts], scene.disk.tokens]);
const secretOf = async (name: string, role: "builder" | "operator") =>
	accepted(await scene.supervisor.createToken({ name, role, target: null, by: operator })).secret;
const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });

async function openDoor(patience: Partial<Patience> = {}): Promise<TcpKnocker> {
	return openTcpDoor({ supervisor: scene.supervisor, patience, http: { rate: { perMinute: 100_000 } } });
}

beforeEach(async () => {
	scene = createScene({ agents: ["alice"], settings: { approval: "required" } });
	await scene.begin();
	await scene.propose("version 2");
	token = {
		mine: await secretOf(builder.id, "builder"),
		other: await secretOf("other", "builder"),
		operator: await secretOf("ana", "operator"),
	};
	door = await openDoor();
	before = stateOf();
});

/** Whatever was sent: the door still serves, nothing was changed, and nothing in it failed. */
afterEach(async () => {
	expect((await door.ask(`/v1/swaps/${first}`, { token: token.mine })).status).toBe(200);
	expect(stateOf()).toBe(before);
	expect(door.lines.filter(({ level }) => level === "error")).toEqual([]);
});

describe("bodies", () => {
	const path = `/v1/swaps/${first}/approve`;
	const post = (body: string | object, secret = token.operator) =>
		door.ask(path, { method: "POST", token: secret, body });

	it.each([
		["with a field that nobody knows", '{"insist":true,"really":1}'],
		["with a prototype", '{"__proto__":{"insist":true}}'],
		["that are lists", "[]"],
		["that are null", "null"],
		["cut short", '{"insist":'],
		["of another type", '{"insist":"yes"}'],
		["nested without end", `${"[".repeat(100_000)}`],
		["that are no UTF-8", "\u0000\ufffd\u0001"],
	])("%s are refused", async (_, body) => {
		const answer = await post(body);
		expect([answer.status, answer.json.error.code]).toEqual([400, "input_invalid"]);
	});

	it("that are too large are refused, with and without their length", async () => {
		const body = JSON.stringify({ typed: "x".repeat(limits.requestBytes) });
		expect((await post(body)).status).toBe(413);
		const wire = await door.dial();
		const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
		wire.socket.write(head(`POST ${path}`, { ...bearer(token.operator), "transfer-encoding": "chunked" }));
		for (let nth = 0; nth < 20; nth += 1) wire.socket.write(chunk);
		wire.socket.write("0\r\n\r\n");
		expect((await wire.over).split("\r\n")[0]).toContain("413");
	});

	it("of strangers are not even read", async () => {
		const wire = await door.dial();
		wire.socket.write(head(`POST ${path}`, { "transfer-encoding": "chunked" }));
		await until(() => wire.heard().includes("401"));
		const large = await door.dial();
		large.socket.write(head(`POST ${path}`, { "content-length": 10 ** 12 }));
		await until(() => large.heard().includes("401"));
	});
});

describe("tokens", () => {
	it.each([
		["in another case", () => token.mine.toUpperCase()],
		["cut short", () => token.mine.slice(0, -1)],
		["with more behind it", () => `${token.mine}x`],
		["twice", () => `${token.mine},${token.mine}`],
		["as hash", () => "0".repeat(64)],
		["that reads like SQL", () => "dm_' or 1=1 --"],
		["of fifteen thousand letters", () => "x".repeat(15_000)],
	])("%s are no tokens", async (_, secret) => {
		const answer = await door.ask(`/v1/swaps/${first}`, { headers: bearer(secret()) });
		expect([answer.status, answer.json.error.code]).toEqual([401, "token_rejected"]);
		expect(answer.text).not.toContain("sw_");
	});

	it("of two headers are none", async () => {
		const wire = await door.dial();
		const lines = ["GET /v1/tokens HTTP/1.1", "host: localhost", "connection: close"];
		lines.push(`authorization: Bearer ${token.mine}`, `authorization: Bearer ${token.operator}`);
		wire.socket.write(`${lines.join("\r\n")}\r\n\r\n`);
		expect((await wire.over).split("\r\n")[0]).toContain("401");
	});

	it("do not pass to the next request of a connection", async () => {
		const wire = await door.dial();
		const kept = { connection: "keep-alive" };
		wire.socket.write(
			head(`GET /v1/swaps/${first}`, { ...kept, ...bearer(token.operator) }) +
				head("GET /v1/swaps", kept) +
				head("GET /v1/tokens", bearer(token.mine)),
		);
		const answers = [...(await wire.over).matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
		expect(answers).toEqual(["200", "401", "403"]);
	});
});

describe("a builder", () => {
	it("gets the same answer for another's workspace as for none", async () => {
		const by: Actor = { surface: "builder", id: builder.id };
		accepted(await scene.supervisor.createWorkspace({ name: "mine-1", target: "alice", kind: "worktree", by }));
		const answers = async (name: string) => {
			const body = { workspace: name, summary: "s" };
			const submitted = await door.ask("/v1/submissions", { method: "POST", token: token.other, body });
			const removed = await door.ask(`/v1/workspaces/${name}`, { method: "DELETE", token: token.other });
			return [
				submitted.status,
				submitted.text.replaceAll(name, "NAME"),
				removed.status,
				removed.text.replaceAll(name, "NAME"),
			];
		};
		expect(await answers("mine-1")).toEqual(await answers("none-1"));
		expect((await door.ask("/v1/workspaces", { token: token.other })).json.workspaces).toEqual([]);
		expect((await door.ask("/v1/workspaces", { token: token.mine })).json.workspaces).toHaveLength(1);
	});

	it("cannot look around by proposing: names of others' branches are as unknown as any", async () => {
		const by: Actor = { surface: "builder", id: builder.id };
		const made = accepted(await scene.supervisor.createWorkspace({ name: "w", target: "alice", kind: "worktree", by }));
		const propose = async (revision: string, secret = token.other) => {
			const body = { revision, summary: "s" };
			const { status, text } = await door.ask("/v1/swaps", { method: "POST", token: secret, body });
			return [status, text.replaceAll(revision, "NAME")];
		};
		const unknown = await propose("no-such-branch");
		expect(unknown[0]).toBe(404);
		for (const name of ["main", "HEAD", `${scene.base.slice(0, 12)}`, made.branch])
			expect(await propose(name)).toEqual(unknown);
		expect((await propose(made.branch, token.mine))[0]).not.toBe(404);
		expect((await propose(scene.base))[0]).not.toBe(404);
	});

	it.each([
		["x-http-method-override", { "x-http-method-override": "DELETE" }],
		["x-method-override", { "x-method-override": "GET" }],
		["x-original-url", { "x-original-url": `/v1/swaps/${first}/approve`, "x-rewrite-url": "/v1/tokens" }],
		["an actor's header", { "deadman-actor": "cli:0" }],
		[
			"forwarded names",
			{ "x-forwarded-for": "127.0.0.1", "x-forwarded-host": "localhost", forwarded: "for=127.0.0.1" },
		],
	])("gains nothing by %s", async (_, headers) => {
		for (const [method, path] of [
			["POST", `/v1/swaps/${first}/approve`],
			["POST", "/v1/tokens?_method=GET"],
			["GET", "/v1/tokens"],
		] as const) {
			const answer = await door.ask(path, { method, token: token.mine, headers });
			expect([path, answer.status, answer.json.error.code]).toEqual([path, 403, "not_authorised"]);
		}
	});

	it.each(["PUT", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "DELETE", "HEAD"])("gains nothing by %s", async (method) => {
		for (const path of [`/v1/swaps/${first}/approve`, "/v1/tokens", "/v1/tokens/builder:other"]) {
			expect([403, 404, 405]).toContain((await door.ask(path, { method, token: token.mine })).status);
		}
	});

	it.each([
		"/v1/swaps/%2e%2e/tokens",
		"/v1/swaps/../tokens",
		"/v1/swaps/..%2ftokens",
		"/v1/swaps/..%5ctokens",
		"/v1//tokens",
		"//v1/tokens",
		"/v1/./tokens",
		"/v1/tokens/",
		"/v1/tokens%00",
		"/v1/tokens%2f",
		"/V1/TOKENS",
		"/v1/tokens;a=b",
		"/v1/%74okens",
		"/v1/tokens%20",
		"/v1/tokens#x",
		"/v1/tokens?role=operator",
		"/v1/swaps/%2e%2e/swaps/sw_000001/approve",
		"/v1/swaps/sw_000001%2fapprove",
		"/v1/swaps//sw_000001/approve",
		"/v1/swaps/sw_000001/approve/",
		"/v1/swaps/sw_000001/withdraw/../approve",
		"/v1/swaps/sw_000001/%61pprove",
		"/v1/swaps/%00/approve",
		"/v1/swaps/%ff%fe/approve",
		"/v1/swaps/%/approve",
		"/v1\\tokens",
	])("gains nothing by the path %s", async (path) => {
		for (const method of ["GET", "POST"]) {
			const body = method === "POST" ? "{}" : undefined;
			const wire = await door.dial();
			const length: Record<string, number> = body === undefined ? {} : { "content-length": body.length };
			wire.socket.write(head(`${method} ${path}`, { ...bearer(token.mine), ...length }) + (body ?? ""));
			const text = await wire.over;
			expect([method, path, Number(text.split(" ")[1])]).toEqual([method, path, expect.toSatisfy(isRefused)]);
			expect(text).not.toContain("tk_0");
		}
	});
});

const isRefused = (status: number) => [400, 403, 404, 405].includes(status);

describe("what is no HTTP", () => {
	it.each([
		["noise", "\u0000\u0001\u0002\r\n\r\n", /^$|400/],
		["no host", "GET /v1/swaps HTTP/1.1\r\n\r\n", /400/],
		["an old version", "GET /v1/swaps HTTP/1.0\r\n\r\n", /400|401|403/],
		[
			"a name of two hosts",
			"GET /v1/swaps HTTP/1.1\r\nhost: a\r\nhost: localhost\r\nconnection: close\r\n\r\n",
			/400|403/,
		],
		["two lengths", "POST /v1/swaps HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", /400/],
		[
			"a length and pieces",
			"POST /v1/swaps HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
			/400/,
		],
		[
			"pieces of no size",
			"POST /v1/swaps HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
			/40[01]/,
		],
		["a tunnel", "CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example:443\r\n\r\n", /^$|40[0-9]/],
		[
			"another protocol",
			"GET /v1/swaps HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
			/401/,
		],
	])("%s ends in a refusal or in nothing", async (_, text, expected) => {
		const wire = await door.dial();
		wire.socket.write(text);
		wire.socket.end();
		expect((await wire.over).split("\r\n")[0]).toMatch(expected);
	});

	it("a path that is long is no row, one that is endless is cut", async () => {
		expect((await door.ask(`/v1/swaps/${"x".repeat(10_000)}`, { token: token.mine })).status).toBe(404);
		const wire = await door.dial();
		wire.socket.write(head(`GET /${"x".repeat(limits.headerBytes)}`));
		expect((await wire.over).split("\r\n")[0]).toContain("431");
	});

	it("headers without end are cut", async () => {
		const wire = await door.dial();
		wire.socket.write("GET / HTTP/1.1\r\nhost: localhost\r\n");
		for (let nth = 0; nth < 2_000; nth += 1) wire.socket.write(`x-${nth}: ${"y".repeat(20)}\r\n`);
		expect((await wire.over).split("\r\n")[0]).toContain("431");
	});
});

describe("slow clients", () => {
	const served = async (at: TcpKnocker) =>
		(await at.ask("/v1/status", { token: token.operator }).catch(() => null))?.status === 200;
	const quick = { headersMs: 200, receiveMs: 400, idleMs: 200, stalledMs: 500, lookMs: 50 };

	it("that drip their headers are hung up on", async () => {
		const slow = await openDoor(quick);
		const wire = await slow.dial();
		wire.socket.write("GET /v1/swaps HTTP/1.1\r\nhost: localhost\r\n");
		const drip = setInterval(() => wire.socket.write("x: y\r\n"), 50);
		wire.socket.once("close", () => clearInterval(drip));
		expect((await wire.over).split("\r\n")[0]).toMatch(/408/);
	});

	it("that say nothing at all are hung up on", async () => {
		const slow = await openDoor(quick);
		expect(await (await slow.dial()).over).toMatch(/^$|408/);
	});

	it("whose body never ends are hung up on", async () => {
		const slow = await openDoor(quick);
		const wire = await slow.dial();
		const length = { "content-length": 1_000, ...bearer(token.operator) };
		wire.socket.write(head(`POST /v1/swaps/${first}/approve`, length));
		const drip = setInterval(() => wire.socket.write("x"), 50);
		wire.socket.once("close", () => clearInterval(drip));
		expect((await wire.over).split("\r\n")[0]).toMatch(/^$|408/);
	});

	it("that do not read their answer are hung up on", async () => {
		const diff = "+x\n".repeat(20_000_000);
		const slow = await openTcpDoor({
			supervisor: { ...scene.supervisor, diff: async () => diff },
			patience: { ...quick, connections: 1 },
		});
		const wire = await slow.dial();
		wire.socket.pause();
		wire.socket.write(head(`GET /v1/swaps/${first}/diff`, bearer(token.operator)));
		await until(() => served(slow));
		wire.socket.resume();
		expect((await wire.over).length).toBeLessThan(diff.length);
	});

	it("that only wait are let wait", async () => {
		const slow = await openDoor(quick);
		const waiting = slow.ask(`/v1/swaps/${first}/wait?timeoutMs=60000`, { token: token.mine });
		for (let nth = 0; nth < 4; nth += 1) await (await slow.dial()).over;
		await scene.clock.advance(60_000);
		expect((await waiting).status).toBe(200);
	});

	it("that ask for the head of a stream leave nothing open", async () => {
		const open = new Set<unknown>();
		const subscribe: typeof scene.supervisor.subscribe = (listener) => {
			open.add(listener);
			const end = scene.supervisor.subscribe(listener);
			return () => {
				open.delete(listener);
				end();
			};
		};
		const at = await openTcpDoor({ supervisor: { ...scene.supervisor, subscribe } });
		for (let nth = 0; nth < 5; nth += 1) {
			const { status, text } = await at.ask("/v1/events", { method: "HEAD", token: token.operator });
			expect([status, text]).toEqual([200, ""]);
		}
		await until(() => open.size === 0);
	});

	it("beyond the number of connections are turned away until one leaves", async () => {
		const small = await openDoor({ connections: 2 });
		const [one, two] = [await small.dial(), await small.dial()];
		await expect(small.ask("/v1/status", { token: token.operator })).rejects.toThrow();
		one.socket.destroy();
		two.socket.destroy();
		await until(
			async () => (await small.ask("/v1/status", { token: token.operator }).catch(() => null))?.status === 200,
		);
	});
});
