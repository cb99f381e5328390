// One header of a request, as node has parsed it: asking Hono for it builds a whole Headers object for every request.
import type { IncomingHttpHeaders } from "node:http";
import type { Context } from "hono";

/** `name` in lower case. Requests that came over no socket are asked in Hono's way. */
export function headerOf(c: Context, name: string): string | undefined {
	const { incoming } = (c.env ?? {}) as { readonly incoming?: { readonly headers: IncomingHttpHeaders } };
	const value = incoming === undefined ? c.req.header(name) : incoming.headers[name];
	return Array.isArray(value) ? value.join(", ") : value;
}
