// How every HTTP surface answers: one envelope, one error shape, one way to read a body. Knows no route.
import type { Context } from "hono";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { z } from "zod";
import { problemsOf } from "../../config.js";
import { limits } from "../../core/limits.js";
import { isRefusal, type Refusal, type RefusalKind, refuse } from "../../core/refusals.js";
import type { Log, Scrub } from "../../ports.js";
import { schemaVersion } from "../view.js";

/** The stable part of an error, on HTTP and on the command line alike. */
export interface ErrorView {
	readonly code: string;
	readonly message: string;
	readonly next: string;
}

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
	return c.json({ schemaVersion, error: { code, message, next } satisfies ErrorView }, status);
}

/** A refusal becomes an error, anything else goes into the envelope. */
export function answer<T>(c: Context, result: T | Refusal, wrap: (value: T) => object): Response {
	return isRefusal(result) ? refused(c, result) : c.json({ schemaVersion, ...wrap(result) });
}

/** An absent body reads as `{}`. */
export async function readBody<S extends z.ZodType>(c: Context, schema: S): Promise<z.output<S> | Refusal> {
	const text = await c.req.text();
	let value: unknown;
	try {
		value = text.trim() === "" ? {} : JSON.parse(text);
	} catch {
		return refuse("input_invalid", { problems: "the body is no JSON" });
	}
	const result = schema.safeParse(value);
	return result.success ? result.data : refuse("input_invalid", { problems: problemsOf(result.error) });
}

/** An app with the limits and the error answers that every socket has. `scrub` keeps secrets out of failures. */
export function createApp(options: { readonly log: Log; readonly scrub: Scrub }): Hono {
	const app = new Hono();
	app.use(bodyLimit({ maxSize: limits.requestBytes, onError: (c) => refused(c, tooLarge, 413) }));
	app.notFound((c) => {
		return refused(c, refuse("input_invalid", { problems: `there is no ${c.req.method} ${c.req.path}` }), 404);
	});
	app.onError((error, c) => {
		options.log.error("request_failed", { method: c.req.method, path: c.req.routePath, error: String(error.stack) });
		return c.json({ schemaVersion, error: internalError(options.scrub(error.message)) }, 500);
	});
	return app;
}

const tooLarge = refuse("input_invalid", { problems: `the body is larger than ${limits.requestBytes} bytes` });

function internalError(message: string): ErrorView {
	return {
		code: "internal",
		message: `It failed inside the supervisor: ${message}`,
		next: "The supervisor's log says more; the swap itself is safe, `deadman status` shows it.",
	};
}
