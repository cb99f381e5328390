// The rows for what watches the supervisor from outside: does it serve, and may one rely on what runs? Strangers may ask, so they say no more.
import { z } from "zod";
import type { SupervisorStatus } from "../../../engine/verbs/supervisor.js";
import { schemaVersion } from "../../view.js";
import type { RouteOptions } from "../base/caller.js";
import { type Route, route } from "../base/route.js";

const tag = "supervisor";

export function healthRoutes({ supervisor }: RouteOptions): readonly Route[] {
	return [
		route({
			method: "get",
			path: "/healthz",
			tag,
			summary: "Whether the supervisor serves, and can decide",
			allow: "anyone",
			answer: z.object({ status: z.enum(["ok", "unhealthy"]), reason: z.string().optional() }),
			unready: "It cannot decide now; `reason` says why.",
			async run(_, c) {
				const reason = await supervisor.unhealthy();
				if (reason === null) return { status: "ok" as const };
				return c.json({ schemaVersion, status: "unhealthy", reason }, 503);
			},
		}),
		route({
			method: "get",
			path: "/readyz",
			tag,
			summary: "Whether a version is live and has proven itself",
			allow: "anyone",
			answer: z.object({ status: z.enum(["ready", "unready"]), reason: z.string().nullable() }),
			unready: "Something is wrong; `reason` says what kind of thing.",
			async run(_, c) {
				const reason = unreadyFor(await supervisor.status());
				if (reason === null) return { status: "ready" as const, reason };
				return c.json({ schemaVersion, status: "unready", reason }, 503);
			},
		}),
	];
}

function unreadyFor({ live, program, targets, swap }: SupervisorStatus): string | null {
	if (live === null) return "no version is live yet";
	if (swap?.status === "stranded") return "a rollback needs a person";
	if ([program, ...targets.map((target) => target.program)].some(({ state }) => state === "backing_off")) {
		return "a program keeps ending";
	}
	return program.proven ? null : "the program has not proven itself";
}
