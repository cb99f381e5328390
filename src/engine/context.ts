// What every part of the engine works with: the ports, the settings and the life of this supervisor. Holds no behaviour.
import type { DeadmanSettings } from "../core/deadman.js";
import type {
	Ballast,
	Clock,
	Delivery,
	Exiting,
	Gate,
	Ids,
	Journal,
	Lock,
	Log,
	Nonces,
	Probe,
	Programs,
	Releases,
	Repository,
	Scrub,
	Snapshots,
	Workspaces,
} from "../ports.js";
import type { SupervisorEvent } from "./supervisor.js";

export interface Ports {
	readonly clock: Clock;
	readonly gate: Gate;
	readonly journal: Journal;
	readonly repository: Repository;
	readonly workspaces: Workspaces;
	readonly releases: Releases;
	readonly snapshots: Snapshots;
	readonly ballast: Ballast;
	readonly programs: Programs;
	readonly probe: Probe;
	readonly deliveries: readonly Delivery[];
	readonly nonces: Nonces;
	readonly lock: Lock;
	readonly exiting: Exiting;
	readonly ids: Ids;
	readonly log: Log;
	readonly scrub: Scrub;
}

/** Durations in milliseconds. */
export interface EngineSettings {
	readonly branch: string;
	readonly approval: "required" | "auto";
	readonly shared: readonly string[];
	readonly deadman: DeadmanSettings;
	readonly restart: "program" | "exit";
	readonly readiness: { readonly timeoutMs: number; readonly minUptimeMs: number; readonly intervalMs: number };
	readonly heartbeatMs: number | null;
	readonly retain: { readonly releases: number; readonly snapshots: number };
}

export interface Engine {
	readonly ports: Ports;
	readonly settings: EngineSettings;
	/** Names this supervisor process in the journal. */
	readonly life: string;
	/** Aborted when this supervisor is told to stop. */
	readonly stopping: AbortController;
	readonly emit: (event: SupervisorEvent) => void;
	readonly subscribe: (listener: (event: SupervisorEvent) => void) => () => void;
}

export function createEngine(ports: Ports, settings: EngineSettings): Engine {
	const listeners = new Set<(event: SupervisorEvent) => void>();
	return {
		ports,
		settings,
		life: ports.ids.life(),
		stopping: new AbortController(),
		emit: (event) => {
			for (const listener of [...listeners]) listener(event);
		},
		subscribe: (listener) => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
	};
}
