// The refusals of channels and of the program that delivers its own cards: a part of the table in refusals.ts, in the same shape.

export const programRefusals = {
	channel_unknown: {
		kind: "not_found",
		message: "There is no channel {name}.",
		next: "Name one of: {known}.",
	},
	app_channel_missing: {
		kind: "conflict",
		message: "No channel is delivered by the program.",
		next: 'Add a channel of kind "app" to `delivery` in the configuration.',
	},
	program_not_current: {
		kind: "conflict",
		message: "This program is not the one that delivers now.",
		next: "Ask again in a second; the version that runs, or the one on trial, takes the messages.",
	},
	message_unknown: {
		kind: "not_found",
		message: "This program was not given the message {id}, or it was answered already.",
		next: "Take the next one.",
	},
	verdict_elsewhere: {
		kind: "not_allowed",
		message: "{verb} does not count from the program's own channel: no version decides about itself.",
		next: "Decide {id} where the supervisor itself asks: {where}.",
	},
	node_missing: {
		kind: "conflict",
		message: "The program asks for Node {wanted}, and {why}.",
		next: "Install it, or name another by `program.node` in the configuration.",
	},
	npmrc_unusable: {
		kind: "conflict",
		message: "The file {path}, which `install.npmrc` names, cannot be used: {why}.",
		next: "Put it where git does not track it and the supervisor can read it, such as /etc/deadman/npmrc.",
	},
	install_secret_missing: {
		kind: "conflict",
		message: "The install needs the secret {name}, and it is not there: {why}.",
		next: "Set it where `install.secrets` says it stands, then submit again.",
	},
} as const;
