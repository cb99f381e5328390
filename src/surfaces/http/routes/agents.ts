// The rows in which people see agents and give them tasks. What agents say themselves is the gateway's.
import { isRefusal } from "../../../core/refusals.js";
import type { RouteOptions } from "../base/caller.js";
import { operators, type Route, readers, route } from "../base/route.js";
import { agent, agentSummaryOf, agents, agentTaskOf, agentViewOf, assigned, assignment } from "../schemas/agents.js";

const tag = "agents";

export function agentRoutes({ supervisor }: RouteOptions): readonly Route[] {
	return [
		route({
			method: "get",
			path: "/v1/agents",
			tag,
			summary: "All agents, the one that was active last first",
			allow: readers,
			answer: agents,
			async run() {
				return { agents: (await supervisor.listAgents()).map(agentSummaryOf) };
			},
		}),
		route({
			method: "get",
			path: "/v1/agents/{name}",
			tag,
			summary: "One agent: how it stands, its task, its last errors, how far its program came",
			allow: readers,
			answer: agent,
			async run({ params }) {
				const found = await supervisor.showAgent(params.name);
				return isRefusal(found) ? found : { agent: agentViewOf(found) };
			},
		}),
		route({
			method: "post",
			path: "/v1/agents/{name}/tasks",
			tag,
			summary: "Give an agent a task",
			allow: operators,
			body: assignment,
			answer: assigned,
			status: 201,
			async run({ caller, params, body }) {
				const task = await supervisor.assignAgentTask({ ...body, by: caller.actor, agent: params.name });
				return isRefusal(task) ? task : { task: agentTaskOf(task) };
			},
		}),
	];
}
