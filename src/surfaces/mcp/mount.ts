// `/mcp`: the server over streamable HTTP, beside the rows and behind the same guard. Each request has a server of its own that calls the rows
// in this process as whoever called; the SDK is loaded at the first one.
import type { Context, Hono } from "hono";
import { limits } from "../../core/limits.js";
import { isRefusal, type Refusal, refuse } from "../../core/refusals.js";
import { remember } from "../../core/remember.js";
import { actorName } from "../../core/swap.js";
import { createApp, refused } from "../http/base/answers.js";
import type { RouteOptions } from "../http/base/caller.js";
import type { Caller } from "../http/base/route.js";
import { serveRoutes } from "../http/doors/serve.js";
import { routesOf } from "../http/routes/routes.js";
import { packageVersion } from "../version.js";
import { type ApiAsk, ApiRefused, type Carry, createApi } from "./api.js";

export interface MountOptions extends RouteOptions {
	/** Null: a stranger. */
	readonly callerOf: (c: Context) => Caller | Refusal | null;
}

export const mcpPath = "/mcp";

type Handle = (request: Request, caller: Caller) => Promise<Response>;

export function mountMcp(app: Hono, options: MountOptions): void {
	let handle: Promise<Handle> | null = null;
	app.all(mcpPath, async (c) => {
		const caller = options.callerOf(c) ?? refuse("token_missing");
		if (isRefusal(caller)) return refused(c, caller);
		handle ??= load(options);
		return (await handle)(c.req.raw, caller);
	});
}

async function load(options: MountOptions): Promise<Handle> {
	const [{ createMcpHandler }, { createMcpServer }] = await Promise.all([
		import("@modelcontextprotocol/server"),
		import("./server.js"),
	]);
	const rows = rowsOf(options);
	const seenBy = createMemory();
	const version = packageVersion();
	const nowMs = () => options.clock.now().bootMs;
	const callers = new WeakMap<object, Caller>();
	const handler = createMcpHandler(
		({ authInfo }) => {
			const caller = callers.get(authInfo as object) as Caller;
			const api = createApi(rows(caller));
			return createMcpServer({ api, seen: seenBy(actorName(caller.actor)), version, nowMs });
		},
		{
			maxRequestBodySize: limits.requestBytes,
			onerror: (error) => options.log.warn("mcp.failed", { error: error.message }),
		},
	);
	return (request, caller) => {
		const authInfo = { token: "", clientId: actorName(caller.actor), scopes: [caller.role] };
		callers.set(authInfo, caller);
		return handler.fetch(request, { authInfo });
	};
}

/** The rows as they are served outside, called by whom the door has let in. Those of operators alone are not even there. */
function rowsOf(options: RouteOptions): (caller: Caller) => Carry {
	// What failed inside is the operators' to read, in the log.
	const app = createApp({ log: options.log, scrub: () => "the log says why." });
	const rows = routesOf(options).filter(({ allow }) => allow === "anyone" || allow.includes("builder"));
	serveRoutes(app, rows, async (c) => (c.env as Within).caller, options.supervisor.noteRefused);
	return (caller) => async (ask) => {
		const answer = await app.fetch(requestOf(ask), { caller } satisfies Within);
		const body = (await answer.json()) as { error?: ApiRefused["view"] };
		if (body.error !== undefined) throw new ApiRefused(body.error);
		return body;
	};
}

/** Beside the request, where nothing from outside can stand. */
interface Within {
	readonly caller: Caller;
}

function requestOf({ method, path, body, headers = {}, signal }: ApiAsk): Request {
	const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
	return new Request(`http://deadman${path}`, signal === undefined ? init : { ...init, signal });
}

/** There are no sessions over HTTP: what was told is remembered by caller, of those that called last. */
function createMemory(): (name: string) => Set<string> {
	const seen = new Map<string, Set<string>>();
	return (name) => {
		const known = seen.get(name) ?? new Set<string>();
		remember(seen, { key: name, value: known, most: limits.builders });
		return known;
	};
}
