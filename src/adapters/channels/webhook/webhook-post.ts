// Posts one payload, signed, and reads the receipt from the answer. What an answer means for the outbox is said here.
import { limits } from "../../../core/limits.js";
import { DeliveryFailed } from "../../../ports/ports.js";
import type { Payload } from "./webhook-payload.js";
import { signedHeaders } from "./webhook-signature.js";

export interface PostOptions {
	readonly url: string;
	readonly secret: () => Promise<string>;
	readonly nowMs: () => number;
	readonly signal: AbortSignal;
}

const answerBytes = 64 * 1_024;
const receiptCharacters = 500;

/** Null: none is named. Rejects with DeliveryFailed. */
export async function postSigned(
	payload: Payload,
	{ url, secret, nowMs, signal }: PostOptions,
): Promise<string | null> {
	const body = JSON.stringify(payload);
	const headers = {
		"content-type": "application/json",
		"user-agent": "deadman",
		...signedHeaders({ id: payload.delivery, atMs: nowMs(), secret: await known(secret), body }),
	};
	const until = AbortSignal.any([signal, AbortSignal.timeout(limits.sendTimeoutMs)]);
	try {
		const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal: until });
		if (!response.ok) await response.body?.cancel();
		const failure = failureIn(response, { place: placeOf(url), isEdit: payload.receipt !== null, nowMs });
		if (failure !== null) throw failure;
		return receiptIn(await textOf(response));
	} catch (error) {
		if (error instanceof DeliveryFailed) throw error;
		const message = `${placeOf(url)} was not reached: ${reasonOf(error, limits.sendTimeoutMs)}.`;
		throw new DeliveryFailed({ code: "unreachable", message });
	}
}

async function known(secret: () => Promise<string>): Promise<string> {
	return secret().catch((error: Error) => {
		throw new DeliveryFailed({ code: "revoked", message: error.message });
	});
}

interface Answering {
	readonly place: string;
	readonly isEdit: boolean;
	readonly nowMs: () => number;
}

function failureIn({ ok, status, headers }: Response, { place, isEdit, nowMs }: Answering): DeliveryFailed | null {
	if (ok) return null;
	const retryAfterMs = retryAfterIn(headers.get("retry-after"), nowMs());
	const failed = (code: DeliveryFailed["code"]) =>
		new DeliveryFailed({ code, message: `${place} answered ${status || "with a redirect"}.`, retryAfterMs });
	if (status === 429) return failed("rate_limited");
	if (status >= 500 || status === 408) return failed("unreachable");
	if (status === 401 || status === 403) return failed("revoked");
	return failed(isEdit && (status === 404 || status === 410) ? "gone" : "refused");
}

/** Paths and queries of webhooks are secrets often enough. */
export function placeOf(url: string): string {
	return `The webhook at ${new URL(url).origin}`;
}

export function reasonOf(error: unknown, limitMs: number): string {
	const { name, message, cause } = error as Error;
	if (name === "TimeoutError") return `no answer within ${limitMs} ms`;
	const code = (cause as { readonly code?: unknown } | undefined)?.code;
	return typeof code === "string" ? code : message;
}

/** In seconds or as a date; at most an hour. */
function retryAfterIn(value: string | null, nowMs: number): number | null {
	const text = value?.trim() ?? "";
	if (text === "") return null;
	const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
	return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), 60 * 60_000);
}

/** A longer answer holds no receipt of ours. */
async function textOf(response: Response): Promise<string> {
	let text = "";
	const decoder = new TextDecoder();
	for await (const piece of response.body ?? []) {
		text += decoder.decode(piece, { stream: true });
		if (text.length > answerBytes) return "";
	}
	return text;
}

/** Of `{"receipt": "..."}`; anything else names none. */
export function receiptIn(text: string): string | null {
	try {
		const { receipt } = JSON.parse(text) as { readonly receipt?: unknown };
		return typeof receipt === "string" && receipt !== "" && receipt.length <= receiptCharacters ? receipt : null;
	} catch {
		return null;
	}
}
