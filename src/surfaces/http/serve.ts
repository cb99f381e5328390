// Serves rows: finds out who calls, checks what came in, and answers. Every route goes through here, so no row can forget its gate.
import type { Context, Hono } from "hono";
import type { z } from "zod";
import { problemsOf } from "../../config.js";
import { isRefusal, type Refusal, refuse } from "../../core/refusals.js";
import { actorName } from "../../core/swap.js";
import { schemaVersion } from "../view.js";
import { readBody, refused } from "./answers.js";
import type { Call, Caller, Route } from "./route.js";

/** Who calls, or why that cannot be said. Null: a stranger, who may call what is for anyone. */
export type Identify = (c: Context) => Promise<Caller | Refusal | null>;

export function serveRoutes(app: Hono, rows: readonly Route[], identify: Identify): void {
	for (const row of rows) {
		app.on(row.method.toUpperCase(), pathOf(row), (c) => respond(c, row, identify));
	}
}

/** As Hono writes it. */
export function pathOf({ path }: Route): string {
	return path.replace(/\{(\w+)\}/g, ":$1");
}

async function respond(c: Context, row: Route, identify: Identify): Promise<Response> {
	const caller = await identify(c);
	if (isRefusal(caller)) return refused(c, caller);
	const barred = bars(row, caller);
	if (barred !== null) return refused(c, barred);
	const call = await read(c, row, caller ?? nobody);
	const answer = isRefusal(call) ? call : await row.run(call as Call<never, never, never>, c);
	if (isRefusal(answer)) return refused(c, answer);
	if (answer instanceof Response) return answer;
	return c.json({ schemaVersion, ...answer }, row.status ?? 200);
}

const nobody: Caller = { actor: { surface: "api", id: "anonymous" }, role: "viewer", target: null, confined: true };

/** What is barred is refused before anything of the request is looked at. On the socket the supervisor itself refuses, and keeps who asked. */
function bars({ allow, summary }: Route, caller: Caller | null): Refusal | null {
	if (allow === "anyone") return null;
	if (caller === null) return refuse("token_missing");
	if (!caller.confined || allow.includes(caller.role)) return null;
	return refuse("not_authorised", { actor: actorName(caller.actor), verb: `ask "${summary}" of` });
}

async function read(c: Context, row: Route, caller: Caller): Promise<Call | Refusal> {
	const query = row.query === undefined ? {} : checked(row.query, queryOf(c));
	if (isRefusal(query)) return query;
	const body = row.body === undefined ? {} : await readBody(c, row.body);
	if (isRefusal(body)) return body;
	const idempotencyKey = c.req.header("idempotency-key");
	const given = { caller, params: c.req.param(), query, body, signal: c.req.raw.signal };
	return idempotencyKey === undefined ? given : { ...given, idempotencyKey };
}

/** A key that comes once is text, one that comes again is a list. */
function queryOf(c: Context): Record<string, string | string[]> {
	return Object.fromEntries(
		Object.entries(c.req.queries()).map(([key, values]) => [key, values.length === 1 ? (values[0] ?? "") : values]),
	);
}

function checked(schema: z.ZodType, value: unknown): unknown {
	const result = schema.safeParse(value);
	return result.success ? result.data : refuse("input_invalid", { problems: problemsOf(result.error) });
}
