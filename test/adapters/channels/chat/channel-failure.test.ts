// What errors of the SDK, its adapters, clients and the network mean; and what of the SDK's own log is kept.
import {
	AdapterError,
	AdapterRateLimitError,
	AuthenticationError,
	NetworkError,
	PermissionError,
	ResourceNotFoundError,
	ValidationError,
} from "@chat-adapter/shared";
import { ChatError, LockError, NotImplementedError, RateLimitError } from "chat";
import { describe, expect, it } from "vitest";
import { failureFrom } from "../../../../src/adapters/channels/chat/failure.js";
import { createSdkLog } from "../../../../src/adapters/channels/chat/sdk-log.js";
import { DeliveryFailed, type Log } from "../../../../src/ports/ports.js";

const withFields = (fields: object, name = "Error") => Object.assign(new Error("it failed"), { name }, fields);
const coded = (code: string) => withFields({ code });
const response = (status: number, headers: Record<string, string>) => ({ response: { status, headers } });

describe("a failure", () => {
	const cases: readonly (readonly [string, unknown, string, number | null])[] = [
		["a rate limit of the SDK", new RateLimitError("slow", 1_500), "rate_limited", 1_500],
		["one without a time", new RateLimitError("slow"), "rate_limited", null],
		["a rate limit of an adapter", new AdapterRateLimitError("slack", 30), "rate_limited", 30_000],
		["one of part of a second", new AdapterRateLimitError("discord", 0.25), "rate_limited", 250],
		["an adapter's one without a time", new AdapterRateLimitError("slack"), "rate_limited", null],
		["a subclass by its code", new AdapterError("slow", "x", "RATE_LIMITED"), "rate_limited", null],
		["Slack's client", withFields({ code: "slack_webapi_rate_limited_error", retryAfter: 3 }), "rate_limited", 3_000],
		["a status with a header", withFields(response(429, { "retry-after": "12" })), "rate_limited", 12_000],
		[
			"a status with Headers",
			withFields({ status: 429, headers: new Headers({ "retry-after": "2" }) }),
			"rate_limited",
			2_000,
		],
		[
			"a wrapped one",
			new NetworkError("teams", "it failed", withFields(response(429, { "retry-after": "4" })) as Error),
			"rate_limited",
			4_000,
		],
		["a time that is none", withFields({ status: 429, retryAfter: Number.NaN }), "rate_limited", null],
		["a time below nothing", withFields({ status: 429, retryAfterMs: -5 }), "rate_limited", null],
		["credentials", new AuthenticationError("slack"), "revoked", null],
		["401", withFields({ statusCode: 401 }), "revoked", null],
		["not found", new ResourceNotFoundError("telegram", "message", "7"), "gone", null],
		["404", withFields(response(404, {})), "gone", null],
		["410", withFields({ status: 410 }), "gone", null],
		["no permission", new PermissionError("telegram", "post"), "refused", null],
		["bad input", new ValidationError("slack", "too long"), "refused", null],
		["not implemented", new NotImplementedError("no", "modals"), "refused", null],
		["403", withFields({ status: 403 }), "refused", null],
		["500", withFields({ status: 500, headers: { "retry-after": "9" } }), "unreachable", null],
		["the network", new NetworkError("telegram", "no", coded("ENOTFOUND")), "unreachable", null],
		["fetch", new TypeError("fetch failed", { cause: coded("UND_ERR_CONNECT_TIMEOUT") }), "unreachable", null],
		["a connection cut off", coded("ECONNRESET"), "unreachable", null],
		["a time limit", withFields({}, "TimeoutError"), "unreachable", null],
		["a lock", new LockError("held"), "unreachable", null],
		["something of the SDK", new ChatError("odd", "ODD"), "unreachable", null],
		["a string", "odd", "unreachable", null],
		["nothing", undefined, "unreachable", null],
	];
	it.each(cases)("of %s", (_, error, code, retryAfterMs) => {
		const failure = failureFrom(error, { what: "ops: send" });
		expect([failure.code, failure.retryAfterMs]).toEqual([code, retryAfterMs]);
		expect(failure.message).toMatch(/^ops: send: ./);
	});

	it("is read by its platform first, and is left alone where it is told already", () => {
		const own = new DeliveryFailed({ code: "gone", message: "Deleted." });
		expect(failureFrom(own, { what: "" })).toBe(own);
		expect(failureFrom(withFields({ status: 403 }), { what: "", failureOf: () => own })).toBe(own);
		expect(failureFrom(withFields({ status: 403 }), { what: "", failureOf: () => null }).code).toBe("refused");
	});

	it("is told by the general rules where the platform's own stumble", () => {
		const failureOf = () => {
			throw new TypeError("error is undefined");
		};
		expect(failureFrom(undefined, { what: "", failureOf }).code).toBe("unreachable");
	});

	it("reads a time of day, and an error that goes round", () => {
		const until = new Date(Date.now() + 60_000).toUTCString();
		const { retryAfterMs } = failureFrom(withFields(response(429, { "retry-after": until })), { what: "" });
		expect(retryAfterMs).toBeGreaterThan(50_000);
		expect(retryAfterMs).toBeLessThanOrEqual(60_000);
		const round = new Error("round");
		round.cause = round;
		expect(failureFrom(round, { what: "" }).code).toBe("unreachable");
	});

	it("is one short line", () => {
		const { message } = failureFrom(new Error(`a\nb\u001b[2J${"x".repeat(10_000)}`), { what: "ops: send" });
		expect(message).toMatch(/^ops: send: a\\nb\\x1b\[2Jx+…$/);
		expect(message.length).toBeLessThanOrEqual(300);
	});
});

describe("the SDK's log", () => {
	function aLog() {
		const lines: string[] = [];
		const keep = (level: string) => (event: string, details?: object) =>
			void lines.push(`${level} ${event} ${JSON.stringify(details)}`);
		const log: Log = { info: keep("info"), warn: keep("warn"), error: keep("error") };
		let nowMs = 0;
		const sdk = createSdkLog({ channel: "ops", log, now: () => nowMs });
		return { lines, sdk, later: (ms: number) => (nowMs += ms) };
	}

	it("keeps what went wrong, and nothing of what was sent", () => {
		const { lines, sdk } = aLog();
		sdk.debug("Slack API: chat.postMessage", { text: "secret" });
		sdk.info("message", { text: "secret" });
		sdk.child("slack").warn("Could not post", { error: new Error("no such channel"), body: "secret", token: "secret" });
		sdk.error("Poll failed", new Error("socket\nhang up"), { body: "secret" });
		expect(lines).toEqual([
			'warn chat.sdk {"channel":"ops","says":"slack: Could not post","why":"no such channel"}',
			'error chat.sdk {"channel":"ops","says":"Poll failed","why":"socket\\\\nhang up"}',
		]);
	});

	it("says the same thing once a minute", () => {
		const { lines, sdk, later } = aLog();
		for (let n = 0; n < 100; n += 1) sdk.warn("Poll failed", { error: "down" });
		sdk.warn("Poll failed", { error: "another" });
		later(60_000);
		sdk.warn("Poll failed", { error: "down" });
		expect(lines).toHaveLength(3);
	});
});
