// The door over TCP: the same rows as on the socket, for those who carry a token. Its callers are confined: rows bar other roles.
import type { Hono } from "hono";
import type { HttpSettings } from "../../../config/http.js";
import { createApp } from "../base/answers.js";
import type { RouteOptions } from "../base/caller.js";
import { shaping } from "../gateway/shapes.js";
import { routesOf } from "../routes/routes.js";
import { serveRoutes } from "./serve.js";
import type { Sessions } from "./sessions.js";
import { createGuard, type Guard } from "./tcp-guard.js";

export interface TcpOptions extends RouteOptions {
	readonly http: HttpSettings;
	readonly sessions: Sessions;
}

/** `mount` adds what is no row: behind the same guard, whose `callerOf` says who calls. A stranger's null is to be refused there. */
export function createTcpApp(options: TcpOptions, mount: (app: Hono, guard: Guard) => void = () => {}): Hono {
	const { supervisor, log } = options;
	const guard = createGuard(options);
	// What failed inside is the operators' to read, in the log.
	const app = createApp({ log, scrub: () => "the log says why.", before: [shaping, ...guard.middleware] });
	serveRoutes(app, routesOf(options), async (c) => guard.callerOf(c), supervisor.noteRefused);
	mount(app, guard);
	return app;
}
