// Who is let in over TCP: by which name the door was called, from which web page, with which token, and how often. Every request passes here
// before anything of it is looked at; what a caller may then do is the rows' to say.
import type { HttpBindings } from "@hono/node-server";
import type { Context, MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { type HttpSettings, isLoopback } from "../../../config/http.js";
import { limits } from "../../../core/limits.js";
import { createRate, type Rate } from "../../../core/rate.js";
import { type Refusal, refuse } from "../../../core/refusals.js";
import type { Actor } from "../../../core/swap.js";
import type { Supervisor } from "../../../engine/verbs/supervisor.js";
import type { TokenRecord } from "../../../engine/verbs/tokens.js";
import type { Clock, Log } from "../../../ports/ports.js";
import { refused } from "../base/answers.js";
import { isForged } from "../base/forged.js";
import { isGatewayPath, runTokenIn } from "../base/gateway-paths.js";
import type { Caller } from "../base/route.js";
import { bearerIn, callerOfAgent } from "../gateway/gateway.js";
import type { Sessions } from "./sessions.js";

export interface GuardOptions {
	readonly http: HttpSettings;
	readonly supervisor: Pick<Supervisor, "tokenOf" | "agentOf">;
	readonly clock: Clock;
	readonly log: Log;
	readonly sessions: Sessions;
}

export interface Guard {
	/** In the order in which they are asked. */
	readonly middleware: readonly MiddlewareHandler[];
	/** Null: a stranger, who may call what is for anyone. */
	callerOf(c: Context): Caller | null;
}

export function createGuard(options: GuardOptions): Guard {
	const { http, clock } = options;
	const nowMs = () => clock.now().bootMs;
	const rates: Rates = {
		calls: createRate({ perMinute: http.rate.perMinute, nowMs }),
		failures: createRate({ perMinute: limits.failedTokensPerMinute, nowMs }),
	};
	const callers = new WeakMap<Context, Caller>();
	return {
		middleware: [
			plainHeaders,
			namesChecked(http),
			pagesChecked(http),
			...answersForPages(http),
			admission({ ...options, rates, callers }),
		],
		callerOf: (c) => callers.get(c) ?? null,
	};
}

/** Nothing of an answer is kept on its way, and every 401 says how to do better. */
const plainHeaders: MiddlewareHandler = async (c, next) => {
	await next();
	if (c.res.status === 401) {
		const wrong = c.req.header("authorization") !== undefined;
		c.res.headers.set("www-authenticate", `Bearer realm="deadman"${wrong ? ', error="invalid_token"' : ""}`);
	}
	if (!c.res.headers.has("cache-control")) c.res.headers.set("cache-control", "no-store");
	c.res.headers.set("x-content-type-options", "nosniff");
};

/** Against DNS rebinding: a page of somebody else's name, pointed at this address, still says its own name. */
function namesChecked({ host, allowedHosts }: HttpSettings): MiddlewareHandler {
	const allowed = new Set([host.includes(":") ? `[${host}]` : host, ...allowedHosts].map((name) => name.toLowerCase()));
	const isOurs = (called: string) => {
		const name = called.toLowerCase();
		const bare = name.replace(/:\d{1,5}$/, "");
		return allowed.has(name) || allowed.has(bare) || isLoopback(bare.replace(/^\[(.*)\]$/, "$1"));
	};
	return async (c, next) => {
		const called = [c.req.header("host") ?? "", new URL(c.req.url).host];
		const strange = called.find((name) => !isOurs(name));
		if (strange === undefined) return next();
		return refused(c, refuse("host_refused", { host: JSON.stringify(strange.slice(0, 100)) }));
	};
}

function pagesChecked({ allowedOrigins }: HttpSettings): MiddlewareHandler {
	return async (c, next) => {
		const origin = c.req.header("origin");
		if (origin === undefined || allowedOrigins.includes(origin) || isOwnOrigin(c, origin)) return next();
		return refused(c, refuse("origin_refused", { origin: JSON.stringify(origin.slice(0, 100)) }));
	};
}

/** Programs of some systems name the address that they call as their origin, with the path that we gave them. No page can. */
function isOwnOrigin(c: Context, origin: string): boolean {
	return isGatewayPath(c.req.path) && URL.canParse(origin) && new URL(origin).host === c.req.header("host");
}

/** Browsers ask first, without a token, and want to hear that the page may read the answer. */
function answersForPages({ allowedOrigins }: HttpSettings): readonly MiddlewareHandler[] {
	if (allowedOrigins.length === 0) return [];
	const exposeHeaders = ["retry-after", "www-authenticate", "mcp-session-id"];
	return [cors({ origin: [...allowedOrigins], allowMethods: ["GET", "POST", "DELETE"], exposeHeaders })];
}

interface Rates {
	readonly calls: Rate;
	/** Of one address; a right token is let in all the same. */
	readonly failures: Rate;
}

interface Admission extends GuardOptions {
	readonly rates: Rates;
	readonly callers: WeakMap<Context, Caller>;
}

function admission({ supervisor, rates, callers, sessions, log }: Admission): MiddlewareHandler {
	/** A 401, or a 429 once there were too many of them. */
	function failed(c: Context, address: string, refusal: Refusal): Response {
		const waitMs = rates.failures.take(address);
		if (waitMs > 0) return tooMany(c, waitMs);
		log.warn("http.unauthenticated", { address, code: refusal.code });
		return refused(c, refusal);
	}

	async function asStranger(c: Context, address: string, next: () => Promise<void>): Promise<Response | undefined> {
		const waitMs = rates.calls.take(`address ${address}`);
		if (waitMs > 0) return tooMany(c, waitMs);
		// Nothing that anyone may ask for has a body: it is not waited for.
		if (c.req.method !== "GET" && c.req.method !== "HEAD") return failed(c, address, refuse("token_missing"));
		await next();
		// A path that does not exist is no different from one that does.
		if (c.res.status === 401 || c.res.status === 404) c.res = failed(c, address, refuse("token_missing"));
		return undefined;
	}

	/** Whoever posts proves itself to the channel, whatever its headers say. Right ones go on where forged ones of the same proxy have to wait. */
	async function asPlatform(c: Context, address: string, next: () => Promise<void>): Promise<Response | undefined> {
		const waitMs = rates.calls.take(`delivery ${address}`);
		if (waitMs > 0) return tooMany(c, waitMs);
		await next();
		if (!isForged(c) && c.res.status !== 404) return undefined;
		const patienceMs = rates.failures.take(address);
		if (patienceMs > 0) c.res = tooMany(c, patienceMs);
		return undefined;
	}

	/** Without a token of ours it may still be known by its path, or by a token of its run. */
	async function asProgram(c: Context, address: string, next: () => Promise<void>): Promise<Response | undefined> {
		const found = await supervisor.agentOf({ path: runTokenIn(c), bearer: bearerIn(c) });
		if (found === null)
			return failed(
				c,
				address,
				refuse(c.req.header("authorization") === undefined ? "token_missing" : "token_rejected"),
			);
		const waitMs = rates.calls.take(`agent ${found.agent}`);
		if (waitMs > 0) return tooMany(c, waitMs);
		callers.set(c, callerOfAgent(found));
		await next();
		return undefined;
	}

	return async (c, next) => {
		const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
		const address = incoming?.socket.remoteAddress ?? "unknown";
		if (isDelivery(c)) return asPlatform(c, address, next);
		const given = c.req.header("authorization");
		const ofProgram = isGatewayPath(c.req.path);
		if (given === undefined) return ofProgram ? asProgram(c, address, next) : asStranger(c, address, next);
		const token = await supervisor.tokenOf(secretIn(given));
		if (ofProgram && (token === null || token.role === "agent")) {
			if (token !== null) sessions.join(token.id, c);
			return asProgram(c, address, next);
		}
		if (token === null) return failed(c, address, refuse("token_rejected"));
		const waitMs = rates.calls.take(`token ${token.id}`);
		if (waitMs > 0) return tooMany(c, waitMs);
		callers.set(c, callerOfToken(token));
		sessions.join(token.id, c);
		return next();
	};
}

function isDelivery({ req }: Context): boolean {
	return /^\/v1\/delivery\/[^/]+$/.test(req.path) && ["GET", "HEAD", "POST"].includes(req.method);
}

/** Empty, which is nobody's, where the header is something else. */
function secretIn(header: string): string {
	return /^Bearer +([\w-]{1,100})$/i.exec(header)?.[1] ?? "";
}

const surfaces: Readonly<Record<string, Actor["surface"]>> = { builder: "builder", agent: "program" };

/** `builder:claude`, `api:ana` and, of agents, `program:planner`: as the token's name says. */
export function callerOfToken({ name, role, target }: TokenRecord): Caller {
	const at = name.indexOf(":");
	const surface: Actor["surface"] = surfaces[name.slice(0, at)] ?? "api";
	return { actor: { surface, id: name.slice(at + 1) }, role, target, confined: true };
}

function tooMany(c: Context, waitMs: number): Response {
	const seconds = Math.ceil(waitMs / 1_000);
	c.header("retry-after", String(seconds));
	return refused(c, refuse("too_many_requests", { seconds }));
}
