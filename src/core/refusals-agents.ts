// The refusals of connecting agents, and of what agents say: a part of the table in refusals.ts, in the same shape.

export const agentRefusals = {
	agent_in_error: {
		kind: "unauthenticated",
		message: "The agent {agent} is in error: it may only send a heartbeat.",
		next: "Send a heartbeat without a fatal error; it brings the agent back.",
	},
	agent_unknown: {
		kind: "not_found",
		message: "There is no agent {agent}.",
		next: "`deadman agents` shows them all; one appears with its token, or when it is heard.",
	},
	agent_task_unknown: {
		kind: "not_found",
		message: "The agent {agent} has no task {id} that could {move} now.",
		next: "Ask for its tasks, and go on from how they stand.",
	},
	agent_task_exists: {
		kind: "conflict",
		message: "There is a task {id} already, or too many of {agent}.",
		next: "Use a fresh id, or wait until some have ended.",
	},
	workspace_not_yours: {
		kind: "unauthenticated",
		message: "The token is not of the workspace {id}.",
		next: "Use the token that its registration was answered with; a program that was started anew registers anew.",
	},
	agent_file_invalid: {
		kind: "conflict",
		message: "{path} cannot be read: {problems}. Nothing was written.",
		next: "Correct it and run it again, or add `{entry}` by hand.",
	},
	agent_file_blocked: {
		kind: "conflict",
		message: "{path} cannot be written: {why}. Nothing was written.",
		next: "Put that right and run it again.",
	},
	agent_entry_foreign: {
		kind: "conflict",
		message: "{path} has {what} that deadman did not write. Nothing was written.",
		next: "Rename or remove it and run it again, or put `{entry}` there by hand.",
	},
} as const;
