// What every surface calls: the verbs of deadman as one interface. Refusals are values; nothing here throws for bad input.
import type { AgentEvent } from "../../core/agents/agent.js";
import type { Conversation } from "../../core/asked.js";
import type { Fact } from "../../core/facts.js";
import type { Sight } from "../../core/people/seen.js";
import type { Refusal } from "../../core/refusals.js";
import type { Actor, Status, Swap, TableCounts } from "../../core/swap.js";
import type {
	AuditEntry,
	FeedEntry,
	JournalFigures,
	Removal,
	Run,
	Size,
	StoredReview,
	Unsettled,
	Workspace,
} from "../../ports/ports.js";
import type { AgentSummary, AgentVerbs } from "./agents.js";
import type { BuilderLoop, BuilderPresence } from "./builders.js";
import type { ChannelStatus, Correspondence, Deliveries } from "./channels.js";
import type { Access } from "./tokens.js";

export interface ProposeRequest {
	readonly revision: string;
	readonly summary: string;
	/** Sentences by path; untrusted text. */
	readonly fileSummaries: Readonly<Record<string, string>>;
	readonly by: Actor;
	/** The agent whose change it is; left out: the host's, or that of the workspace. */
	readonly target?: string | undefined;
	/** Where the request came from: cards go there too, in the place of that channel's own conversation. Left out: nowhere in particular. */
	readonly conversation?: Conversation | null | undefined;
	/** The same key from the same actor is the same swap. */
	readonly idempotencyKey?: string | null;
	/** Takes a tree that ended badly before past the door; its approver has to insist too. */
	readonly insist?: boolean;
}

export interface SubmitRequest extends Omit<ProposeRequest, "revision"> {
	readonly workspace: string;
}

export interface DecideRequest {
	readonly id: string;
	readonly by: Actor;
	/** Of the card that was clicked; null where the verb was typed. */
	readonly epoch: number | null;
}

export interface ProgramStatus {
	readonly state: "none" | "starting" | "running" | "backing_off" | "swapping";
	readonly run: Run | null;
	readonly restarts: number;
	readonly proven: boolean;
	readonly detail: string;
}

export interface TargetStatus {
	readonly name: string;
	readonly release: string | null;
	readonly program: ProgramStatus;
}

export interface SupervisorStatus {
	readonly life: string;
	readonly pid: number;
	readonly startedAtMs: number;
	/** The live release and its commit; null before the baseline stands. */
	readonly live: { readonly release: string; readonly commit: string } | null;
	/** Commits that the operator's branch has and the live version lacks; null where that cannot be said. */
	readonly ahead: { readonly branch: string; readonly commits: number } | null;
	readonly program: ProgramStatus;
	/** The agents beside the host. */
	readonly targets: readonly TargetStatus[];
	readonly channels: readonly ChannelStatus[];
	readonly swap: Swap | null;
	/** Who builds, as they say it: the one that was heard last first. */
	readonly builders: readonly BuilderPresence[];
	/** Those that were active last, at most 20: `deadman agents` shows them all. */
	readonly agents: readonly AgentSummary[];
	/** Confirmed changes that the operator's branch does not have yet. */
	readonly unsettled: readonly Unsettled[];
	/** Why who builds and who decides cannot be told apart here, as a clause; null or left out: they can. */
	readonly notApart?: string | null;
}

/** `step` names what runs; `line` is a scrubbed line of its output or a sentence about it. */
export type SupervisorEvent =
	| { readonly type: "swap:changed"; readonly swap: Swap; readonly facts: readonly Fact[] }
	| { readonly type: "step:progress"; readonly swapId: string; readonly step: string; readonly line: string }
	| {
			readonly type: "program:changed";
			readonly target: string;
			readonly state: ProgramStatus["state"];
			readonly detail: string;
	  }
	/** Behind its commit. */
	| { readonly type: "agent:changed"; readonly event: AgentEvent }
	/** A channel has connected (`about`: its surface), or the introduction went out (its receipt, where there is one). */
	| { readonly type: "milestone:reached"; readonly milestone: Milestone; readonly about: string | null };

/** As upstream gateways call them. */
export type Milestone = "agent_ready" | "first_dm_sent";

