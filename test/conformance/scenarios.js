// Which server scenarios of the conformance suite deadman's `/mcp` has to pass, and why each other one does not apply to it.

/** Those that ask for nothing but the protocol and what this server declares. */
export const applicable = ["server-initialize", "ping", "tools-list", "resources-list", "dns-rebinding-protection"];

const fixture =
	"calls a fixture of the suite's own example server (a tool or resource with a fixed name), which is no part of this server";
const prompts = "this server has no prompts";
const asks = "this server asks its client for nothing (no sampling, no elicitation)";

/** By the beginning of a scenario's name; the first that fits. */
const reasons = [
	["tools-call-sampling", asks],
	["tools-call-elicitation", asks],
	["elicitation-", asks],
	["tools-call-", fixture],
	["json-schema-", fixture],
	["resources-read-", fixture],
	["resources-templates-", fixture],
	["resources-subscribe", "this server declares no subscriptions"],
	["resources-unsubscribe", "this server declares no subscriptions"],
	["prompts-", prompts],
	["logging-", "this server declares no logging; its log goes to stderr"],
	["completion-", "this server declares no completions: it has no prompts and no resource templates"],
	["server-sse-", "served without sessions, so there is no standing stream to resume or to multiply"],
];

/** Null: the suite has a scenario that this list does not know. @returns {string | null} */
export function whyNot(scenario) {
	return reasons.find(([start]) => scenario.startsWith(start))?.[1] ?? null;
}
