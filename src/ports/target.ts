// What each target, the host or an agent, has of its own: its releases, the copies of its databases, space held back, its program and how that is asked.
import type { Refusal } from "../core/refusals.js";
import type { SnapshotRecord, TableCounts } from "../core/swap.js";
import type { Releases } from "./code.js";
import type { Removal } from "./upkeep.js";

export interface TargetPorts {
	readonly releases: Releases;
	readonly snapshots: Snapshots;
	readonly ballast: Ballast;
	readonly programs: Programs;
	readonly probe: Probe;
}

/**
 * Snapshots stay of pinned swaps and of the newest `retain`; what was set aside, with the snapshot that it is compared with, of pinned swaps,
 * of the newest `rollbacks`, and whatever is younger than `days`.
 */
export interface PruneRequest {
	readonly pinned: readonly string[];
	readonly retain: number;
	readonly discarded: { readonly days: number; readonly rollbacks: number };
	/** Looks only. */
	readonly dry?: boolean;
}

export interface Holder {
	readonly pid: number;
	/** Its name only: a command line may hold secrets. */
	readonly command: string;
	/** As the configuration names it. */
	readonly database: string;
}

export interface Remote {
	readonly path: string;
	readonly kind: string;
}

/** Verified copies of the databases, and of the files beside them. Called only while every program of ours is stopped, but for `rehearse`, `copyAhead`, `count` and `replay`. */
export interface Snapshots {
	/** Before live is touched: space, integrity, and whether everything could be put back where it lies. `swapId`: what was copied ahead for it needs no more space. */
	rehearse(swapId?: string): Promise<Refusal | null>;
	/**
	 * While the old version still runs: copies that `take` will only have to compare, once nobody writes. They are no snapshot, and nothing goes back to
	 * them. Rejects like `take`; what fails here is made by `take`.
	 */
	copyAhead(swapId: string): Promise<void>;
	/** Removes what was copied ahead for a swap that goes no further; a snapshot that is complete stays. */
	forget(swapId: string): Promise<void>;
	/**
	 * Whether every configured database is a file that outlives its versions: refuses `database_unprotected` with what to change. For
	 * proposals and whoever configures; never at a start, where a rollback may be due.
	 */
	protection(): Promise<Refusal | null>;
	/** Configured files that are not there: right before the first start, and worth a warning once the program is proven. */
	missing(): Promise<readonly string[]>;
	/** What lies on the disk of another machine: path as configured, and the name of the file system. */
	remote(): Promise<readonly Remote[]>;
	/** Folders that all versions share and that hold files which no rollback puts back. */
	uncovered(): Promise<readonly string[]>;
	/** Those of them in which something was written since this swap's snapshot, while the program runs. Not of folders with too many files to look at. */
	written(swapId: string): Promise<readonly string[]>;
	/** Keeps what `take` or `restore` needs ready, so that a stopped program waits less; null: nothing. Asks nothing of the disk. */
	warm(work: "take" | "restore" | null): void;
	/** Resolves when nobody holds a database open; refuses after `limits.fenceMs`. */
	fence(): Promise<Refusal | null>;
	/** Who has a database open now, at most 16, but for the processes in `ours` and this one; waits for nobody, holds nothing up. */
	holders(ours: readonly number[]): Promise<readonly Holder[]>;
	/**
	 * Rejects with the code `database_held` where somebody works with a database, `database_bad` where one is broken, `no_space`, or what
	 * the system or SQLite says (`ENOSPC`, `SQLITE_IOERR_READ`, ...).
	 */
	take(swapId: string): Promise<readonly SnapshotRecord[]>;
	/** The manifest of a complete snapshot as it stands on disk, or null: for a rollback without a journal. */
	manifest(swapId: string): Promise<readonly SnapshotRecord[] | null>;
	/**
	 * Before each start of the candidate: from now on the data belongs to this start, and a restore that was finished for an earlier one is
	 * done anew. `generation` counts up from 1; a lower one than stands on disk changes nothing. Rejects with the code `snapshot_gone` when
	 * nothing is left to go back to.
	 */
	begin(swapId: string, generation: number): Promise<void>;
	/** What stands on disk: the last start of the candidate, and for which start the last finished restore was (0: from before there were any). */
	generation(swapId: string): Promise<{ readonly started: number | null; readonly restored: number | null }>;
	/**
	 * Puts the snapshot in place and the replaced data into `discarded/`; may be entered at any point, any number of times. Once it was done
	 * for the candidate's last start, it touches nothing. Rejects like `take`, and with `snapshot_gone` or `snapshot_changed`, which time
	 * does not mend.
	 */
	restore(swapId: string, snapshots: readonly SnapshotRecord[]): Promise<void>;
	/** What the window wrote, per table and per folder of files, over all restores of this swap; empty without discarded data. */
	count(swapId: string): Promise<readonly TableCounts[]>;
	/**
	 * Puts rows and files back that the window added and that still fit; the counts say how many, the notes which did not. Running it twice
	 * adds nothing twice. `chosen`: only of databases whose policy is `replay`; `all`: at an operator's word.
	 */
	replay(swapId: string, which: "chosen" | "all"): Promise<readonly TableCounts[]>;
	/**
	 * When and by whom the data that a restore of this swap set aside was removed; null while it is there. `atMs` null: by a version that
	 * left no note.
	 */
	pruned(swapId: string): Promise<{ readonly atMs: number | null; readonly by: "retention" | "operator" } | null>;
	/** Removes what this swap set aside, for good and at an operator's word. */
	drop(swapId: string): Promise<void>;
	/** Answers with what goes. */
	prune(request: PruneRequest): Promise<readonly Removal[]>;
}

