// The operators' door: every row of the interface, on a socket whose file permissions are the authority.
import type { Hono, MiddlewareHandler } from "hono";
import { createApp } from "../base/answers.js";
import { callerOnSocket, type RouteOptions } from "../base/caller.js";
import { shaping } from "../gateway/shapes.js";
import { routesOf } from "../routes/routes.js";
import { serveRoutes } from "./serve.js";

/** `mount` adds what is no row. */
/** `before`: what is asked before anything of a request is looked at. */
export function createOperatorApp(
	options: RouteOptions & { readonly before?: readonly MiddlewareHandler[] },
	mount: (app: Hono) => void = () => {},
): Hono {
	const app = createApp({ ...options, before: [shaping, ...(options.before ?? [])] });
	serveRoutes(app, routesOf(options), async (c) => callerOnSocket(c), options.supervisor.noteRefused);
	mount(app);
	return app;
}
