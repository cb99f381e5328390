// The refusals of connecting agents: a part of the table in refusals.ts, in the same shape.

export const agentRefusals = {
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
