// The rows that say how the supervisor itself stands. What happens as it happens is in events.ts.
import type { SupervisorStatus } from "../../../engine/verbs/supervisor.js";
import type { RouteOptions } from "../base/caller.js";
import { type Caller, everyone, type Route, route } from "../base/route.js";
import { isOwn, sees } from "../base/scope.js";
import { status } from "../schemas/schemas.js";
import { statusViewOf } from "../schemas/status.js";

export function statusRoutes({ supervisor, view, tcpAddress }: RouteOptions): readonly Route[] {
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
				const { supervisor: it, swap: shown } = statusViewOf(
					{
						...found,
						swap,
						channels: channelsFor(caller, found.channels),
						builders: found.builders.filter(({ name }) => isOwn(caller, name)),
						agents: caller.role === "builder" ? [] : found.agents,
						// The operator's folders and branches are nobody else's business.
						unsettled: caller.role === "operator" ? found.unsettled : [],
						ahead: caller.role === "operator" ? found.ahead : null,
					},
					view,
					tcpAddress?.() ?? null,
				);
				return { supervisor: it, swap: shown };
			},
		}),
	];
}

/** The address of the local page is a key to it: who may not decide does not learn it, nor what services say of us. */
function channelsFor({ role }: Caller, channels: SupervisorStatus["channels"]): SupervisorStatus["channels"] {
	const closed = { address: null, error: null, lastRefusal: null };
	return role === "operator" ? channels : channels.map((channel) => ({ ...channel, ...closed }));
}
