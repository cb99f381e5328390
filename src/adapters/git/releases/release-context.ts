// What every part of a release's making is given. Types only.
import type { Settings } from "../../../config/config.js";
import type { Commands, Files, Gate, Log, NodeChoice, Scrub } from "../../../ports/ports.js";
import type { Own } from "../repository/own-repository.js";

export interface ReleasesOptions {
	/** The operator's repository folder, absolute: shared paths are linked to it. */
	readonly root: string;
	readonly stateDir: string;
	readonly settings: Pick<Settings, "shared" | "databases" | "install" | "build" | "checks" | "limits" | "program">;
	readonly commands: Commands;
	readonly files: Files;
	readonly gate: Gate;
	readonly log: Log;
	/** What commands and the program run under; left out: whatever a search finds. */
	readonly node?: NodeChoice;
	/** For commands that are shown; left out: only what is shaped like a secret is removed. */
	readonly scrub?: Scrub;
}

/** What every part of a release's making is given. */
export interface ReleaseContext extends ReleasesOptions {
	readonly own: Own;
	/** Ends a running install, build or check. */
	readonly signal?: AbortSignal | undefined;
	/** Of one release, absolute. */
	folder(id: string): string;
}
