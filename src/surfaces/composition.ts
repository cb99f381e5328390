// What the surfaces expect of app/compose.ts, so that the daemon and the CLI can be tried with a scripted one.
import type { Settings } from "../config/config.js";
import type { Fact } from "../core/facts.js";
import type { Authority } from "../core/people/authority.js";
import type { Refusal } from "../core/refusals.js";
import type { Swap } from "../core/swap.js";
import type { Supervisor } from "../engine/verbs/supervisor.js";
import type { AuditEntry, AuditsRequest, Exiting, Finding, Log, Scrub } from "../ports/ports.js";
import type { Configuration } from "./configuration.js";

export interface Composed {
	readonly supervisor: Supervisor;
	readonly sockets: { readonly operator: string; readonly program: string };
	readonly log: Log;
	readonly exiting: Exiting;
	readonly scrub: Scrub;
	/** Says who is asked and whether a phrase is. */
	readonly authority: Authority;
	/** Told where the door over TCP listens. */
	readonly tellAddress?: (address: string) => void;
}

export type Compose = (configuration: Configuration) => Promise<Composed | Refusal>;

type Soon<T> = T | Promise<T>;

/** The journal, read only, where no supervisor answers. */
export interface Inspection {
	swap(id: string): Soon<Swap | null>;
	/** Newest first. */
	swaps(): Soon<readonly Swap[]>;
	facts(id: string): Soon<readonly Fact[]>;
	/** Newest first; about one subject, or about everything. */
	audits(request: AuditsRequest): Soon<readonly AuditEntry[]>;
	close(): Soon<void>;
}

export type Inspect = (options: { readonly stateDir: string }) => Soon<Inspection | Refusal>;

/** For `deadman doctor`: what can be known without a running supervisor. */
export type Examine = (configuration: Configuration) => Promise<readonly Finding[]>;

/** For `deadman init`: whether the databases of a configuration that is not written yet outlive their versions. */
export type Protect = (unmade: {
	readonly root: string;
	readonly gitDir: string;
	readonly settings: Settings;
}) => Promise<Refusal | null>;

/** For `deadman init`: what of the repository no release can hold. */
export type Unreleasable = (unmade: { readonly root: string; readonly gitDir: string }) => Promise<readonly Refusal[]>;

/** The supervisor's code, as app/compose.ts has it. */
export interface Composition {
	readonly compose: Compose;
	readonly inspect: Inspect;
	readonly examine: Examine;
	readonly protect: Protect;
	readonly unreleasable: Unreleasable;
}
