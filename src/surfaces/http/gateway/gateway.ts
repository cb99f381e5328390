// The gateway: every row that programs and agents of other systems speak to, and who they are.
import type { Context } from "hono";
import { type Refusal, refuse } from "../../../core/refusals.js";
import type { AgentCaller } from "../../../engine/verbs/agents.js";
import type { RouteOptions } from "../base/caller.js";
import { runTokenIn } from "../base/gateway-paths.js";
import { headerOf } from "../base/headers.js";
import type { Caller, Route } from "../base/route.js";
import { agentRoutes } from "./agents.js";
import { registryRoutes } from "./registry.js";
import { tenantRoutes } from "./tenants.js";

export function gatewayRoutes(options: RouteOptions): readonly Route[] {
	return [...agentRoutes(options), ...tenantRoutes(options), ...registryRoutes(options)];
}

/** As the header carries it; empty where there is one that carries nothing of the kind: nobody's. */
export function bearerIn(c: Context): string | null {
	const header = headerOf(c, "authorization");
	return header === undefined ? null : (/^Bearer +(\S{1,512})$/i.exec(header)?.[1] ?? "");
}

export function callerOfAgent(agent: AgentCaller): Caller {
	const actor = { surface: "program", id: agent.agent };
	return { actor, role: "agent", target: agent.target, confined: true, agent };
}

/** On the program's socket. */
export async function identifyAgent(
	{ supervisor }: Pick<RouteOptions, "supervisor">,
	c: Context,
): Promise<Caller | Refusal> {
	const found = await supervisor.agentOf({ path: runTokenIn(c), bearer: bearerIn(c) });
	return found === null ? refuse("token_rejected") : callerOfAgent(found);
}
