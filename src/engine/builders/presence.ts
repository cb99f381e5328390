// Which builders live and what they work on, as they say it: in memory, bounded, newest last. Not journaled, and nothing looks at it but `status`.
import { limits } from "../../core/limits.js";
import { type Refusal, refuse } from "../../core/refusals.js";
import { printableLine } from "../../core/rules/printable.js";
import { shortened } from "../../core/rules/untrusted.js";
import { type Actor, actorName } from "../../core/swap.js";
import type { Engine } from "../base/context.js";
import type { BuilderHeartbeat, BuilderPresence } from "../verbs/builders.js";

export interface Presence {
	report(by: Actor, heartbeat: BuilderHeartbeat): Refusal | null;
	/** The one that was heard last stands first. */
	list(): readonly BuilderPresence[];
}

/** Programs and chats build nothing. */
export function unheard(by: Actor, verb: string): Refusal | null {
	const builds = by.surface === "builder" || by.surface === "cli" || by.surface === "api";
	return builds ? null : refuse("not_authorised", { actor: actorName(by), verb });
}

export function createPresence({ ports }: Engine): Presence {
	/** In the order in which they were heard. */
	const heard = new Map<string, BuilderPresence>();
	const tell = (text: string) => shortened(printableLine(ports.scrub(text.trim())), limits.milestoneCharacters);
	/** Builders say the same again and again: what was said last is not looked through anew. */
	const last = new Map<string, { readonly said: string; readonly told: string }>();

	function told(name: string, said: string): string {
		const known = last.get(name);
		if (known?.said === said) return known.told;
		const text = tell(said);
		last.set(name, { said, told: text });
		return text;
	}

	return {
		report(by, { status, task, error }) {
			const refusal = unheard(by, "send a builder's heartbeat about");
			if (refusal !== null) return refusal;
			const name = actorName(by);
			const said = error === null ? null : { severity: error.severity, message: tell(error.message) };
			const doing = task === null || task.trim() === "" ? null : told(name, task);
			heard.delete(name);
			heard.set(name, { name, status, task: doing, error: said, lastSeenAtMs: ports.clock.now().wallMs });
			const [oldest] = heard.keys();
			if (heard.size > limits.builders && oldest !== undefined) {
				heard.delete(oldest);
				last.delete(oldest);
			}
			return null;
		},
		list: () => [...heard.values()].reverse(),
	};
}
