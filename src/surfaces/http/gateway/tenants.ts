// The rows by which a hosted program tells how far it came. Whose milestone it is, the supervisor knows by who says it: no body names it.

import type { Refusal } from "../../../core/refusals.js";
import type { AgentCaller } from "../../../engine/verbs/agents.js";
import type { RouteOptions } from "../base/caller.js";
import { plainErrors } from "../base/error-shape.js";
import { type Route, route } from "../base/route.js";
import { agentsOnly, asAgent, tag } from "./agents.js";
import { agentReady, firstMessageSent } from "./bodies.js";

export function tenantRoutes({ supervisor }: RouteOptions): readonly Route[] {
	const noContent = (agent: AgentCaller, reached: (agent: AgentCaller) => Promise<Refusal | null>) =>
		reached(agent).then((refusal) => refusal ?? new Response(null, { status: 204 }));
	return [
		route({
			method: "post",
			path: "/v1/tenant_status/agent_ready",
			tag,
			summary: "A channel has really connected: ends the wait of a version that starts",
			allow: agentsOnly,
			body: agentReady,
			answer: "none",
			status: 204,
			errors: plainErrors,
			run: (call) =>
				asAgent(call, (agent) => noContent(agent, (who) => supervisor.agentReady(who, call.body.transport))),
		}),
		route({
			method: "post",
			path: "/v1/tenant_status/first_dm_sent",
			tag,
			summary: "The first message went out: the one signal that counts as live",
			allow: agentsOnly,
			body: firstMessageSent,
			answer: "none",
			status: 204,
			errors: plainErrors,
			run: (call) =>
				asAgent(call, (agent) =>
					noContent(agent, (who) => supervisor.firstMessageSent(who, call.body.slack_message_ts)),
				),
		}),
	];
}
