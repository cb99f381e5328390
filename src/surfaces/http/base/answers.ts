// How every HTTP surface answers: one envelope, one error shape, one way to read a body. Knows no route.
import type { Context, MiddlewareHandler } from "hono";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { z } from "zod";
import { problemsOf } from "../../../config/config.js";
import { limits } from "../../../core/limits.js";
import { isRefusal, type Refusal, type RefusalKind, refuse } from "../../../core/refusals.js";
import type { Log, Scrub } from "../../../ports/ports.js";
import { schemaVersion } from "../../view.js";
import { barePath } from "./gateway-paths.js";
import { headerOf } from "./headers.js";
import { type ErrorView, problem } from "./problem.js";

export type { ErrorView } from "./problem.js";

export const statusOf: Readonly<Record<RefusalKind, ContentfulStatusCode>> = {
	usage: 400,
	not_found: 404,
	not_allowed: 403,
	unauthenticated: 401,
	conflict: 409,
	too_many: 429,
};

export function refused(c: Context, refusal: Refusal, status = statusOf[refusal.kind]): Response {
	const { code, message, next } = refusal;
	// The same number for programs, which read no sentences.
	const wait = refusal.kind === "too_many" ? /^Wait (\d+) s/.exec(next)?.[1] : undefined;
	if (wait !== undefined) c.header("retry-after", wait);
	return problem(c, { code, message, next }, status);
}

/** A refusal becomes an error, anything else goes into the envelope. */
export function answer<T>(c: Context, result: T | Refusal, wrap: (value: T) => object): Response {
	return isRefusal(result) ? refused(c, result) : c.json({ schemaVersion, ...wrap(result) });
}

/** An absent body reads as `{}`. */
export async function readBody<S extends z.ZodType>(
	c: Context,
	schema: S,
	issuesOf: (error: z.ZodError) => string = problemsOf,
): Promise<z.output<S> | Refusal> {
	const text = await c.req.text();
	let value: unknown;
	try {
		value = text.trim() === "" ? {} : JSON.parse(text);
	} catch {
		return refuse("input_invalid", { problems: "the body is no JSON" });
	}
	const result = schema.safeParse(value);
	return result.success ? result.data : refuse("input_invalid", { problems: issuesOf(result.error) });
}

interface AppOptions {
	readonly log: Log;
	/** Keeps secrets out of failures. */
	readonly scrub: Scrub;
	/** What is asked before anything of a body is read. */
	readonly before?: readonly MiddlewareHandler[];
}

/** An app with the limits and the error answers that every socket has. */
export function createApp(options: AppOptions): Hono {
	const app = new Hono({ getPath: barePath });
	for (const guard of options.before ?? []) app.use(guard);
	app.use(limitBody);
	app.notFound(unknownPath);
	app.onError((error, c) => {
		if (hungUp(error)) return c.body(null, 400);
		options.log.error("request_failed", { method: c.req.method, path: c.req.routePath, error: String(error.stack) });
		return problem(c, internalError(options.scrub(error.message)), 500);
	});
	return app;
}

export function unknownPath(c: Context): Response {
	return refused(c, refuse("input_invalid", { problems: `there is no ${c.req.method} ${c.req.path}` }), 404);
}

const countedBody = bodyLimit({ maxSize: limits.requestBytes, onError: (c) => refused(c, tooLarge, 413) });

/** A declared length is believed, node reads no more than that; only a body in chunks is counted. */
const limitBody: MiddlewareHandler = async (c, next) => {
	if (headerOf(c, "transfer-encoding") !== undefined) return countedBody(c, next);
	if (Number(headerOf(c, "content-length") ?? 0) > limits.requestBytes) return refused(c, tooLarge, 413);
	await next();
};

/** The other side went away in the middle of its request: nobody reads an answer, and nothing failed here. */
function hungUp(error: NodeJS.ErrnoException): boolean {
	return error.code === "ECONNRESET" && error.message === "aborted";
}

const tooLarge = refuse("input_invalid", { problems: `the body is larger than ${limits.requestBytes} bytes` });

function internalError(message: string): ErrorView {
	return {
		code: "internal",
		message: `It failed inside the supervisor: ${message}`,
		next: "The supervisor's log says more; the swap itself is safe, `deadman status` shows it.",
	};
}
