// An error as HTTP says it: problem+json (RFC 9457), with the error of ours as the command line reads it beside its members.
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { schemaVersion } from "../../view.js";
import { type ErrorView, shapeOf } from "./error-shape.js";

export type { ErrorView } from "./error-shape.js";

export const problemType = "application/problem+json";

const titles: Readonly<Record<number, string>> = {
	400: "The request is not valid",
	401: "No valid token",
	403: "Not allowed",
	404: "Not found",
	405: "Not for this method",
	409: "Not as things stand",
	413: "Too large",
	429: "Too many requests",
	500: "Failed inside the supervisor",
};

export function problem(c: Context, error: ErrorView, status: ContentfulStatusCode): Response {
	const shape = shapeOf(c);
	if (shape !== undefined) return c.json(shape.body(error, status), status);
	const title = titles[status] ?? "Refused";
	const members = { type: `urn:deadman:${error.code}`, title, status, detail: error.message };
	return c.body(JSON.stringify({ schemaVersion, ...members, error }), status, { "content-type": problemType });
}
