// The bot's token for the Bot Framework, from the tenant's login service: asked for when it is needed, kept until shortly before it ends.
import { limits } from "../../../core/limits.js";
import { DeliveryFailed } from "../../../ports/ports.js";

export interface TokenSource {
	/** For one scope and tenant. Rejects with DeliveryFailed. */
	token(scope: string): Promise<string>;
	/** It was not accepted: the next one is asked for. */
	forget(): void;
}

export interface TokenOptions {
	/** Without a path, such as https://login.microsoftonline.com */
	readonly loginUrl: string;
	readonly tenantId: string;
	readonly appId: string;
	/** Read anew for each token. */
	readonly password: () => Promise<string>;
	readonly signal: AbortSignal;
}

interface Kept {
	readonly token: string;
	readonly untilMs: number;
}

/** A token is asked for anew so long before it ends. */
const earlyMs = 5 * 60_000;

export function createTokenSource(options: TokenOptions): TokenSource {
	const kept = new Map<string, Kept>();
	/** Cards that are sent at one time wait for one token. */
	const asked = new Map<string, Promise<Kept>>();

	async function token(scope: string): Promise<string> {
		const found = kept.get(scope);
		if (found !== undefined && found.untilMs > Date.now()) return found.token;
		const running = asked.get(scope) ?? ask(options, scope).finally(() => asked.delete(scope));
		asked.set(scope, running);
		const fresh = await running;
		kept.set(scope, fresh);
		return fresh.token;
	}

	return { token, forget: () => kept.clear() };
}

async function ask({ loginUrl, tenantId, appId, password, signal }: TokenOptions, scope: string): Promise<Kept> {
	const secret = await password().catch((error: Error) => {
		throw new DeliveryFailed({ code: "revoked", message: error.message });
	});
	const response = await fetch(`${loginUrl}/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`, {
		method: "POST",
		body: new URLSearchParams({ client_id: appId, client_secret: secret, grant_type: "client_credentials", scope }),
		redirect: "error",
		signal: AbortSignal.any([signal, AbortSignal.timeout(limits.sendTimeoutMs)]),
	}).catch((error: Error) => {
		throw new DeliveryFailed({
			code: "unreachable",
			message: `The login service was not reached: ${reasonOf(error)}.`,
		});
	});
	const said = (await response.json().catch(() => ({}))) as Record<string, unknown>;
	if (!response.ok) throw refusedBy(response, said);
	const { access_token: token, expires_in: seconds } = said;
	if (typeof token !== "string" || token === "") {
		throw new DeliveryFailed({ code: "unreachable", message: "The login service answered without a token." });
	}
	const lifeMs = (Number(seconds) || 0) * 1_000;
	return { token, untilMs: Date.now() + Math.max(lifeMs - earlyMs, lifeMs / 2) };
}

/** The error's name only: its description repeats what was asked. */
function refusedBy({ status, headers }: Response, { error }: Record<string, unknown>): DeliveryFailed {
	const name = typeof error === "string" && /^\w{1,60}$/.test(error) ? ` (${error})` : "";
	const message = `The login service answered ${status}${name}.`;
	if (status === 429) return new DeliveryFailed({ code: "rate_limited", message, retryAfterMs: retryAfterMs(headers) });
	if (status >= 500) return new DeliveryFailed({ code: "unreachable", message, retryAfterMs: retryAfterMs(headers) });
	return new DeliveryFailed({ code: "revoked", message: `${message} The bot's appId, tenantId or password is wrong.` });
}

function retryAfterMs(headers: Headers): number | null {
	return retryAfterIn(headers.get("retry-after"));
}

/** A header in seconds or as a date; at most an hour. */
export function retryAfterIn(value: string | null | undefined): number | null {
	if (value === null || value === undefined || value.trim() === "") return null;
	const ms = /^\d{1,9}$/.test(value.trim()) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
	return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), 60 * 60_000);
}

function reasonOf({ name, message, cause }: Error): string {
	if (name === "TimeoutError") return `no answer within ${limits.sendTimeoutMs} ms`;
	const code = (cause as { readonly code?: unknown } | undefined)?.code;
	return typeof code === "string" ? code : message;
}
