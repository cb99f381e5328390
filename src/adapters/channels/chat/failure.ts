// What an error of the Chat SDK, of one of its adapters, of a platform's client or of the network means for the outbox. Classes are known by
// their names: each adapter may bring a copy of its own.

import { printableLine } from "../../../core/rules/printable.js";
import { shortened } from "../../../core/rules/untrusted.js";
import { DeliveryFailed } from "../../../ports/ports.js";

type Code = DeliveryFailed["code"];

/** An error as the many libraries write it. */
interface Told {
	readonly name: string;
	readonly code: string;
	/** Of HTTP; null: none. */
	readonly status: number | null;
	readonly retryAfterMs: number | null;
}

const MESSAGE_CHARACTERS = 300;

export interface FailureContext {
	/** The platform's own rules, asked first. */
	readonly failureOf?: ((error: unknown) => DeliveryFailed | null) | undefined;
	/** For the sentence: "slack: send". */
	readonly what: string;
}

/** Never fails itself. */
export function failureFrom(error: unknown, { failureOf, what }: FailureContext): DeliveryFailed {
	if (error instanceof DeliveryFailed) return error;
	const known = toldByPlatform(error, failureOf);
	if (known !== null) return known;
	const chain = chainOf(error).map(toldBy);
	const found = firstOf(chain, codeOf) ?? "unreachable";
	const retryAfterMs = firstOf(chain, (told) => told.retryAfterMs);
	const text = error instanceof Error ? error.message : String(error);
	const message = shortened(printableLine(`${what}: ${text}`), MESSAGE_CHARACTERS);
	return new DeliveryFailed({ code: found, message, retryAfterMs: found === "rate_limited" ? retryAfterMs : null });
}

/** Rules that stumble over an odd error tell nothing. */
function toldByPlatform(error: unknown, failureOf: FailureContext["failureOf"]): DeliveryFailed | null {
	try {
		return failureOf?.(error) ?? null;
	} catch {
		return null;
	}
}

/** The error, and what it was caused by: libraries wrap each other. */
function chainOf(error: unknown): readonly object[] {
	const chain: object[] = [];
	let next: unknown = error;
	while (typeof next === "object" && next !== null && chain.length < 5 && !chain.includes(next)) {
		chain.push(next);
		const { cause, original, originalError, innerHttpError } = next as Record<string, unknown>;
		next = cause ?? originalError ?? original ?? innerHttpError;
	}
	return chain;
}

function firstOf<T>(chain: readonly Told[], read: (told: Told) => T | null): T | null {
	for (const told of chain) {
		const value = read(told);
		if (value !== null) return value;
	}
	return null;
}

function toldBy(error: object): Told {
	const { name = "", code = "", status, statusCode, response, httpStatus } = error as Record<string, unknown>;
	const answered = (response ?? {}) as Record<string, unknown>;
	const numbers = [status, statusCode, httpStatus, answered.status, answered.statusCode];
	const found = numbers.find((value) => typeof value === "number" && value >= 400 && value < 600);
	return {
		name: String(name),
		code: String(code),
		status: (found as number | undefined) ?? null,
		retryAfterMs: retryAfterMsOf(error as Record<string, unknown>),
	};
}

/** `retryAfterMs` as chat has it, `retryAfter` in seconds as its adapters and Slack's client have it, or the header. */
function retryAfterMsOf(error: Record<string, unknown>): number | null {
	if (isTime(error.retryAfterMs)) return Math.ceil(error.retryAfterMs);
	const seconds = [error.retryAfter, error.retry_after].find(isTime);
	if (seconds !== undefined) return Math.ceil(seconds * 1_000);
	const { headers } = ((error.response as object | undefined) ?? error) as { headers?: unknown };
	return headerMs(headers);
}

function headerMs(headers: unknown): number | null {
	if (typeof headers !== "object" || headers === null) return null;
	const { get } = headers as Partial<Headers>;
	const value = typeof get === "function" ? get.call(headers, "retry-after") : (headers as never)["retry-after"];
	const seconds = Number(value ?? Number.NaN);
	if (isTime(seconds)) return Math.ceil(seconds * 1_000);
	const untilMs = Date.parse(String(value ?? ""));
	return Number.isNaN(untilMs) ? null : Math.max(0, untilMs - Date.now());
}

function isTime(value: unknown): value is number {
	return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

const byName: Readonly<Record<string, Code>> = {
	AdapterRateLimitError: "rate_limited",
	RateLimitError: "rate_limited",
	AuthenticationError: "revoked",
	ResourceNotFoundError: "gone",
	PermissionError: "refused",
	ValidationError: "refused",
	NotImplementedError: "refused",
	AbortError: "unreachable",
	TimeoutError: "unreachable",
};

const byCode: Readonly<Record<string, Code>> = {
	RATE_LIMITED: "rate_limited",
	AUTH_FAILED: "revoked",
	NOT_FOUND: "gone",
	PERMISSION_DENIED: "refused",
	VALIDATION_ERROR: "refused",
	NOT_IMPLEMENTED: "refused",
	slack_webapi_rate_limited_error: "rate_limited",
	slack_webapi_request_error: "unreachable",
};

const network = /^(E(CONN|HOST|NET|ADDR)[A-Z]*|ENOTFOUND|EAI_[A-Z]+|ETIMEDOUT|EPIPE|EPROTO|UND_ERR_[A-Z_]+)$/;

/** Null: this one does not tell; what caused it may. */
function codeOf({ name, code, status }: Told): Code | null {
	const named = byName[name] ?? byCode[code];
	if (named !== undefined) return named;
	if (status !== null) return byStatus(status);
	return network.test(code) ? "unreachable" : null;
}

function byStatus(status: number): Code {
	if (status === 429) return "rate_limited";
	if (status === 401) return "revoked";
	if (status === 404 || status === 410) return "gone";
	return status >= 500 || status === 408 ? "unreachable" : "refused";
}
