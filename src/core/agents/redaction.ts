// Takes secrets out of what an agent sends beside an error: values of keys that announce one, by whole words, and text that looks like one.
import { isSecretName } from "../rules/secret-names.js";

export const REDACTED_VALUE = "[REDACTED]";
export const TOO_DEEP = "[TOO DEEP]";

/** Deeper than anybody nests on purpose; what lies below is left out. */
export const redactionDepth = 32;

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** `scrub` looks at every text that is kept, keys included. Never loses a key; two that become the same text are told apart by a number. */
export function redactedContext(value: Json, scrub: (text: string) => string, depth = redactionDepth): Json {
	if (typeof value === "string") return scrub(value);
	if (typeof value !== "object" || value === null) return value;
	if (depth <= 0) return TOO_DEEP;
	if (Array.isArray(value)) return value.map((item: Json) => redactedContext(item, scrub, depth - 1));
	const kept = new Map<string, Json>();
	for (const [key, item] of Object.entries(value as { readonly [key: string]: Json })) {
		kept.set(unused(kept, scrub(key)), isSecretName(key) ? REDACTED_VALUE : redactedContext(item, scrub, depth - 1));
	}
	return Object.fromEntries(kept);
}

function unused(taken: ReadonlyMap<string, Json>, key: string): string {
	let name = key;
	for (let number = 2; taken.has(name); number += 1) name = `${key} ${number}`;
	return name;
}
