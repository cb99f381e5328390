// What one supervisor has of each: time, its journal, the repository, channels, secrets, the way out of the process. Everything that a target has
// of its own is in target.ts.
import type { Instant } from "../core/deadman.js";
import type { Site } from "../core/machine/sites.js";
import type { Refusal } from "../core/refusals.js";
import type { BuilderChannel } from "./builders.js";
import type { Repository, Workspaces } from "./code.js";
import type { Delivery, Milestones } from "./delivery.js";
import type { EmergencyLog } from "./emergency.js";
import type { Journal } from "./journal.js";
import type { Upkeep } from "./upkeep.js";

export interface SharedPorts {
	readonly clock: Clock;
	readonly gate: Gate;
	readonly journal: Journal;
	/** Takes what the journal cannot, until it can. */
	readonly emergency: EmergencyLog;
	readonly repository: Repository;
	readonly workspaces: Workspaces;
	readonly upkeep: Upkeep;
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
}

/** Time. Nothing else reads a clock or sets a timer. */
export interface Clock {
	now(): Instant;
	/** Rings once after `delayMs` (any length); the returned function cancels. */
	timer(delayMs: number, ring: () => void): () => void;
	/** Resolves after `delayMs`, or at once when `signal` aborts. Never rejects. */
	sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
	/** Resolves when everything else that is ready has run, timers that are due too: for long work in parts. */
	turn(): Promise<void>;
}

/** Surrounds every effect with its site. Production passes through; the crash matrix kills or fails there. */
export interface Gate {
	around<T>(site: Site, effect: () => Promise<T>): Promise<T>;
}

/** Secrets of this state folder: nonces are derived, so that none is stored in the journal and buttons survive restarts. */
export interface Nonces {
	of(swapId: string, epoch: number): string;
	matches(swapId: string, epoch: number, nonce: string): boolean;
}

/** What a token is made of. The secret is returned once and kept nowhere. */
export interface Credentials {
	/** `id`: `tk_` and six letters or digits; `secret`: `dm_` and 43 characters, 256 random bits; `sha256`: of the secret, in hex. */
	make(): { readonly id: string; readonly secret: string; readonly sha256: string };
	/** SHA-256 in hex. */
	hash(secret: string): string;
	/** Compares two hashes in a time that does not tell where they differ. */
	equal(one: string, other: string): boolean;
}

/** One supervisor per state folder; freed by kill -9. */
export interface Lock {
	acquire(): Promise<Refusal | null>;
	release(): Promise<void>;
}

/** Leaving the process is a port, so that a test reads "we chose to leave with 75". */
export interface Exiting {
	exit(code: number): void;
}

export interface Ids {
	/** `sw_` and six letters or digits. */
	swap(): string;
	/** A life of this supervisor. */
	life(): string;
	/** The process id of this supervisor. */
	pid(): number;
	/** At least 0 and below 1, for jitter. */
	fraction(): number;
}

/** Structured log on stderr; scrubbed at its destination. */
export interface Log {
	info(event: string, details?: Readonly<Record<string, unknown>>): void;
	warn(event: string, details?: Readonly<Record<string, unknown>>): void;
	error(event: string, details?: Readonly<Record<string, unknown>>): void;
}

/** Removes known secrets and secret-shaped text from anything that leaves the process. */
export type Scrub = (text: string) => string;

/** The same for long text, in parts between which others may run. */
export type Scrubbing = (text: string) => Generator<void, string>;

/** One line of `deadman doctor`. */
export interface Finding {
	readonly name: string;
	readonly level: "ok" | "warn" | "bad";
	readonly sentence: string;
	readonly next: string | null;
}
