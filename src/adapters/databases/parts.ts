// What taking and restoring work with.
import type { Gate, Log } from "../../ports/ports.js";
import type { DataChildren } from "./data-child.js";
import type { HookParts } from "./hooks.js";
import type { DatabaseSetting, Roots } from "./places.js";

export interface SnapshotParts extends Roots, HookParts {
	readonly databases: readonly DatabaseSetting[];
	readonly gate: Gate;
	readonly children: DataChildren;
	/** How long a lock, or a file that changes, is waited for before anybody is blamed. */
	readonly patienceMs: number;
}

export interface RestoreParts extends SnapshotParts {
	readonly log: Log;
}
