// Calls of Discord's REST API: once each, with a time limit, and what its errors mean. Retries belong to the outbox.
import { limits } from "../../../core/limits.js";
import { DeliveryFailed } from "../../../ports/ports.js";

export const discordApiUrl = "https://discord.com/api/v10";

export interface DiscordApi {
	/** The answer's JSON; null where there is none. Rejects with DeliveryFailed. */
	call<T>(method: "GET" | "POST" | "PATCH", path: string, body?: object): Promise<T>;
}

export interface DiscordApiOptions {
	readonly apiUrl: string;
	readonly token: string;
}

/** As Discord wants it: https://discord.com/developers/docs/reference#user-agent. */
const agent = "DiscordBot (deadman, 1)";

export function createDiscordApi({ apiUrl, token }: DiscordApiOptions): DiscordApi {
	return {
		async call<T>(method: string, path: string, body?: object) {
			const answer = await fetched(`${apiUrl}${path}`, {
				method,
				headers: {
					authorization: `Bot ${token}`,
					"user-agent": agent,
					...(body === undefined ? {} : { "content-type": "application/json" }),
				},
				...(body === undefined ? {} : { body: JSON.stringify(body) }),
				redirect: "error",
				signal: AbortSignal.timeout(limits.sendTimeoutMs),
			});
			if (answer.status >= 400) throw failureOf(answer);
			return parsed(answer.text) as T;
		},
	};
}

interface Fetched {
	readonly status: number;
	readonly retryAfter: string | null;
	readonly text: string;
}

async function fetched(url: string, request: RequestInit): Promise<Fetched> {
	try {
		const answer = await fetch(url, request);
		return { status: answer.status, retryAfter: answer.headers.get("retry-after"), text: await answer.text() };
	} catch (error) {
		const { message, cause } = error as Error & { cause?: Error };
		const why = `${message}${cause === undefined ? "" : `: ${cause.message}`}`.slice(0, 200);
		throw new DeliveryFailed({ code: "unreachable", message: `Discord cannot be reached: ${why}.` });
	}
}

/** See https://discord.com/developers/docs/topics/opcodes-and-status-codes#json. */
const gone: ReadonlySet<number> = new Set([10_003, 10_004, 10_008, 10_013, 10_015, 10_062, 50_083]);

/** Discord's numbers for "this message", "this channel" and so on are not there. */
function failureOf({ status, retryAfter, text }: Fetched): DeliveryFailed {
	const { code, message, retry_after } = (parsed(text) ?? {}) as Record<string, unknown>;
	const says = typeof message === "string" ? `${message.slice(0, 200)} (${String(code)})` : `status ${status}`;
	const said = `Discord says: ${says}.`;
	if (status === 429) {
		const seconds = Number(retry_after ?? retryAfter ?? Number.NaN);
		const retryAfterMs = Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds * 1_000) : null;
		return new DeliveryFailed({ code: "rate_limited", message: said, retryAfterMs });
	}
	if (status === 401) return new DeliveryFailed({ code: "revoked", message: said });
	if (status >= 500) return new DeliveryFailed({ code: "unreachable", message: said });
	const isGone = typeof code === "number" && gone.has(code);
	return new DeliveryFailed({ code: isGone ? "gone" : "refused", message: said });
}

function parsed(text: string): unknown {
	try {
		return text === "" ? null : JSON.parse(text);
	} catch {
		return null;
	}
}
