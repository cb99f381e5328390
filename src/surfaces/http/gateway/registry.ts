// The rows of a registry: a workspace registers, says that it lives, and is looked at, which is no sign of life.
import { isRefusal } from "../../../core/refusals.js";
import type { WorkspaceActivity } from "../../../engine/verbs/agents.js";
import { isoOf } from "../../view.js";
import type { RouteOptions } from "../base/caller.js";
import { plainErrors } from "../base/error-shape.js";
import { type Route, route } from "../base/route.js";
import { agentsOnly, asAgent, tag } from "./agents.js";
import { activity, ok, registered, registration, workspaceHeartbeat } from "./bodies.js";

export function registryRoutes(options: RouteOptions): readonly Route[] {
	return [...saying(options), ...looking(options)];
}

function saying({ supervisor }: RouteOptions): readonly Route[] {
	return [
		route({
			method: "post",
			path: "/registry/register",
			tag,
			summary: "A workspace registers, which counts as presence; its token is bound to the run that registered",
			allow: agentsOnly,
			body: registration,
			answer: registered,
			errors: plainErrors,
			run: (call) =>
				asAgent(call, async (agent) => {
					const { workspace_id: named, id, runtime } = call.body;
					const made = await supervisor.registerAgentWorkspace(agent, { workspaceId: named ?? id ?? "", runtime });
					if (isRefusal(made)) return made;
					const { workspaceId, authToken, inboundSecret } = made;
					const secrets = { auth_token: authToken, platform_inbound_secret: inboundSecret };
					return { status: "registered" as const, workspace_id: workspaceId, ...secrets };
				}),
		}),
		route({
			method: "post",
			path: "/registry/heartbeat",
			tag,
			summary: "A workspace's sign of life: brings it back online",
			allow: agentsOnly,
			body: workspaceHeartbeat,
			answer: ok,
			errors: plainErrors,
			run: (call) =>
				asAgent(call, async (agent) => {
					const { workspace_id: workspaceId, error_rate: errorRate, sample_error: sampleError } = call.body;
					const { active_tasks: activeTasks, uptime_seconds: uptimeSeconds, current_task: currentTask } = call.body;
					const figures = { errorRate, sampleError, activeTasks, uptimeSeconds, currentTask };
					const refusal = await supervisor.workspaceHeartbeat(agent, { workspaceId, figures });
					return refusal ?? { status: "ok" as const };
				}),
		}),
	];
}

function looking({ supervisor }: RouteOptions): readonly Route[] {
	return [
		route({
			method: "get",
			path: "/workspaces/{id}/activity",
			tag,
			summary: "How a workspace stands; it is no sign of life",
			allow: agentsOnly,
			answer: activity,
			errors: plainErrors,
			run: (call) =>
				asAgent(call, async (agent) => {
					const found = await supervisor.workspaceActivity(agent, call.params.id);
					return isRefusal(found) ? found : activityOf(found);
				}),
		}),
	];
}

function activityOf({ workspace, errors }: WorkspaceActivity) {
	const { id, state, runtime, lastHeartbeatAtMs, errorRate, sampleError, activeTasks, uptimeSeconds, currentTask } =
		workspace;
	return {
		workspace_id: id,
		status: state,
		runtime,
		last_heartbeat_at: isoOf(lastHeartbeatAtMs),
		...{ error_rate: errorRate, sample_error: sampleError, active_tasks: activeTasks },
		...{ uptime_seconds: uptimeSeconds, current_task: currentTask },
		activity: errors.map(({ severity, message, atMs }) => ({
			type: "error" as const,
			severity,
			message,
			at: isoOf(atMs),
		})),
	};
}
