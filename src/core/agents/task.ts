// An agent's task: its states, who may move it from where, and how often one that failed is handed out again.

export const taskStates = ["pending", "assigned", "running", "completed", "failed"] as const;

export type TaskState = (typeof taskStates)[number];

/** Being worked on: what a fatal of its agent fails. */
export const activeStates = ["assigned", "running"] as const satisfies readonly TaskState[];

export const taskRetries = 3;

export const fatalTaskMessage = "Agent fatal error";

export interface AgentTask {
	readonly id: string;
	readonly agentId: string;
	readonly title: string;
	readonly priority: "normal" | "high";
	readonly state: TaskState;
	/** How often it failed and was handed out again. */
	readonly retries: number;
	/** As its agent counts it; null: it has said nothing. */
	readonly progress: number | null;
	/** Why it failed last; null: it did not. */
	readonly message: string | null;
	readonly createdAtMs: number;
	readonly updatedAtMs: number;
}

export type TaskMove = "start" | "complete" | "fail" | "retry";

const from: Readonly<Record<TaskMove, readonly TaskState[]>> = {
	start: ["assigned"],
	complete: activeStates,
	fail: activeStates,
	retry: ["pending"],
};

/** The task after the move; null where it does not stand where it could be moved so. One that failed waits to be taken up again, three times. */
export function movedTask(
	task: AgentTask,
	move: TaskMove,
	{ message, atMs }: { readonly message: string | null; readonly atMs: number },
): AgentTask | null {
	if (!from[move].includes(task.state)) return null;
	const moved = { ...task, updatedAtMs: atMs };
	switch (move) {
		case "start":
			return { ...moved, state: "running" };
		case "complete":
			return { ...moved, state: "completed" };
		case "retry":
			return { ...moved, state: "assigned", progress: null };
		case "fail":
			if (task.retries >= taskRetries) return { ...moved, state: "failed", message };
			return { ...moved, state: "pending", retries: task.retries + 1, message };
	}
}
