// The rows of the workspaces in which builders edit. A builder has its own and is not told of others.
import { z } from "zod";
import { isRefusal } from "../../../core/refusals.js";
import { outOfBounds } from "../base/bounds.js";
import type { RouteOptions } from "../base/caller.js";
import { everyone, makers, type Route, route } from "../base/route.js";
import { workspace as workspaceBody } from "../schemas/bodies.js";
import { workspace } from "../schemas/schemas.js";

export function workspaceRoutes({ supervisor }: RouteOptions): readonly Route[] {
	const tag = "workspaces";
	return [
		route({
			method: "get",
			path: "/v1/workspaces",
			tag,
			summary: "All workspaces",
			allow: everyone,
			answer: z.object({ workspaces: z.array(workspace) }),
			async run({ caller }) {
				return { workspaces: [...(await supervisor.listWorkspaces(caller.actor))] };
			},
		}),
		route({
			method: "post",
			path: "/v1/workspaces",
			tag,
			summary: "Make a workspace off the live version",
			allow: makers,
			body: workspaceBody,
			answer: z.object({ workspace }),
			async run({ caller, body }) {
				const made =
					(await outOfBounds(supervisor, caller, { verb: "create workspaces", target: body.target })) ??
					(await supervisor.createWorkspace({ ...body, by: caller.actor }));
				return isRefusal(made) ? made : { workspace: made };
			},
		}),
		route({
			method: "delete",
			path: "/v1/workspaces/{name}",
			tag,
			summary: "Remove a workspace and its branch",
			allow: makers,
			answer: z.object({ removed: z.string() }),
			async run({ caller, params }) {
				const { name } = params;
				return (await supervisor.removeWorkspace(name, caller.actor)) ?? { removed: name };
			},
		}),
	];
}
