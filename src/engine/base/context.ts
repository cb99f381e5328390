// What every part of the engine works with: the ports, the settings and the life of this supervisor. Holds no behaviour.

import type { DeadmanSettings } from "../../core/deadman.js";
import type { Reminding } from "../../core/machine/reminding.js";
import type { Authority } from "../../core/people/authority.js";
import type { Conversations } from "../../core/people/routing.js";
import type { Rules } from "../../core/rules/classify.js";
import { hostTarget } from "../../core/swap.js";
import type {
	Ballast,
	BuilderChannel,
	Clock,
	Credentials,
	Delivery,
	EmergencyLog,
	Exiting,
	Gate,
	Ids,
	Journal,
	Lock,
	Log,
	Milestones,
	Nonces,
	PrivateCopies,
	Probe,
	Programs,
	PruneRequest,
	Releases,
	Repository,
	Scrub,
	Scrubbing,
	Snapshots,
	Workspaces,
} from "../../ports/ports.js";
import type { SupervisorEvent } from "../verbs/supervisor.js";
import { causeFrom } from "./effects.js";
import { createLatch, type Latch } from "./latch.js";
import { quietLog } from "./quiet-log.js";

export interface Ports {
	readonly clock: Clock;
	readonly gate: Gate;
	readonly journal: Journal;
	/** Takes what the journal cannot, until it can. */
	readonly emergency: EmergencyLog;
	readonly repository: Repository;
	readonly workspaces: Workspaces;
	readonly releases: Releases;
	readonly snapshots: Snapshots;
	readonly ballast: Ballast;
	readonly programs: Programs;
	readonly probe: Probe;
	readonly deliveries: readonly Delivery[];
	/** Who is told what became of channels; left out: nobody but the log. */
	readonly milestones?: Milestones;
	/** How builders are told how their swaps ended. */
	readonly builderChannels: readonly BuilderChannel[];
	readonly nonces: Nonces;
	readonly credentials: Credentials;
	readonly lock: Lock;
	readonly exiting: Exiting;
	readonly ids: Ids;
	readonly log: Log;
	readonly scrub: Scrub;
	readonly scrubbing: Scrubbing;
	/** The parts beside the host, each with what is its own. */
	readonly agents: readonly AgentPorts[];
}

/** What every target has of its own; the host's stand in `Ports` directly. */
export type TargetPorts = Pick<Ports, "releases" | "snapshots" | "ballast" | "programs" | "probe">;

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

/** Those of the host, and what holds for all. */
export interface EngineSettings extends TargetSettings {
	/** The operator's configuration as it was given, as JSON; left out where there is none. */
	readonly source?: unknown;
	readonly branch: string;
	readonly approval: "required" | "auto";
	readonly shared: readonly string[];
	readonly retain: {
		readonly releases: number;
		readonly snapshots: number;
		readonly discarded: PruneRequest["discarded"];
	};
	/** A sentence for every changed file, or only the summary. */
	readonly summaries: "per_file" | "overall";
	readonly approvalMs: number;
	readonly authority: Authority;
	readonly rules: Rules;
	readonly reminding: Reminding;
	/** By channel: from where requests may come. */
	readonly conversations: Readonly<Record<string, Conversations>>;
	/** The first message of an installation; `link` is what stands in the variable, if anything does. Null: none. */
	readonly introduction: { readonly text: string; readonly link: Link | null } | null;
}

export interface Link {
	readonly variable: string;
	readonly value: string | null;
}

/** Speaks of one target: `of` gives the engine of another one, with that one's ports and settings. */
export interface Engine {
	readonly target: string;
	readonly ports: Ports;
	readonly settings: EngineSettings;
	/** All of them, the host first. */
	readonly targets: readonly string[];
	of(target: string): Engine;
	/** Names this supervisor process in the journal. */
	readonly life: string;
	/** Aborted when this supervisor is told to stop. */
	readonly stopping: AbortController;
	/** Swaps whose confirmation live.json knows of. */
	readonly kept: Latch;
	readonly emit: (event: SupervisorEvent) => void;
	readonly subscribe: (listener: (event: SupervisorEvent) => void) => () => void;
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
		of: (target: string): Engine => {
			const found = engines.get(target);
			if (found === undefined) throw new Error(`There is no target ${target} in the configuration any more.`);
			return found;
		},
	};
	const engines = new Map<string, Engine>([[hostTarget, { ...shared, target: hostTarget, ports, settings }]]);
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
function tell({ log, scrub }: Ports, listener: (event: SupervisorEvent) => unknown, event: SupervisorEvent): void {
	const failed = (error: unknown) =>
		log.error("listener.failed", { type: event.type, cause: causeFrom(error, null, scrub) });
	try {
		const answer = listener(event);
		if (answer instanceof Promise) answer.catch(failed);
	} catch (error) {
		failed(error);
	}
}
