// What every part of the engine works with: the ports, the settings and the life of this supervisor. Holds no behaviour.

import type { DeadmanSettings } from "../../core/deadman.js";
import type { Reminding } from "../../core/machine/reminding.js";
import type { Authority } from "../../core/people/authority.js";
import type { Conversations } from "../../core/people/routing.js";
import type { Refusal } from "../../core/refusals.js";
import type { Rules } from "../../core/rules/classify.js";
import { hostTarget } from "../../core/swap.js";
import type { PrivateCopies, PruneRequest, SharedPorts, TargetPorts } from "../../ports/ports.js";
import type { SupervisorEvent } from "../verbs/supervisor.js";
import { causeFrom } from "./effects.js";
import { createLatch, type Latch } from "./latch.js";
import { quietLog } from "./quiet-log.js";

/** The host's stand beside what all share. */
export interface Ports extends SharedPorts, TargetPorts {
	/** The parts beside the host, each with what is its own. */
	readonly agents: readonly AgentPorts[];
}

export interface AgentPorts extends TargetPorts {
	readonly name: string;
	readonly privates: PrivateCopies;
	readonly settings: TargetSettings;
}

/** Durations in milliseconds. */
export interface TargetSettings {
	readonly deadman: DeadmanSettings;
	readonly restart: "program" | "exit";
	readonly readiness: { readonly timeoutMs: number; readonly minUptimeMs: number; readonly intervalMs: number };
	readonly heartbeatMs: number | null;
	/** A command restarts what somebody else runs: it is not started to try it. */
	readonly managed: boolean;
}

/** What holds for all targets. */
export interface SharedSettings {
	/** The operator's configuration as it was given, as JSON; left out where there is none. */
	readonly source?: unknown;
	/** Why nothing new may be begun; left out or null: nothing stands in the way. */
	readonly blocked?: Refusal | null;
	readonly branch: string;
	readonly approval: "required" | "auto";
	readonly shared: readonly string[];
	readonly retain: {
		readonly releases: number;
		readonly snapshots: number;
		readonly swaps: number;
		readonly discarded: PruneRequest["discarded"];
	};
	/** A sentence for every changed file, or only the summary. */
	readonly summaries: "per_file" | "overall";
	readonly approvalMs: number;
	readonly authority: Authority;
	/** Why who builds and who decides cannot be told apart, as a clause; null or left out: they can. */
	readonly notApart?: string | null;
	readonly rules: Rules;
	readonly reminding: Reminding;
	/** `of`: whose an agent is, by its name; one that is not named is the host's. What is kept of them: for so long, and the newest errors of each. */
	readonly agents: {
		readonly of: Readonly<Record<string, string>>;
		readonly retainMs: number;
		readonly errors: number;
	};
	/** By channel: from where requests may come. */
	readonly conversations: Readonly<Record<string, Conversations>>;
	/** The first message of an installation; `link` is what stands in the variable, if anything does. Null: none. */
	readonly introduction: { readonly text: string; readonly link: Link | null } | null;
}

/** Those of the host beside what holds for all. */
export interface EngineSettings extends TargetSettings, SharedSettings {}

export interface Link {
	readonly variable: string;
	readonly value: string | null;
}

/** Names no target: what is one target's own is reached through `of` alone. */
export interface Engine {
	readonly ports: SharedPorts & Pick<Ports, "agents">;
	readonly settings: SharedSettings;
	/** All of them, the host first. */
	readonly targets: readonly string[];
	of(target: string): TargetEngine;
	/** Names this supervisor process in the journal. */
	readonly life: string;
	/** Aborted when this supervisor is told to stop. */
	readonly stopping: AbortController;
	/** Swaps whose confirmation live.json knows of. */
	readonly kept: Latch;
	readonly emit: (event: SupervisorEvent) => void;
	readonly subscribe: (listener: (event: SupervisorEvent) => void) => () => void;
}

/** Speaks of one target, with its ports and settings. */
export interface TargetEngine extends Engine {
	readonly target: string;
	readonly ports: Ports;
	readonly settings: EngineSettings;
}

export function createEngine(given: Ports, settings: EngineSettings): Engine {
	const ports = { ...given, log: quietLog(given.log) };
	const listeners = new Set<(event: SupervisorEvent) => void>();
	const shared = {
		life: ports.ids.life(),
		stopping: new AbortController(),
		kept: createLatch(),
		targets: [hostTarget, ...ports.agents.map(({ name }) => name)],
		emit: (event: SupervisorEvent) => {
			for (const listener of [...listeners]) tell(ports, listener, event);
		},
		subscribe: (listener: (event: SupervisorEvent) => void) => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		of: (target: string): TargetEngine => {
			const found = engines.get(target);
			if (found === undefined) throw new Error(`There is no target ${target} in the configuration any more.`);
			return found;
		},
	};
	const engines = new Map<string, TargetEngine>([[hostTarget, { ...shared, target: hostTarget, ports, settings }]]);
	for (const { name, privates: _, settings: own, ...theirs } of ports.agents) {
		engines.set(name, {
			...shared,
			target: name,
			ports: { ...ports, ...theirs },
			settings: { ...settings, ...own },
		});
	}
	return shared.of(hostTarget);
}

/** Whoever listens hears; what becomes of that reaches nobody here: a listener that throws must not stop a deadman (F36). */
function tell(
	{ log, scrub }: SharedPorts,
	listener: (event: SupervisorEvent) => unknown,
	event: SupervisorEvent,
): void {
	const failed = (error: unknown) =>
		log.error("listener.failed", { type: event.type, cause: causeFrom(error, null, scrub) });
	try {
		const answer = listener(event);
		if (answer instanceof Promise) answer.catch(failed);
	} catch (error) {
		failed(error);
	}
}
