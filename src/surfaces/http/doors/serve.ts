// Serves rows: finds out who calls, checks what came in, and answers. Every route goes through here, so no row can forget its gate.
import type { Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { z } from "zod";
import { problemsOf } from "../../../config/config.js";
import { isRefusal, type Refusal, refuse } from "../../../core/refusals.js";
import { type Actor, actorName } from "../../../core/swap.js";
import type { Supervisor } from "../../../engine/verbs/supervisor.js";
import { schemaVersion } from "../../view.js";
import { readBody, refused, unknownPath } from "../base/answers.js";
import { everyIssue } from "../base/error-shape.js";
import { headerOf } from "../base/headers.js";
import type { Call, Caller, Route } from "../base/route.js";

/** Who calls, or why that cannot be said. Null: a stranger, who may call what is for anyone. */
export type Identify = (c: Context) => Promise<Caller | Refusal | null>;

/** Keeps who asked for what was barred; the supervisor's `noteRefused`. */
export type NoteRefused = Supervisor["noteRefused"];

export function serveRoutes(app: Hono, rows: readonly Route[], identify: Identify, noteRefused: NoteRefused): void {
	for (const row of rows) {
		app.on(row.method.toUpperCase(), pathOf(row), (c) => respond(c, row, { identify, noteRefused }));
	}
	app.notFound((c) => {
		const methods = methodsAt(rows, c.req.path);
		return methods.length === 0 ? unknownPath(c) : wrongMethod(c, methods, identify);
	});
}

function methodsAt(rows: readonly Route[], asked: string): readonly string[] {
	const isAt = ({ path }: Route) =>
		new RegExp(`^${path.replaceAll(".", "\\.").replace(/\{\w+\}/g, "[^/]+")}$`).test(asked);
	return rows.filter(isAt).map(({ method }) => method.toUpperCase());
}

/** A stranger does not learn which paths there are. */
async function wrongMethod(c: Context, methods: readonly string[], identify: Identify): Promise<Response> {
	const caller = (await identify(c)) ?? refuse("token_missing");
	if (isRefusal(caller)) return refused(c, caller);
	const allowed = methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])).join(", ");
	c.header("allow", allowed);
	const problems = `there is no ${c.req.method} ${c.req.path}, it answers ${allowed}`;
	return refused(c, refuse("input_invalid", { problems }), 405);
}

/** As Hono writes it. */
export function pathOf({ path }: Route): string {
	return path.replace(/\{(\w+)\}/g, ":$1");
}

/** A stream that nobody is going to read ends here, with what it holds on to. */
async function withoutBody(answer: Response): Promise<Response> {
	await answer.body?.cancel();
	return new Response(null, answer);
}

interface Door {
	readonly identify: Identify;
	readonly noteRefused: NoteRefused;
}

async function respond(c: Context, row: Route, { identify, noteRefused }: Door): Promise<Response> {
	const caller = await identify(c);
	if (isRefusal(caller)) return refused(c, caller);
	const barred = bars(row, caller);
	if (barred !== null) {
		if (caller !== null) await noteRefused(attempt(c, row, { by: caller.actor, refusal: barred }));
		return refused(c, barred);
	}
	const call = await read(c, row, caller ?? nobody);
	const answer = isRefusal(call) ? call : await row.run(call as Call<never, never, never>, c);
	if (isRefusal(answer)) return refused(c, answer);
	if (answer instanceof Response) return c.req.method === "HEAD" ? withoutBody(answer) : answer;
	const status = (row.status ?? 200) as ContentfulStatusCode;
	return row.errors === undefined ? c.json({ schemaVersion, ...answer }, status) : c.json(answer, status);
}

const nobody: Caller = { actor: { surface: "api", id: "anonymous" }, role: "viewer", target: null, confined: true };

/** What is barred is refused before anything of the request is looked at. On the socket the supervisor itself refuses, and keeps who asked. */
function bars({ allow, summary }: Route, caller: Caller | null): Refusal | null {
	if (allow === "anyone") return null;
	if (caller === null) return refuse("token_missing");
	if (!caller.confined || allow.includes(caller.role)) return null;
	return refuse("not_authorised", { actor: actorName(caller.actor), verb: `ask "${summary}" of` });
}

/** The swap is the one that the path names, whether there is such a one or not. */
function attempt(c: Context, { method, path }: Route, who: { readonly by: Actor; readonly refusal: Refusal }) {
	const named = path.startsWith("/v1/swaps/{id}") ? c.req.param("id") : undefined;
	return { ...who, verb: `${method.toUpperCase()} ${path}`, swapId: named?.slice(0, 200) ?? null };
}

async function read(c: Context, row: Route, caller: Caller): Promise<Call | Refusal> {
	const query = row.query === undefined ? {} : checked(row.query, queryOf(c));
	if (isRefusal(query)) return query;
	const body =
		row.body === undefined ? {} : await readBody(c, row.body, row.errors === undefined ? undefined : everyIssue);
	if (isRefusal(body)) return body;
	const idempotencyKey = headerOf(c, "idempotency-key");
	return {
		caller,
		params: c.req.param(),
		query,
		body,
		// Asked for only by rows that wait: it makes the server build its whole request.
		get signal() {
			return c.req.raw.signal;
		},
		...(idempotencyKey === undefined ? {} : { idempotencyKey }),
	};
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
