// What every part of a release's making is given. Types only.
import type { Settings } from "../../../config/config.js";
import type { Commands, Files, Gate, Log, NodeChoice, Scrub } from "../../../ports/ports.js";
import type { Own } from "../repository/own-repository.js";
import type { Blobs } from "../trees/tree-edit.js";

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

/** What is known of a release's tracked files (proof.ts). */
export interface Proof {
	readonly tree: string;
	readonly tracked: Blobs;
	/** Path → how it looked, of files whose bytes are known to be the tree's. */
	readonly looks: ReadonlyMap<string, string>;
}

/** What every part of a release's making is given. */
export interface ReleaseContext extends ReleasesOptions {
	readonly own: Own;
	/** Ends a running install, build or check. */
	readonly signal?: AbortSignal | undefined;
	/** Of releases that are being made: what is known of their files. */
	readonly proofs: Map<string, Proof>;
	/** Of one release, absolute. */
	folder(id: string): string;
	/** The live release, or null. */
	current(): Promise<string | null>;
}
