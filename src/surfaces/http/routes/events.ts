// The row of what happens, as it happens: server-sent events with resume for whoever asks for them, lines of JSON for the command line.
import type { Context } from "hono";
import { z } from "zod";
import { isRefusal, type Refusal, refuse } from "../../../core/refusals.js";
import type { RouteOptions } from "../base/caller.js";
import { type Caller, everyone, type Route, route } from "../base/route.js";
import { seenSwap } from "../base/scope.js";
import { streamEvents } from "../streams/events.js";
import { startOf, streamFacts, wantsEvents } from "../streams/sse.js";
import { createStreamPlaces } from "../streams/stream-places.js";

const lastEventHeader = "last-event-id";

const eventsQuery = z.object({ swap: z.string().max(200).optional(), lastEventId: z.string().optional() });

interface Asked {
	readonly caller: Caller;
	readonly only: string | null;
	/** The header's, which counts, and the query's. */
	readonly ids: readonly (string | undefined)[];
}

export function eventRoutes(options: RouteOptions): readonly Route[] {
	const places = createStreamPlaces();

	async function stream(c: Context, asked: Asked): Promise<Response | Refusal> {
		const { caller, only, ids } = asked;
		if (!wantsEvents(c)) return ids.some((id) => id !== undefined) ? linesWithId : lines(c, asked);
		const swap = only === null ? null : await seenSwap(options.supervisor, caller, only);
		if (isRefusal(swap)) return swap;
		const end = await options.supervisor.feedEnd();
		const after = startOf(ids, end);
		if (isRefusal(after)) return after;
		const release = places.take(caller);
		if (isRefusal(release)) return release;
		return streamFacts(c, { ...options, caller, only: swap?.id ?? null, after, end, release });
	}

	function lines(c: Context, { caller, only }: Asked): Response | Refusal {
		const release = places.take(caller);
		if (isRefusal(release)) return release;
		return streamEvents(c, { ...options, caller, only, release });
	}

	return [
		route({
			method: "get",
			path: "/v1/events",
			tag: "facts",
			summary: "What happens, as it happens",
			allow: everyone,
			query: eventsQuery,
			answer: "text/event-stream",
			async run({ caller, query }, c) {
				return stream(c, { caller, only: query.swap ?? null, ids: [c.req.header(lastEventHeader), query.lastEventId] });
			},
		}),
	];
}

const linesWithId = refuse("input_invalid", { problems: "a last event id goes with `accept: text/event-stream` only" });
