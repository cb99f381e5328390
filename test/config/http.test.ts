// The key `http` at the door: no TCP unless it is asked for, loopback unless another host is named, and every mistake told with its key.
import { describe, expect, it } from "vitest";
import { examineHttp } from "../../src/adapters/system/examine-http.js";
import { parseConfig } from "../../src/config/config.js";
import { type HttpSettings, isLoopback } from "../../src/config/http.js";
import { isRefusal, type Refusal } from "../../src/core/refusals.js";

const parse = (http: unknown) => parseConfig({ program: { command: "node server.js" }, http }, "config.json");

function accepted(http: unknown): HttpSettings | null {
	const settings = parse(http);
	if (isRefusal(settings)) throw new Error(settings.message);
	return settings.http;
}

describe("the door over TCP", () => {
	it("is not there by default", () => {
		expect(accepted(undefined)).toBeNull();
		expect(accepted(null)).toBeNull();
	});

	it("needs a port, and has the rest by default", () => {
		const rest = { allowedHosts: [], allowedOrigins: [], rate: { perMinute: 600 } };
		expect(accepted({ port: 0 })).toEqual({ host: "127.0.0.1", port: 0, ...rest });
	});

	it.each([
		{ port: 4711, host: "::1" },
		{ port: 4711, host: "localhost" },
		{ port: 4711, host: "127.8.8.8" },
		{ port: 4711, host: "0.0.0.0", allowedHosts: ["deadman.example"] },
		{ port: 4711, host: "::", allowedHosts: ["deadman.example:8443", "[2001:db8::1]:4711", "[2001:db8::1]"] },
		{ port: 4711, host: "desk.local", allowedHosts: ["desk.local"] },
		{ port: 4711, allowedOrigins: ["https://desk.example", "http://localhost:5173"] },
		{ port: 4711, rate: { perMinute: 1 } },
	])("is accepted: %j", (http) => expect(accepted(http)).toMatchObject(http));

	it.each<[string, object]>([
		["http", {}],
		["http.port", { port: 70_000 }],
		["http.port", { port: "4711" }],
		["http.host", { port: 1, host: "127.0.0.1:4711" }],
		["http.host", { port: 1, host: "[::1]" }],
		["http.host", { port: 1, host: "http://localhost" }],
		["http.host", { port: 1, host: "" }],
		["http.allowedHosts", { port: 1, host: "0.0.0.0" }],
		["http.allowedHosts", { port: 1, host: "192.168.1.5" }],
		["http.allowedHosts", { port: 1, host: "localhost.evil.example" }],
		["http.allowedHosts", { port: 1, host: "127.evil.example" }],
		["http.allowedHosts.0", { port: 1, allowedHosts: ["https://desk.example"] }],
		["http.allowedHosts.0", { port: 1, allowedHosts: ["*"] }],
		["http.allowedHosts.0", { port: 1, allowedHosts: [""] }],
		["http.allowedHosts.0", { port: 1, allowedHosts: ["2001:db8::1"] }],
		["http.allowedOrigins.0", { port: 1, allowedOrigins: ["*"] }],
		["http.allowedOrigins.0", { port: 1, allowedOrigins: ["null"] }],
		["http.allowedOrigins.0", { port: 1, allowedOrigins: ["desk.example"] }],
		["http.allowedOrigins.0", { port: 1, allowedOrigins: ["https://desk.example/"] }],
		["http.allowedOrigins.0", { port: 1, allowedOrigins: ["https://desk.example/path"] }],
		["http.allowedOrigins.0", { port: 1, allowedOrigins: ["file:///etc"] }],
		["http.rate.perMinute", { port: 1, rate: { perMinute: 0 } }],
		["http", { port: 1, tls: true }],
	])("is refused by the key %s: %j", (key, http) => {
		const refusal = parse(http) as Refusal;
		expect(refusal).toMatchObject({ code: "config_invalid", kind: "usage" });
		expect(refusal.message).toContain(`${key}`);
	});
});

it.each([
	["127.0.0.1", true],
	["127.255.0.1", true],
	["LOCALHOST", true],
	["::1", true],
	["0.0.0.0", false],
	["::", false],
	["127.evil.example", false],
	["localhost.evil.example", false],
	["10.0.0.1", false],
])("%s is loopback: %s", (name, is) => expect(isLoopback(name)).toBe(is));

describe("doctor", () => {
	it("says nothing of a door that is not configured", () => expect(examineHttp(null)).toEqual([]));

	it("finds a door on loopback in order", () => {
		expect(examineHttp(accepted({ port: 4711 }))).toMatchObject([
			{ name: "http", level: "ok", sentence: expect.stringContaining("127.0.0.1:4711") },
		]);
	});

	it("warns that there is no TLS where other machines reach it", () => {
		const http = accepted({ port: 4711, host: "::", allowedHosts: ["desk.example"] });
		expect(examineHttp(http)).toMatchObject([
			{ name: "http", level: "warn", sentence: expect.stringContaining("without TLS"), next: expect.any(String) },
		]);
	});
});
