// What the surfaces expect of app/compose.ts, so that the daemon and the CLI can be tried with a scripted one.
import type { Settings } from "../config/config.js";
import type { Fact } from "../core/facts.js";
import type { Authority } from "../core/people/authority.js";
import type { Refusal } from "../core/refusals.js";
import type { Swap } from "../core/swap.js";
import type { Supervisor } from "../engine/verbs/supervisor.js";
import type { AuditEntry, AuditsRequest, Exiting, Finding, Log, Remote, Scrub } from "../ports/ports.js";
import type { Configuration } from "./configuration.js";

export interface Composed {
	readonly supervisor: Supervisor;
	readonly sockets: { readonly operator: string; readonly program: string };
	readonly log: Log;
	readonly exiting: Exiting;
	readonly scrub: Scrub;
	/** Says who is asked and whether a phrase is. */
	readonly authority: Authority;
	/** Where callers on the operators' socket prove who they are; left out: they are who they say, because somebody else guards that socket. */
	readonly callers?: string;
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

/** For `deadman init`: what of a configuration lies on the disk of another machine. */
export type FarAway = (unmade: { readonly root: string; readonly settings: Settings }) => Promise<readonly Remote[]>;
/** For `deadman init`: what will go wrong with the dependencies of a configuration that is not written yet, in sentences. */
export type Troubles = (unmade: { readonly root: string; readonly settings: Settings }) => Promise<readonly string[]>;
/** For `deadman init`: makes the state of a repository that has none, and the pointer to it. Resolves with its folder. */
export type Begin = (unbegun: { readonly root: string }) => Promise<string | Refusal>;

export interface StateReport {
	readonly path: string;
	/** What says so: `configuration`, `pointer`, `found`, or `first` where there is none yet. */
	readonly by: string;
	/** Null where nothing is written yet, or nobody can read it. */
	readonly id: string | null;
	readonly bytes: number;
	/** By what lies in it, the largest first. */
	readonly parts: readonly { readonly name: string; readonly bytes: number }[];
	readonly fileSystem: string;
	/** It lies on the repository's file system. */
	readonly together: boolean;
	readonly workspaces: string;
}

export interface StateMoved {
	readonly from: string;
	readonly to: string;
	/** What is left in the old folder, which is not the state's. */
	readonly left: readonly string[];
}

/** For `deadman state`: what works without a supervisor, and mostly only without. */
export interface States {
	report(configuration: Configuration): Promise<StateReport | Refusal>;
	/** `to` null: where the configuration says, else where a first start would put it. */
	move(request: { readonly configuration: Configuration; readonly to: string | null }): Promise<StateMoved | Refusal>;
	/** An identity and a state of its own, for a copy and for a state that is gone. Resolves with the new folder. */
	renew(of: { readonly root: string; readonly configured: unknown }): Promise<string | Refusal>;
	/** This repository is the state's from now on. `stateDir` null: where it should lie. Resolves with its folder. */
	adopt(request: {
		readonly root: string;
		readonly configured: unknown;
		readonly stateDir: string | null;
	}): Promise<string | Refusal>;
}

/** The supervisor's code, as app/compose.ts has it. */
export interface Composition {
	readonly compose: Compose;
	readonly inspect: Inspect;
	readonly examine: Examine;
	readonly protect: Protect;
	readonly unreleasable: Unreleasable;
	readonly farAway: FarAway;
	readonly troubles: Troubles;
	readonly begin: Begin;
	readonly states: States;
}
