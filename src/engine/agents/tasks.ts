// Tasks of agents: taken up, ended, failed; and failed all together when their agent reports a fatal.

import type { AgentTask } from "../../core/agents/task.js";
import { activeStates, fatalTaskMessage, type TaskMove } from "../../core/agents/task.js";
import { limits } from "../../core/limits.js";
import { type Refusal, refuse } from "../../core/refusals.js";
import type { Engine } from "../base/context.js";
import { causeFrom } from "../base/effects.js";

export interface FanOut {
	readonly attempted: number;
	readonly failed: number;
}

export interface Tasks {
	/** One after the other; one that cannot be failed keeps none of the others. */
	failAll(request: {
		readonly agentId: string;
		readonly ids: readonly string[];
		readonly message: string;
	}): Promise<FanOut>;
	/** Of agents in error whose tasks an earlier life did not come to fail. */
	failStranded(): Promise<void>;
	of(agentId: string): Promise<readonly AgentTask[]>;
	move(
		agentId: string,
		request: { readonly id: string; readonly move: TaskMove; readonly message: string | null },
	): Promise<AgentTask | Refusal>;
}

export function createTasks({ ports }: Engine): Tasks {
	const { clock, journal, log, scrub } = ports;

	const failAll: Tasks["failAll"] = async ({ agentId, ids, message }) => {
		let failed = 0;
		for (const id of ids) {
			try {
				await journal.moveTask({
					agentId,
					id,
					move: "fail",
					message: message || fatalTaskMessage,
					atMs: clock.now().wallMs,
				});
			} catch (error) {
				failed += 1;
				log.error("agent.task_stays", { agentId, taskId: id, cause: causeFrom(error, null, scrub) });
			}
		}
		if (ids.length > 0) log.info("agent.tasks_failed", { agentId, attempted: ids.length, failed });
		return { attempted: ids.length, failed };
	};

	async function failStranded(): Promise<void> {
		for (const agentId of await journal.strandedAgents()) {
			const tasks = await journal.agentTasks({ agentId, states: activeStates, limit: limits.agentTasks });
			await failAll({ agentId, ids: tasks.map(({ id }) => id), message: fatalTaskMessage });
		}
	}

	return {
		failAll,
		failStranded,
		of: (agentId) => journal.agentTasks({ agentId, states: ["pending", ...activeStates], limit: limits.agentTasks }),
		async move(agentId, { id, move, message }) {
			const text = message === null ? null : scrub(message);
			const moved = await journal.moveTask({ agentId, id, move, message: text, atMs: clock.now().wallMs });
			return moved ?? refuse("agent_task_unknown", { agent: agentId, id: JSON.stringify(id.slice(0, 80)), move });
		},
	};
}
