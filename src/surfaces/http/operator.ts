// The operators' door: every row of the interface, on a socket whose file permissions are the authority.
import type { Hono } from "hono";
import { createApp } from "./answers.js";
import { callerOnSocket, type RouteOptions } from "./caller.js";
import { routesOf } from "./routes.js";
import { serveRoutes } from "./serve.js";

export function createOperatorApp(options: RouteOptions): Hono {
	const app = createApp(options);
	serveRoutes(app, routesOf(options), async (c) => callerOnSocket(c));
	return app;
}
