// What the making of dependencies is given. Types only.
import type { Settings } from "../../../config/config.js";
import type { Commands, Files, Gate, Log, NodeChoice } from "../../../ports/ports.js";
import type { Own } from "../repository/own-repository.js";

export interface DependencyContext {
	/** The operator's repository folder, absolute. */
	readonly root: string;
	readonly own: Own;
	readonly settings: Pick<Settings, "install" | "shared">;
	readonly commands: Commands;
	readonly files: Files;
	readonly gate: Gate;
	readonly log: Log;
	/** Left out: whatever `node` a search finds, taken for the supervisor's own. */
	readonly node?: NodeChoice;
	/** Ends a running install or copy. */
	readonly signal?: AbortSignal | undefined;
	/** Of one release, absolute. */
	folder(id: string): string;
}

export type Command = string | readonly string[];
