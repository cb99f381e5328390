// What an error of the Teams adapter, or of the Bot Framework behind it, means for the outbox. Repeats nothing that a request carried.
import { DeliveryFailed } from "../../../ports.js";
import { retryAfterIn } from "./teams-token.js";

interface Seen {
	readonly status: number | null;
	/** Of the Bot Framework's error, such as BotNotInConversationRoster. */
	readonly named: string;
	readonly retryAfterMs: number | null;
}

/** Null: it says nothing about the request. */
export function failureOf(error: unknown): DeliveryFailed | null {
	const chain = chainOf(error);
	const own = chain.find((one) => one instanceof DeliveryFailed);
	if (own !== undefined) return own as DeliveryFailed;
	const named = new Set(chain.map(({ name }) => name));
	const seen = chain.map(seenIn).find(({ status }) => status !== null) ?? seenIn(chain[0] ?? new Error());
	const { retryAfterMs } = seen;
	const failed = (code: DeliveryFailed["code"], message: string) => new DeliveryFailed({ code, message, retryAfterMs });
	if (named.has("AdapterRateLimitError") || seen.status === 429) {
		const seconds = chain.map((one) => (one as { retryAfter?: unknown }).retryAfter).find(Number.isFinite);
		const asked = seconds === undefined ? retryAfterMs : Number(seconds) * 1_000;
		return new DeliveryFailed({ code: "rate_limited", message: "Teams asks to slow down.", retryAfterMs: asked });
	}
	if (named.has("AuthenticationError") || seen.status === 401)
		return failed("revoked", "Teams refused the bot's token.");
	if (named.has("PermissionError") || seen.status === 403) {
		return failed("revoked", `The bot may not write there${seen.named}: was it removed from the conversation?`);
	}
	if (seen.status === 404) return failed("gone", `Teams has no such message or conversation${seen.named}.`);
	if (seen.status !== null && seen.status < 500 && seen.status !== 408 && seen.status !== 412) {
		return failed("refused", `Teams answered ${seen.status}${seen.named}.`);
	}
	if (seen.status !== null) return failed("unreachable", `Teams answered ${seen.status}${seen.named}.`);
	return isNetwork(chain) ? failed("unreachable", `Teams was not reached: ${codeOf(chain)}.`) : null;
}

function chainOf(error: unknown): readonly Error[] {
	const chain: Error[] = [];
	let next: unknown = error;
	while (next instanceof Error && chain.length < 5) {
		chain.push(next);
		next = (next as { readonly originalError?: unknown }).originalError ?? next.cause;
	}
	return chain;
}

interface HttpError {
	readonly response?: {
		readonly status?: unknown;
		readonly data?: { readonly error?: { readonly code?: unknown } };
		readonly headers?: Readonly<Record<string, unknown>>;
	};
}

function seenIn(error: Error): Seen {
	const { response } = error as HttpError;
	const code = response?.data?.error?.code;
	const after = response?.headers?.["retry-after"];
	return {
		status: typeof response?.status === "number" ? response.status : null,
		named: typeof code === "string" && /^\w{1,60}$/.test(code) ? ` (${code})` : "",
		retryAfterMs: retryAfterIn(typeof after === "string" ? after : null),
	};
}

function isNetwork(chain: readonly Error[]): boolean {
	return chain.some(({ name }) => name === "NetworkError" || name === "AxiosError" || name === "AbortError");
}

function codeOf(chain: readonly Error[]): string {
	const codes = chain.map((one) => (one as { readonly code?: unknown }).code);
	return String(codes.find((code) => typeof code === "string" && /^E[A-Z_]+$/.test(code)) ?? "no answer");
}
