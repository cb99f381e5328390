// How a row of another system says what went wrong. Its programs know no other shape, so everything that answers in its place has it too: guards,
// limits, and failures of ours.
import type { Context } from "hono";
import { z } from "zod";
import { refusals } from "../../../core/refusals.js";

/** The stable part of an error, on HTTP and on the command line alike. */
export interface ErrorView {
	readonly code: string;
	readonly message: string;
	readonly next: string;
}

export interface ErrorShape {
	/** Names its schema in the document. */
	readonly name: string;
	readonly schema: z.ZodType;
	body(error: ErrorView, status: number): object;
}

const codes: Readonly<Record<number, string>> = {
	400: "VALIDATION_ERROR",
	401: "UNAUTHORIZED",
	403: "FORBIDDEN",
	404: "NOT_FOUND",
	405: "METHOD_NOT_ALLOWED",
	409: "CONFLICT",
	413: "PAYLOAD_TOO_LARGE",
	429: "RATE_LIMITED",
};

/** `{"error": {"code", "message"}}`. `failed`: what a failure of ours is called, which tells nothing of it. */
export function codedErrors(failed: { readonly code: string; readonly message: string }): ErrorShape {
	return {
		name: "CodedError",
		schema: z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
		body: (error, status) => ({
			error: status >= 500 ? failed : { code: codes[status] ?? "ERROR", message: said(error) },
		}),
	};
}

/** `{"error": "..."}`. */
export const plainErrors: ErrorShape = {
	name: "PlainError",
	schema: z.object({ error: z.string() }),
	body: (error, status) => ({ error: status >= 500 ? "It failed inside." : said(error) }),
};

const [before = "", after = ""] = refusals.input_invalid.message.split("{problems}");

/** The issues of a bad body stand alone, as `path: message; ...`. */
function said({ code, message }: ErrorView): string {
	return code === "input_invalid" && message.startsWith(before)
		? message.slice(before.length, message.length - after.length)
		: message;
}

/** Every issue of a body, those within the ways of a union too, each with its whole path. */
export function everyIssue(error: z.ZodError): string {
	const lines = error.issues.flatMap((issue) => issuesIn(issue, []));
	return [...new Set(lines)].join("; ");
}

function issuesIn(issue: z.core.$ZodIssue, above: readonly PropertyKey[]): string[] {
	const path = [...above, ...issue.path];
	if (issue.code === "invalid_union" && issue.errors.length > 0) {
		return issue.errors.flatMap((ways) => ways.flatMap((inner) => issuesIn(inner, path)));
	}
	return [`${path.map(String).join(".") || "body"}: ${issue.message}`];
}

const shapes = new WeakMap<Context, ErrorShape>();

export function shapeOf(c: Context): ErrorShape | undefined {
	return shapes.get(c);
}

export function takeShape(c: Context, shape: ErrorShape): void {
	shapes.set(c, shape);
}
