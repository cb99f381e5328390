// What people are shown of agents, and the tasks that they give them.
import type { AgentTask } from "../../core/agents/task.js";
import { limits } from "../../core/limits.js";
import { isRefusal, type Refusal, refuse } from "../../core/refusals.js";
import { actorName } from "../../core/swap.js";
import type { ListedAgent } from "../../ports/ports.js";
import type { Audit } from "../base/audit.js";
import type { Engine } from "../base/context.js";
import type { AgentDetails, AgentReadings, AgentSummary } from "../verbs/agents.js";
import type { Contacts } from "./contacts.js";
import type { Hearing } from "./hearing.js";
import type { Tasks } from "./tasks.js";

interface ReadingParts {
	readonly engine: Engine;
	readonly contacts: Contacts;
	readonly hearing: Hearing;
	readonly tasks: Tasks;
	readonly audit: Audit;
}

export function createAgentReadings({ engine, contacts, hearing, tasks, audit }: ReadingParts): AgentReadings {
	const { clock, journal, scrub } = engine.ports;

	function summaryOf(agent: ListedAgent): AgentSummary {
		const { id: name, target, status, release, lastSeenAtMs } = agent;
		const lastActiveAtMs = contacts.lastActiveMs(agent);
		return { name, target, status, release, present: contacts.isPresent(agent), lastActiveAtMs, lastSeenAtMs };
	}

	async function show(name: string): Promise<AgentDetails | Refusal> {
		const agent = await journal.agent(name);
		if (agent === null) return refuse("agent_unknown", { agent: JSON.stringify(name.slice(0, 80)) });
		const [errors, open, installations, workspaces] = await Promise.all([
			journal.agentErrors({ agentId: name, limit: limits.agentErrorsListed }),
			tasks.of(name),
			journal.installations(),
			journal.registeredWorkspaces(name),
		]);
		const { reason, statusSinceMs, capabilities, hardware, taskId, target } = agent;
		return {
			...summaryOf(agent),
			...{ reason, statusSinceMs, capabilities, hardware },
			task: open.find(({ id }) => id === taskId) ?? null,
			tasks: open,
			errors,
			installation: installations.find((one) => one.target === target) ?? null,
			workspaces: workspaces.map(({ tokenSha256: _, ...workspace }) => workspace),
			throttled: hearing.throttled(name),
		};
	}

	async function assign(request: Parameters<AgentReadings["assignAgentTask"]>[0]): Promise<AgentTask | Refusal> {
		const { by, agent: agentId, id, title, priority } = request;
		if (by.surface === "builder" || by.surface === "program") {
			return refuse("not_authorised", { actor: actorName(by), verb: "give an agent a task as if it approved" });
		}
		if ((await journal.agent(agentId)) === null)
			return refuse("agent_unknown", { agent: JSON.stringify(agentId.slice(0, 80)) });
		const taken = refuse("agent_task_exists", { id: JSON.stringify(id), agent: agentId });
		if ((await tasks.of(agentId)).length >= limits.agentTasks) return taken;
		const atMs = Math.round(clock.now().wallMs);
		const fresh = { state: "assigned", retries: 0, progress: null, message: null } as const;
		const task: AgentTask = {
			id,
			agentId,
			title: scrub(title),
			priority,
			...fresh,
			createdAtMs: atMs,
			updatedAtMs: atMs,
		};
		try {
			await journal.assignTask(task);
			return task;
		} catch (error) {
			if ((error as { readonly code?: string }).code?.startsWith("SQLITE_CONSTRAINT") === true) return taken;
			throw error;
		}
	}

	return {
		listAgents: async (limit = limits.agentsListed) => (await journal.agents(limit)).map(summaryOf).sort(newestFirst),
		showAgent: show,
		async assignAgentTask(request) {
			const answer = await assign(request);
			if (isRefusal(answer))
				await audit({ swapId: null, by: request.by, verb: "assign", refusal: answer, shown: null });
			return answer;
		},
	};
}

function newestFirst(one: AgentSummary, other: AgentSummary): number {
	return other.lastActiveAtMs - one.lastActiveAtMs || (one.name < other.name ? -1 : 1);
}