/** Space held back so that a rollback works on a full disk. */
export interface Ballast {
	reserve(): Promise<void>;
	free(): Promise<void>;
}

/** A program of ours: found again by a marker in its environment, known by pid, start time and boot. */
export interface Run {
	readonly runId: string;
	readonly release: string;
	readonly swapId: string | null;
	readonly pid: number;
	/** Clock ticks since boot, field 22 of /proc/<pid>/stat. */
	readonly startTicks: number;
	readonly bootId: string;
	readonly startedAtMs: number;
}

export interface Exit {
	readonly code: number | null;
	readonly signal: string | null;
}

export interface Programs {
	/** False where the operator configured no command: then `start` never runs and probes alone decide. */
	readonly hasCommand: boolean;
	start(request: { readonly release: string; readonly folder: string; readonly swapId: string | null }): Promise<Run>;
	/** Every living program of this state folder, also those an earlier supervisor started. */
	running(): Promise<readonly Run[]>;
	/**
	 * The program's signal, grace, KILL: the whole group and everything that carries our marker, but for `except`. `atOnce`: KILL alone. Resolves
	 * when none is left.
	 */
	stopAll(except?: Run, how?: { readonly atOnce: boolean }): Promise<void>;
	/** The pid of every living process that `stopAll` would end: who else holds a file is a stranger. Empty where somebody else runs the program. */
	members(): Promise<readonly number[]>;
	/** Resolves when the program has ended; with nulls when its code cannot be known. Never rejects; ends early on abort. */
	exited(run: Run, signal: AbortSignal): Promise<Exit | null>;
	/** The last scrubbed lines that a release's program wrote. */
	logTail(release: string, lines: number): Promise<readonly string[]>;
	/** The run that was given this token, if it is alive. */
	runOfToken(token: string): Promise<Run | null>;
}

export interface ProbeAnswer {
	readonly healthy: boolean;
	readonly detail: string;
	/** How the answer is tied to the run; null when it is not healthy. */
	readonly tiedBy: "token" | "header" | "port" | "process" | "command" | null;
	/** True: somebody else's process answers on the address. Not said of a gateway that tells that nobody is behind it. */
	readonly foreign?: boolean;
	/** Whose, where that is known. */
	readonly holder?: number | null;
}

/** Asks once whether this run serves. Never rejects: a probe that throws is unhealthy (F28). */
export interface Probe {
	ask(run: Run, folder: string, signal: AbortSignal): Promise<ProbeAnswer>;
	/** What is asked, for evidence: `GET http://...`. */
	readonly description: string;
	/** Answered only by what the program reports itself, so the engine must not poll. */
	readonly awaitsReport: boolean;
	/** Which report that is; left out: `ready`. */
	readonly report?: "ready" | "agent_ready";
	/** Counts progress lines in the log since the run began; a larger number extends readiness (F14). */
	progress(run: Run): Promise<number>;
}
