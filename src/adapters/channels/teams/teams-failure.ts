// What is Teams' own about its errors: the Bot Framework says in a code of its own why a bot may not write somewhere. The rest is failure.ts'.
import { DeliveryFailed } from "../../../ports/ports.js";

/** As axios has it. */
export interface HttpFailure {
	readonly response?: {
		readonly status?: number;
		readonly headers?: Readonly<Record<string, unknown>>;
		readonly data?: { readonly error?: { readonly code?: unknown } };
	};
	/** In seconds; the SDK's adapter reads it here, and would not find it in the headers. */
	retryAfter?: number;
}

/** What the SDK's adapter would take the reason from; null: it keeps the error. */
export function forbiddenBy({ response }: HttpFailure): DeliveryFailed | null {
	if (response?.status !== 403) return null;
	const message = `Teams: the bot may not write there${namedIn(response)}. Was it removed from the conversation, or never installed there?`;
	return new DeliveryFailed({ code: "revoked", message });
}

/** Null: the general rules tell. */
export function failureOf(error: unknown): DeliveryFailed | null {
	const { originalError, response = (originalError as HttpFailure | undefined)?.response } = error as HttpFailure & {
		readonly originalError?: unknown;
	};
	if (originalError instanceof DeliveryFailed) return originalError;
	const named = namedIn(response);
	// Two writes met each other: Microsoft asks to try again.
	if (response?.status === 412)
		return new DeliveryFailed({ code: "unreachable", message: `Teams answered 412${named}.` });
	if (response?.status !== 404) return null;
	return new DeliveryFailed({ code: "gone", message: `Teams has no such message or place${named}.` });
}

function namedIn(response: HttpFailure["response"]): string {
	const code = response?.data?.error?.code;
	return typeof code === "string" && /^\w{1,60}$/.test(code) ? ` (${code})` : "";
}