/** What people decide. A person's verb is refused where it is not theirs, or its time is over. */
export interface Verdicts {
	/**
	 * `insist` takes a tree that was rolled back before; `typed` is the phrase, where one is asked for. `seen` says how the diff was shown to who
	 * approves, by the surface that showed it: without it nobody has seen it, and the phrase is asked for.
	 */
	approve(
		request: DecideRequest & {
			readonly insist: boolean;
			readonly typed: string | null;
			readonly seen?: Sight | null;
		},
	): Promise<Swap | Refusal>;
	reject(request: DecideRequest & { readonly reason: string }): Promise<Swap | Refusal>;
	withdraw(request: DecideRequest): Promise<Swap | Refusal>;
	confirm(request: DecideRequest): Promise<Swap | Refusal>;
	rollback(request: DecideRequest & { readonly reason: string }): Promise<Swap | Refusal>;
	extend(request: DecideRequest & { readonly byMs: number }): Promise<Swap | Refusal>;

	/** Applies what was reviewed to the template, for agents to come. */
	promote(request: DecideRequest): Promise<Swap | Refusal>;
	/** Keeps it local: the template stays as it is. */
	keep(request: DecideRequest): Promise<Swap | Refusal>;
}

export interface Supervisor extends Verdicts, Access, AgentVerbs, BuilderLoop, Deliveries, Correspondence {
	/** Sweeps what is unfinished, makes the baseline where there is none, starts the live program. */
	start(): Promise<void>;
	/** Stops the program and everything of ours; a running window stays on disk and goes on at the next start. */
	stop(): Promise<void>;
	status(): Promise<SupervisorStatus>;
	/** Why it cannot decide now, as a clause; null: it can. Never rejects, and answers within some seconds. */
	unhealthy(): Promise<string | null>;

	propose(request: ProposeRequest): Promise<Swap | Refusal>;
	submit(request: SubmitRequest): Promise<Swap | Refusal>;
	swap(id: string): Promise<Swap | Refusal>;
	/** The newest one that is in flight or waits for a decision, else the newest; for `deadman status` without an id. `of`: among those that this actor proposed. */
	currentSwap(of?: Actor | null): Promise<Swap | Refusal>;
	/** Newest first. */
	swaps(): Promise<readonly Swap[]>;
	facts(id: string): Promise<readonly Fact[] | Refusal>;
	/** Whole, from the objects. */
	diff(id: string): Promise<string | Refusal>;
	/** What approvers are shown: stored when the swap was submitted, bound to its tree. */
	review(id: string): Promise<StoredReview | Refusal>;
	/** Requests that were refused, and those about tokens that were allowed, newest first. */
	audits(swapId: string | null): Promise<readonly AuditEntry[]>;
	/** Of all swaps, agents and installations in one order, for readers who come back: after the number `after`, oldest first, at most `limit`. */
	feed(request: { readonly after: number; readonly limit: number }): Promise<readonly FeedEntry[]>;
	feedEnd(): Promise<number>;
	figures(): Promise<JournalFigures>;
	/** Resolves when the swap reaches one of `until` (default: an end), or after `timeoutMs` with the swap as it is then. */
	wait(request: {
		readonly id: string;
		readonly until: readonly Status[];
		readonly timeoutMs: number;
		readonly signal?: AbortSignal;
	}): Promise<Swap | Refusal>;

	dataShow(id: string): Promise<readonly TableCounts[] | Refusal>;
	dataReplay(request: { readonly id: string; readonly by: Actor }): Promise<readonly TableCounts[] | Refusal>;
	/** Removes what was set aside, for good; answers as `dataShow` does from then on. */
	dataDrop(request: { readonly id: string; readonly by: Actor }): Promise<readonly TableCounts[] | Refusal>;

	/** What takes how much in the state folder, largest first. */
	sizes(): Promise<readonly Size[]>;
	/**
	 * Removes what nobody needs any more, by the rule that follows each swap, and packs the own repository; `dry`: only tells what would go. Refuses
	 * `swap_in_flight`, and `prune_forbidden` to whoever is no operator.
	 */
	prune(request: { readonly by: Actor; readonly dry: boolean }): Promise<readonly Removal[] | Refusal>;

	/** `target`: the agent whose private copies are overlaid; a new one of an agent winds its old one down. */
	createWorkspace(request: {
		readonly name: string;
		readonly target: string;
		readonly kind: Workspace["kind"];
		/** Its owner. Builders see, submit and remove their own only; left out: the embedding program. */
		readonly by?: Actor;
	}): Promise<Workspace | Refusal>;
	listWorkspaces(by?: Actor): Promise<readonly Workspace[]>;
	removeWorkspace(name: string, by?: Actor): Promise<Refusal | null>;

	/** From a supervised program, by the token that it was started with. */
	reportReady(token: string): Promise<Refusal | null>;
	reportProgress(token: string): Promise<Refusal | null>;
	reportHeartbeat(token: string, heartbeat: { readonly fatal: string | null }): Promise<Refusal | null>;

	/** Returns the unsubscribe function. */
	subscribe(listener: (event: SupervisorEvent) => void): () => void;
}
