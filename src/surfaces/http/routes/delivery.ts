// The row through which platforms post to their channel. It has no token: the channel verifies the signature, of the bytes as they came.
import type { Context } from "hono";
import type { Reply } from "../../../ports/ports.js";
import { unknownPath } from "../base/answers.js";
import type { RouteOptions } from "../base/caller.js";
import { markForged } from "../base/forged.js";
import { type Route, route } from "../base/route.js";

const path = "/v1/delivery/{channel}";

export function deliveryRoutes({ supervisor }: RouteOptions): readonly Route[] {
	return [
		route({
			method: "post",
			path,
			tag: "delivery",
			summary:
				"What a chat platform posts to the channel of this name; its signature is verified, no token is asked for",
			allow: "anyone",
			answer: "*/*",
			run: async ({ params }, c) => handed(c, params.channel),
		}),
		route({
			method: "get",
			path,
			tag: "delivery",
			summary: "A platform's handshake with the channel of this name",
			allow: "anyone",
			answer: "*/*",
			run: async ({ params }, c) => handed(c, params.channel),
		}),
	];

	async function handed(c: Context, channel: string): Promise<Response> {
		const { pathname, search } = new URL(c.req.url);
		const body = new Uint8Array(await c.req.arrayBuffer());
		const request = { method: c.req.method, url: `${pathname}${search}`, headers: c.req.header(), body };
		const reply = await supervisor.receive(channel, request);
		if (reply === null) return unknownPath(c);
		if (reply.forged === true) markForged(c);
		return responseOf(reply);
	}
}

/** These three may have no body. */
function responseOf({ status, headers, body }: Reply): Response {
	return new Response([204, 205, 304].includes(status) ? null : (body as ConstructorParameters<typeof Response>[0]), {
		status,
		headers,
	});
}
