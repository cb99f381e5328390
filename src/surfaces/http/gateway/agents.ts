// The rows of agents that report themselves: heartbeats, errors, and the tasks that they work on. With the paths, shapes and errors of the system
// whose programs speak them.
import type { Context } from "hono";
import type { AgentTask, TaskMove } from "../../../core/agents/task.js";
import { isRefusal, type Refusal, refuse } from "../../../core/refusals.js";
import type { AgentCaller } from "../../../engine/verbs/agents.js";
import type { RouteOptions } from "../base/caller.js";
import { type Call, type Route, route } from "../base/route.js";
import { acknowledged, agentError, heard, heartbeat, oneTask, taskMoved, tasks } from "./bodies.js";
import { agentErrors, heartbeatErrors } from "./shapes.js";

export const tag = "gateway";
export const agentsOnly = ["agent"] as const;

/** On the operators' socket nobody is an agent. */
export async function asAgent<T>(
	{ caller }: Pick<Call, "caller">,
	work: (agent: AgentCaller) => Promise<T>,
): Promise<T | Refusal> {
	return caller.agent === undefined ? refuse("token_rejected") : work(caller.agent);
}

export function agentRoutes(options: RouteOptions): readonly Route[] {
	return [...reporting(options), ...working(options)];
}

function reporting({ supervisor }: RouteOptions): readonly Route[] {
	return [
		route({
			method: "post",
			path: "/api/v1/agent/heartbeat",
			tag,
			summary: "An agent's heartbeat; a fatal error of a version on trial rolls it back at once",
			allow: agentsOnly,
			body: heartbeat,
			answer: heard,
			errors: heartbeatErrors,
			run: (call) =>
				asAgent(call, async (agent) => {
					const answer = await supervisor.agentHeartbeat(agent, call.body);
					if (isRefusal(answer)) return answer;
					return {
						acknowledged: true as const,
						...(answer.hasHighPriorityTasks ? { hasHighPriorityTasks: true as const } : {}),
					};
				}),
		}),
		route({
			method: "post",
			path: "/api/v1/agent/errors",
			tag,
			summary: "An error by itself: what a heartbeat carries is not sent here too",
			allow: agentsOnly,
			body: agentError,
			answer: acknowledged,
			errors: agentErrors,
			run: (call) =>
				asAgent(
					call,
					async (agent) => (await supervisor.agentError(agent, call.body)) ?? { acknowledged: true as const },
				),
		}),
	];
}

function working({ supervisor }: RouteOptions): readonly Route[] {
	return [
		route({
			method: "get",
			path: "/api/v1/agent/tasks",
			tag,
			summary: "The agent's tasks that are assigned, running, or wait to be taken up again",
			allow: agentsOnly,
			answer: tasks,
			errors: agentErrors,
			run: (call) =>
				asAgent(call, async (agent) => {
					const found = await supervisor.agentTasks(agent);
					return isRefusal(found) ? found : { tasks: found.map(taskOf) };
				}),
		}),
		...(Object.keys(summaries) as TaskMove[]).map((move) =>
			route({
				method: "post",
				path: `/api/v1/agent/tasks/{id}/${move}`,
				tag,
				summary: summaries[move],
				allow: agentsOnly,
				body: taskMoved,
				answer: oneTask,
				errors: agentErrors,
				run: (
					{ caller, params, body }: Call<{ readonly id: string }, unknown, { readonly message: string | null }>,
					_: Context,
				) =>
					asAgent({ caller }, async (agent) => {
						const moved = await supervisor.moveAgentTask(agent, { id: params.id, move, message: body.message });
						return isRefusal(moved) ? moved : { task: taskOf(moved) };
					}),
			}),
		),
	];
}

const summaries: Readonly<Record<TaskMove, string>> = {
	start: "The agent works on it",
	complete: "It is done",
	fail: "It failed: it waits to be taken up again, three times",
	retry: "The agent takes up again what failed",
};

export function taskOf({ id, title, state: status, priority, retries, progress, message }: AgentTask) {
	return { id, title, status, priority, retries, progress, message };
}
