// Every way out of the process, on one page, in domain words. The engine knows these; adapters implement them; tests have twins.
// Every method may reject: the engine wraps each call with its site and turns a rejection into a StepFailure.
import type { Button, Card, CardKind } from "./core/card.js";
import type { Instant } from "./core/deadman.js";
import type { Fact } from "./core/facts.js";
import type { Refusal } from "./core/refusals.js";
import type { ReviewLimits } from "./core/review.js";
import type { Site } from "./core/sites.js";
import type { Actor, ChangedFile, CheckResult, ReleaseRef, SnapshotRecord, Swap, TableCounts } from "./core/swap.js";

export type { ReleaseRef } from "./core/swap.js";

/** Time. Nothing else reads a clock or sets a timer. */
export interface Clock {
	now(): Instant;
	/** Rings once after `delayMs` (any length); the returned function cancels. */
	timer(delayMs: number, ring: () => void): () => void;
	/** Resolves after `delayMs`, or at once when `signal` aborts. Never rejects. */
	sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** Surrounds every effect with its site. Production passes through; the crash matrix kills or fails there. */
export interface Gate {
	around<T>(site: Site, effect: () => Promise<T>): Promise<T>;
}

/** The append-only journal with its projection and outbox: one transaction per append, on disk before it resolves. */
export interface Journal {
	/** Rejects with VersionConflict when the swap is not at `expectedVersion` (0: it must not exist). */
	append(batch: Batch): Promise<void>;
	swap(id: string): Promise<Swap | null>;
	/** Newest first. */
	swaps(limit: number): Promise<readonly Swap[]>;
	/** Not ended, or ended and not tidied. Oldest first. */
	unfinished(): Promise<readonly Swap[]>;
	facts(id: string): Promise<readonly Fact[]>;
	/** The swap in which this tree was rolled back, newest first; null when it never was. */
	knownBad(tree: string): Promise<string | null>;
	/** Pending messages whose time has come, oldest first. */
	due(nowMs: number, limit: number): Promise<readonly Message[]>;
	/** When the next pending message is due, in wall-clock milliseconds; null when none is pending. */
	nextDueMs(): Promise<number | null>;
	/** The receipt of the card of this kind, swap and epoch on this channel, if one was delivered. */
	receipt(request: {
		readonly swapId: string;
		readonly epoch: number;
		readonly channel: string;
		readonly kind: CardKind;
	}): Promise<string | null>;
	settle(messageId: number, receipt: string | null): Promise<void>;
	postpone(messageId: number, nextAttemptMs: number, error: string): Promise<void>;
	/** The diff of one submission, stored once and scrubbed; `review` answers with it or null. */
	keepReview(review: StoredReview): Promise<void>;
	review(swapId: string, epoch: number): Promise<StoredReview | null>;
	/** What was asked for and refused; append-only like the facts. */
	audit(entry: AuditEntry): Promise<void>;
	/** Newest first; of one swap, or of everything. */
	audits(request: { readonly swapId: string | null; readonly limit: number }): Promise<readonly AuditEntry[]>;
	close(): Promise<void>;
}

export interface Batch {
	readonly swapId: string;
	readonly expectedVersion: number;
	readonly facts: readonly Fact[];
	/** The projection after these facts. */
	readonly next: Swap;
	readonly messages: readonly NewMessage[];
}

/** `diff` is what people are shown, at most `limits.reviewBytes`; `sha256` and `bytes` are of the whole one. */
export interface StoredReview {
	readonly swapId: string;
	readonly epoch: number;
	readonly tree: string;
	readonly diff: string;
	readonly sha256: string;
	readonly bytes: number;
}

/** One refused request: who wanted what, through which surface, and which card they had before them. */
export interface AuditEntry {
	readonly atMs: number;
	readonly swapId: string | null;
	readonly by: Actor;
	readonly verb: string;
	readonly code: string;
	readonly message: string;
	/** The epoch of the card that was clicked, or the tree that was proposed. */
	readonly shown: string | null;
}

export class VersionConflict extends Error {
	override readonly name = "VersionConflict";
	constructor(readonly swapId: string) {
		super(`The swap ${swapId} was changed meanwhile.`);
	}
}

/** Cards are rendered from the swap as it is now, and sent, or the one of this kind that was sent before is edited. `notice`: `text`, once. */
export interface NewMessage {
	readonly channel: string;
	readonly epoch: number;
	readonly kind: CardKind | "notice";
	readonly text: string | null;
}

export interface Message extends NewMessage {
	readonly id: number;
	readonly swapId: string;
	readonly attempts: number;
	readonly createdAtMs: number;
}

/** The operator's repository and the supervisor's own bare one. Only the latter is read after `intake`. */
export interface Repository {
	/** Refuses an unborn, detached, mid-merge, mid-rebase or mid-cherry-pick repository. */
	head(): Promise<{ readonly branch: string; readonly commit: string } | Refusal>;
	/** A full commit hash of the operator's repository. */
	resolve(revision: string): Promise<string | Refusal>;
	/** Fetches the commit into the own repository and checks every object and path of it. */
	intake(commit: string): Promise<Refusal | null>;
	/** Merges in the own repository and keeps the result under `refs/deadman/swaps/<id>`. */
	merge(request: MergeRequest): Promise<Merged | Refusal>;
	treeOf(commit: string): Promise<string>;
	/** Unified diff with `a/` and `b/`, renames detected, no external programs. */
	diff(from: string, to: string): Promise<string>;
	/** The same diff for keeping: its beginning, and size and hash of all of it. */
	digest(request: { readonly from: string; readonly to: string; readonly maxBytes: number }): Promise<Digest>;
	/** The merged tree with these folders put back to what `head` has there: what lands on the host. One commit on top of `head`; null where nothing is left. */
	restrict(request: RestrictRequest): Promise<Merged | null>;
	/** One commit on the branch with the reviewed content of these paths; refused when the template moved since `base`. */
	promote(request: PromoteRequest): Promise<Applied | Refusal>;
	/** Moves the operator's branch by compare-and-set; a clean checkout of it follows. */
	advanceBranch(request: { readonly branch: string; readonly expected: string; readonly to: string }): Promise<Advance>;
}

export interface MergeRequest {
	readonly swapId: string;
	readonly live: string;
	readonly proposed: string;
	readonly branchHead: string;
	readonly branch: string;
	readonly message: string;
	/** Paths that releases share and git must not track. */
	readonly shared: readonly string[];
}

/** `parent`: where the branch stood before; null where it held the content already. */
export interface Applied {
	readonly commit: string;
	readonly parent: string | null;
	readonly advance: Advance;
}

/** `whole`: nothing was cut off. */
export interface Digest {
	readonly text: string;
	readonly bytes: number;
	readonly sha256: string;
	readonly whole: boolean;
}

export interface RestrictRequest {
	readonly swapId: string;
	/** The live commit of the host, without anybody's private copies. */
	readonly head: string;
	/** The merged and reviewed tree. */
	readonly tree: string;
	/** Folders that belong to an agent: template paths and its own. */
	readonly folders: readonly string[];
	readonly message: string;
}

export interface PromoteRequest {
	readonly swapId: string;
	readonly branch: string;
	/** The commit on which the template was reviewed. */
	readonly base: string;
	/** The reviewed tree, in which the paths have their new content. */
	readonly tree: string;
	readonly paths: readonly string[];
	readonly message: string;
}

export interface Merged {
	readonly tree: string;
	readonly commit: string;
	readonly files: readonly ChangedFile[];
}

/** `checkout` says whether the operator's working tree followed the branch. */
export type Advance =
	| { readonly moved: true; readonly checkout: "followed" | "left_dirty" | "elsewhere" }
	| { readonly moved: false; readonly head: string };

/** Where builders edit: worktrees that hang off the operator's repository, or clones for builders behind a mount. One live per target but the host. */
export interface Workspaces {
	create(request: WorkspaceRequest): Promise<Workspace | Refusal>;
	list(): Promise<readonly Workspace[]>;
	/** The committed head, or a refusal when it has uncommitted changes. */
	head(name: string): Promise<string | Refusal>;
	/** Frozen from submission to verdict, so that nobody edits what is being decided; thawed for another try. Absent is fine. */
	freeze(name: string, frozen: boolean): Promise<void>;
	remove(name: string): Promise<Refusal | null>;
	/** Removes folders, registrations and `dev/*` branches that no workspace owns any more. */
	sweep(): Promise<void>;
}

export interface WorkspaceRequest {
	readonly name: string;
	/** A commit of the operator's repository or of our own. */
	readonly from: string;
	/** The agent it is for, or `host`. */
	readonly target: string;
	readonly kind: "worktree" | "clone";
}

export interface Workspace extends Omit<WorkspaceRequest, "from"> {
	readonly path: string;
	readonly branch: string;
	/** What it was made from. */
	readonly start: string;
	readonly head: string;
	readonly frozen: boolean;
}

/** One agent's private copies of templated folders, and its own folder. Their content becomes commits only in our own repository. */
export interface PrivateCopies {
	/** Takes over what lies there, makes what does not from the template at `head`. Refuses what git tracks. Repeatable. */
	adopt(head: string): Promise<Refusal | null>;
	/** `head` with the private content at the templated paths; a child of `earlier` where one is given. The same content gives the same commit. */
	overlay(request: { readonly head: string; readonly earlier: string | null }): Promise<string | Refusal>;
}

/** What a target runs from, and the one switch that says which is live: immutable worktrees, an agent's private folders, or the operator's own checkout. */
export interface Releases {
	/** Checks out, verifies file by file, links shared paths. Clears our own half-made leftovers first. */
	checkout(release: ReleaseRef): Promise<void>;
	/** Installs dependencies or links them from the cache. */
	install(release: ReleaseRef, progress: Progress, signal?: AbortSignal): Promise<void>;
	build(release: ReleaseRef, progress: Progress, signal?: AbortSignal): Promise<void>;
	check(release: ReleaseRef, progress: Progress, signal?: AbortSignal): Promise<readonly CheckResult[]>;
	/** Makes everything durable and marks the release whole. */
	seal(release: ReleaseRef): Promise<void>;
	/** What a whole release was made of; null when it is not whole. */
	sealed(id: string): Promise<ReleaseRef | null>;
	/** Paths that the approver saw and that differ now in content, mode or link target; empty when none do. Immutable releases look at every tracked path. */
	verify(id: string): Promise<readonly string[]>;
	/** The release that `current` points to, or null. */
	current(): Promise<string | null>;
	/** Atomically points `current` to the release, durable before it resolves. */
	flip(id: string): Promise<void>;
	/** The real folder of a release: where its program runs. */
	folder(id: string): string;
	readLive(): Promise<Live | null>;
	writeLive(live: Live): Promise<void>;
	/** The commit that proposals start from now, where a flip moved the operator's branch; null: that of the live release. */
	head(): Promise<string | null>;
	/** Removes every release but the newest `retain` and the pinned ones, half-made ones too. */
	prune(request: { readonly pinned: readonly string[]; readonly retain: number }): Promise<void>;
}

export type Progress = (line: string) => void;

/** `live.json`: what a rollback needs even when the journal cannot be read. `trial` is set from arming to the verdict. */
export interface Live {
	readonly schemaVersion: 1;
	readonly release: ReleaseRef;
	/** The release has answered its readiness probe at least once. */
	readonly proven: boolean;
	readonly trial: Trial | null;
	/** What proposals start from, where that is not the release's commit: behind a promotion to the template or a revert. */
	readonly head?: string | undefined;
}

export interface Trial {
	readonly swapId: string;
	readonly previous: ReleaseRef;
	readonly candidate: ReleaseRef;
}

/** Verified copies of the databases. Called only while every program of ours is stopped, but for `rehearse`, `count` and `replay`. */
export interface Snapshots {
	/** Before live is touched: space, integrity, sizes. */
	rehearse(): Promise<Refusal | null>;
	/** Keeps what `take` or `restore` needs ready, so that a stopped program waits less; null: nothing. Asks nothing of the disk. */
	warm(work: "take" | "restore" | null): void;
	/** Resolves when nobody holds a database open; refuses after `limits.fenceMs`. */
	fence(): Promise<Refusal | null>;
	take(swapId: string): Promise<readonly SnapshotRecord[]>;
	/** The manifest of a complete snapshot as it stands on disk, or null: for a rollback without a journal. */
	manifest(swapId: string): Promise<readonly SnapshotRecord[] | null>;
	/** Puts the snapshot in place and the replaced data into `discarded/`; may be entered at any point, any number of times. */
	restore(swapId: string, snapshots: readonly SnapshotRecord[]): Promise<void>;
	/** What the window wrote, per table; empty without discarded data. */
	count(swapId: string): Promise<readonly TableCounts[]>;
	/** Puts inserted rows back that still fit; the counts say how many, the notes which did not. Running it twice adds nothing twice. */
	replay(swapId: string): Promise<readonly TableCounts[]>;
	/** Removes snapshots and discarded data but of the pinned swaps and the newest `retain`. */
	prune(request: { readonly pinned: readonly string[]; readonly retain: number }): Promise<void>;
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
	/** TERM, grace, KILL: the whole group and everything that carries our marker, but for `except`. Resolves when none is left. */
	stopAll(except?: Run): Promise<void>;
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
}

/** Asks once whether this run serves. Never rejects: a probe that throws is unhealthy (F28). */
export interface Probe {
	ask(run: Run, folder: string, signal: AbortSignal): Promise<ProbeAnswer>;
	/** What is asked, for evidence: `GET http://...`. */
	readonly description: string;
	/** Answered only by `ready()`, so the engine must not poll. */
	readonly awaitsReport: boolean;
	/** Counts progress lines in the log since the run began; a larger number extends readiness (F14). */
	progress(run: Run): Promise<number>;
}

/** One way to reach people. Never blocks a swap and never decides a state. */
export interface Delivery {
	readonly name: string;
	/** What fits into one of its messages, and how much of a diff it is sent. */
	readonly limits: ReviewLimits;
	/** Called once at start; `click` answers with the sentence to show. Rejecting only makes the channel be retried. */
	start(click: (click: Click) => Promise<string>): Promise<void>;
	send(card: Card): Promise<string>;
	edit(receipt: string, card: Card): Promise<void>;
	notice(text: string): Promise<void>;
	stop(): Promise<void>;
	/** Where a person finds it, for `status`: a URL, "this terminal". */
	address(): string | null;
}

export interface Click {
	readonly swapId: string;
	readonly epoch: number;
	readonly nonce: string;
	readonly verdict: Button;
	/** What the person typed beside the button, where a phrase is asked for. */
	readonly typed?: string | null;
	/** The identity on that channel's surface, as the channel verified it. */
	readonly actorId: string;
}

/** Secrets of this state folder: nonces are derived, so that none is stored in the journal and buttons survive restarts. */
export interface Nonces {
	of(swapId: string, epoch: number): string;
	matches(swapId: string, epoch: number, nonce: string): boolean;
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
}

/** Structured log on stderr; scrubbed at its destination. */
export interface Log {
	info(event: string, details?: Readonly<Record<string, unknown>>): void;
	warn(event: string, details?: Readonly<Record<string, unknown>>): void;
	error(event: string, details?: Readonly<Record<string, unknown>>): void;
}

/** Removes known secrets and secret-shaped text from anything that leaves the process. */
export type Scrub = (text: string) => string;

/** Durable file operations, shared by the adapters that keep state in files. */
export interface Files {
	/** temp, write, fsync, rename, fsync of the folder. */
	writeAtomic(path: string, content: string, mode?: number): Promise<void>;
	syncFolder(path: string): Promise<void>;
	/** Copies by reflink where the file system can, else in chunks; fsynced. */
	copy(from: string, to: string): Promise<void>;
	/** fsyncs a whole tree. */
	syncTree(path: string): Promise<void>;
	/** Bytes free to us on the file system of `path`. */
	freeBytes(path: string): Promise<number>;
	/** Removes a file or tree; absent is fine. */
	remove(path: string): Promise<void>;
	exists(path: string): Promise<boolean>;
}

/** Runs one child process with limits on time and output; rejects with CommandFailed. */
export interface Commands {
	run(command: Command): Promise<CommandResult>;
}

export interface Command {
	/** An argv array, or a string for the shell. */
	readonly command: string | readonly string[];
	readonly cwd: string;
	/** The whole environment: nothing is inherited. */
	readonly env: Readonly<Record<string, string>>;
	readonly timeoutMs: number;
	readonly maxOutputBytes: number;
	readonly input?: Buffer | string;
	readonly onLine?: (line: string) => void;
	readonly signal?: AbortSignal;
	/** Exit codes that do not reject; default only 0. */
	readonly accept?: readonly number[];
	/** For code that nobody trusts yet: a sandbox where the machine has one, and limits that hold everywhere. */
	readonly confine?: Confinement;
}

/**
 * `writable`: folders that it may write; everything else is read only, and what is `hidden` is empty. The longest path rules, so `readable` and `writable`
 * may lie within what is hidden. Limits count the whole family of processes.
 */
export interface Confinement {
	readonly writable: readonly string[];
	readonly hidden: readonly string[];
	readonly readable?: readonly string[];
	readonly network: boolean;
	readonly maxProcesses: number;
	readonly maxMemoryBytes: number;
}

export interface CommandResult {
	readonly code: number;
	readonly stdout: Buffer;
	readonly stderr: string;
}

export class CommandFailed extends Error {
	override readonly name = "CommandFailed";
	constructor(
		/** What was run, scrubbed, for people. */
		readonly command: string,
		readonly reason: "exit" | "timeout" | "output" | "processes" | "memory" | "spawn" | "aborted",
		readonly code: number | null,
		/** The last lines of both outputs, scrubbed. */
		readonly tail: readonly string[],
	) {
		super(
			`${command}: ${reason === "exit" ? `exit code ${code}` : reason}${tail.length > 0 ? `\n${tail.join("\n")}` : ""}`,
		);
	}
}

/** One line of `deadman doctor`. */
export interface Finding {
	readonly name: string;
	readonly level: "ok" | "warn" | "bad";
	readonly sentence: string;
	readonly next: string | null;
}
