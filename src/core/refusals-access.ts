// The refusals of tokens and of the doors: a part of the table in refusals.ts, in the same shape.

export const accessRefusals = {
	token_rejected: {
		kind: "unauthenticated",
		message: "The token is not one that may be used here.",
		next: "`deadman token list` names those in force; `deadman token create` makes one.",
	},
	identity_unproven: {
		kind: "not_allowed",
		message: "This request says that it is {actor}, and its caller has not proved that.",
		next: "Create the empty file {path} as that user and send it again with its name as deadman-proof; `deadman` does so by itself.",
	},
	people_not_apart: {
		kind: "conflict",
		message:
			'The policy wants builders and approvers kept apart (`separation: "required"`), and here nobody can tell them apart: {why}.',
		next: "Give the program, and whoever builds, a user of their own, or leave `policy.separation` out.",
	},
	token_forbidden: {
		kind: "not_allowed",
		message: "{actor} may not {verb} tokens.",
		next: "Ask one of: {who}; builders, programs and chats never give out access.",
	},
	prune_forbidden: {
		kind: "not_allowed",
		message: "{actor} may not remove what the supervisor keeps.",
		next: "Ask one of: {who}.",
	},
	token_exists: {
		kind: "conflict",
		message: "A token for {name} is in force already ({id}).",
		next: "`deadman token revoke {id}` first, or use another name.",
	},
	token_unknown: {
		kind: "not_found",
		message: "No token {id} is in force.",
		next: "`deadman token list` shows them all; give the id or the whole name.",
	},
	token_limit: {
		kind: "conflict",
		message: "{limit} tokens are in force: no more are given.",
		next: "Revoke those that nobody uses: `deadman token revoke ID`.",
	},
	token_bound: {
		kind: "not_allowed",
		message: "The token of {actor} is bound to {target}; it may not {verb} for another target.",
		next: "Leave the target to {target}, or ask an operator for another token.",
	},
	host_refused: {
		kind: "not_allowed",
		message: "This door does not answer to the host {host}.",
		next: "Use the configured address, or add the name to `http.allowedHosts`.",
	},
	origin_refused: {
		kind: "not_allowed",
		message: "Web pages of {origin} may not call this door.",
		next: "Add that origin to `http.allowedOrigins` if it should.",
	},
	too_many_requests: {
		kind: "too_many",
		message: "Too many requests.",
		next: "Wait {seconds} s, then send it again.",
	},
	address_unusable: {
		kind: "conflict",
		message: "{address} cannot be listened on: {why}.",
		next: "Free it, or name another `port` or `host` under `http` in the configuration.",
	},
	socket_unsafe: {
		kind: "not_allowed",
		message: "{path} cannot be trusted: {why}.",
		next: "Make sure that the supervisor put it there; then {remedy}.",
	},
} as const;
