// The rows of what a rolled-back version wrote, and of what was asked for and refused.
import { z } from "zod";
import { isRefusal } from "../../../core/refusals.js";
import { auditViewOf } from "../../view.js";
import type { RouteOptions } from "../base/caller.js";
import { operators, type Route, readers, route } from "../base/route.js";
import { nothing } from "../schemas/bodies.js";
import { audits, data } from "../schemas/schemas.js";

export function dataRoutes({ supervisor }: RouteOptions): readonly Route[] {
	const changing = (verb: "Replay" | "Drop", summary: string) =>
		route({
			method: "post",
			path: `/v1/swaps/{id}/data/${verb.toLowerCase()}`,
			tag: "data",
			summary,
			allow: operators,
			body: nothing,
			answer: z.object({ data }),
			async run({ caller, params }) {
				const tables = await supervisor[`data${verb}`]({ id: params.id, by: caller.actor });
				return isRefusal(tables) ? tables : { data: [...tables] };
			},
		});
	return [
		route({
			method: "get",
			path: "/v1/swaps/{id}/data",
			tag: "data",
			summary: "What was set aside, per table",
			allow: readers,
			answer: z.object({ data }),
			async run({ params }) {
				const tables = await supervisor.dataShow(params.id);
				return isRefusal(tables) ? tables : { data: [...tables] };
			},
		}),
		changing("Replay", "Put inserted rows back that still fit"),
		changing("Drop", "Remove what was set aside, for good"),
		route({
			method: "get",
			path: "/v1/audits",
			tag: "facts",
			summary: "What was asked for and refused, and who was given access, newest first",
			allow: readers,
			query: z.object({ swap: z.string().max(200).optional() }),
			answer: z.object({ audits }),
			async run({ query }) {
				return { audits: (await supervisor.audits(query.swap ?? null)).map(auditViewOf) };
			},
		}),
	];
}
