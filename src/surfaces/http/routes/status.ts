// The rows that say how the supervisor itself stands, and what happens as it happens.
import { z } from "zod";
import type { RouteOptions } from "../caller.js";
import { streamEvents } from "../events.js";
import { everyone, type Route, route } from "../route.js";
import { status } from "../schemas.js";
import { sees } from "../scope.js";
import { statusViewOf } from "../status.js";

export function statusRoutes({ supervisor, view }: RouteOptions): readonly Route[] {
	return [
		route({
			method: "get",
			path: "/v1/status",
			tag: "supervisor",
			summary: "The supervisor, what is live, and the swap that matters now",
			allow: everyone,
			answer: status,
			async run({ caller }) {
				const found = await supervisor.status();
				const swap = found.swap !== null && sees(caller, found.swap) ? found.swap : null;
				const { supervisor: it, swap: shown } = statusViewOf({ ...found, swap }, view);
				return { supervisor: it, swap: shown };
			},
		}),
		route({
			method: "get",
			path: "/v1/events",
			tag: "facts",
			summary: "What happens, as it happens",
			allow: everyone,
			query: z.object({ swap: z.string().max(200).optional() }),
			answer: "application/x-ndjson",
			async run({ caller, query }, c) {
				return streamEvents(c, { supervisor, view, caller, only: query.swap ?? null });
			},
		}),
	];
}
