// A scripted supervisor for surfaces: it records every call, answers from a small set of swaps, and decides nothing. `answers` overrides one verb.

import type { Fact } from "../../../src/core/facts.js";
import { emptySwap } from "../../../src/core/machine/evolve.js";
import { isEnded } from "../../../src/core/machine/phases.js";
import { type Refusal, refuse } from "../../../src/core/refusals.js";
import { swapIdOf, swapSubject } from "../../../src/core/subject.js";
import {
	actorName,
	type Promotion,
	type Proposal,
	type Status,
	type Swap,
	type TableCounts,
} from "../../../src/core/swap.js";
import type { AgentCaller } from "../../../src/engine/verbs/agents.js";
import type { PolicyView } from "../../../src/engine/verbs/builders.js";
import type { ChannelStatus, ChannelTest } from "../../../src/engine/verbs/channels.js";
import type { Supervisor, SupervisorEvent, SupervisorStatus } from "../../../src/engine/verbs/supervisor.js";
import type { AuditEntry, StoredReview, Workspace } from "../../../src/ports/ports.js";

export interface FakeSupervisor extends Supervisor {
	readonly calls: readonly Call[];
	/** Answers of single verbs in the place of the default ones. */
	readonly answers: { [V in keyof Supervisor]?: Supervisor[V] };
	put(swap: Swap): void;
	/** Moves a swap, wakes who waits for it, and tells the subscribers. */
	move(id: string, status: Status): void;
	emit(event: SupervisorEvent): void;
	readonly listeners: number;
}

export interface Call {
	readonly verb: keyof Supervisor;
	readonly request: unknown;
}

const proposal: Proposal = {
	summary: "Greets louder",
	classification: "host",
	files: [{ path: "server.js", change: "modified", from: null, summary: "adds an exclamation mark" }],
	proposed: "a".repeat(40),
	base: "b".repeat(40),
	branchHead: "b".repeat(40),
	tree: "c".repeat(40),
	commit: "d".repeat(40),
	previousRelease: "r-previous",
	targets: [
		{
			target: "host",
			previous: { id: "r-previous", commit: "b".repeat(40), tree: "" },
			commit: "d".repeat(40),
			tree: "c".repeat(40),
		},
	],
};

const wallMs = Date.UTC(2026, 10, 21, 12);

export function aSwap(change: Partial<Swap> = {}): Swap {
	return {
		...emptySwap("sw_aaaaaa"),
		epoch: 1,
		version: 2,
		proposal,
		createdAtMs: wallMs,
		updatedAtMs: wallMs,
		statusAtMs: wallMs,
		...change,
	};
}

export const offered: Promotion = { state: "offered", paths: ["container/skills/greet.md"], by: null, sentence: null };

export function reviewOf(swapId: string): StoredReview {
	const diff = "--- a/server.js\n+++ b/server.js\n@@ -1 +1 @@\n-one\n+\ttwo\n";
	return { swapId, epoch: 1, tree: proposal.tree, diff, sha256: "f".repeat(64), bytes: diff.length };
}

/** Newest first. */
export const audits: readonly AuditEntry[] = [
	{
		atMs: wallMs + 1_000,
		subject: null,
		by: { surface: "builder", id: "claude" },
		verb: "propose",
		code: "summary_missing",
		message: "The proposal has no summary.",
		shown: null,
	},
	{
		atMs: wallMs - 1_000,
		subject: swapSubject("sw_aaaaaa"),
		by: { surface: "page", id: "local" },
		verb: "approve",
		code: "phrase_needed",
		message: "sw_aaaaaa is approved by typing a phrase: a host change asks for it.",
		shown: "epoch 1",
	},
];

export const tables: readonly TableCounts[] = [
	{ database: "data/app.db", table: "notes", inserted: 3, updated: 1, deleted: 0, replayed: null, note: null },
];

export function createFakeSupervisor(...swaps: readonly Swap[]): FakeSupervisor {
	const byId = new Map(swaps.map((swap) => [swap.id, swap]));
	const workspaces = new Map<string, Workspace>();
	const listeners = new Set<(event: SupervisorEvent) => void>();
	const calls: Call[] = [];
	const answers: FakeSupervisor["answers"] = {};
	const all = () => [...byId.values()].reverse();

	function find(id: string): Swap | Refusal {
		return byId.get(id) ?? refuse("swap_unknown", { id });
	}

	function emit(event: SupervisorEvent): void {
		for (const listener of [...listeners]) listener(event);
	}

	function put(swap: Swap): void {
		byId.set(swap.id, swap);
		emit({ type: "swap:changed", swap, facts: [] });
	}

	function move(id: string, status: Status): void {
		const swap = byId.get(id);
		if (swap === undefined) throw new Error(`The fake knows no ${id}.`);
		put({ ...swap, status });
	}

	function propose(): Swap {
		const swap = aSwap({ id: "sw_proposed", status: "pending_approval" });
		put(swap);
		return swap;
	}

	/** `promotion` is what it was offered, with what was decided. */
	function promoted(id: string, decided: Partial<Promotion>): Swap | Refusal {
		const swap = find(id);
		if ("refused" in swap) return swap;
		put({ ...swap, promotion: { ...offered, ...swap.promotion, ...decided } });
		return find(id);
	}

	function decided(id: string, status: Status): Swap | Refusal {
		const swap = find(id);
		if (!("refused" in swap)) move(id, status);
		return find(id);
	}

	async function wait({ id, until, timeoutMs, signal }: Parameters<Supervisor["wait"]>[0]): Promise<Swap | Refusal> {
		const here = () => {
			const swap = find(id);
			if ("refused" in swap) return true;
			return until.length > 0 ? until.includes(swap.status) : isEnded(swap.status);
		};
		await new Promise<void>((resolve) => {
			const over = setTimeout(resolve, timeoutMs);
			const done = () => {
				clearTimeout(over);
				unsubscribe();
				resolve();
			};
			const unsubscribe = subscribe(() => here() && done());
			signal?.addEventListener("abort", done, { once: true });
			if (here()) done();
		});
		return find(id);
	}

	function subscribe(listener: (event: SupervisorEvent) => void): () => void {
		listeners.add(listener);
		return () => void listeners.delete(listener);
	}

	const facts = async (id: string): Promise<readonly Fact[] | Refusal> => {
		const swap = find(id);
		const by = { surface: "cli", id: "1000" } as const;
		return "refused" in swap ? swap : [{ type: "approved", atMs: wallMs, by }];
	};

	const supervisor: Supervisor = {
		start: async () => {},
		stop: async () => {},
		status: async () => ({ ...statusOf(), swap: all()[0] ?? null }),
		unhealthy: async () => null,
		propose: async () => propose(),
		submit: async () => propose(),
		approve: async ({ id }) => decided(id, "staging"),
		reject: async ({ id }) => decided(id, "rejected"),
		withdraw: async ({ id }) => decided(id, "rejected"),
		confirm: async ({ id }) => decided(id, "promoting"),
		rollback: async ({ id }) => decided(id, "rolling_back"),
		extend: async ({ id }) => find(id),
		promote: async ({ id, by }) => promoted(id, { state: "approved", by: actorName(by) }),
		keep: async ({ id, by }) => promoted(id, { state: "kept", by: actorName(by) }),
		swap: async (id) => find(id),
		currentSwap: async () => all()[0] ?? refuse("nothing_current"),
		swaps: async () => all(),
		facts,
		diff: async (id) => ("refused" in find(id) ? find(id) : "--- a/server.js\n+++ b/server.js\n") as string | Refusal,
		review: async (id) => ("refused" in find(id) ? (find(id) as Refusal) : reviewOf(id)),
		audits: async (swapId) => audits.filter((entry) => swapId === null || swapIdOf(entry.subject) === swapId),
		wait,
		dataShow: async (id) => ("refused" in find(id) ? (find(id) as Refusal) : tables),
		dataReplay: async ({ id }) => ("refused" in find(id) ? (find(id) as Refusal) : tables),
		dataDrop: async ({ id }) => ("refused" in find(id) ? (find(id) as Refusal) : tables),
		sizes: async () => [{ name: "releases", bytes: 2_048, count: 2 }],
		prune: async () => [{ kind: "release", name: "sw_aaaaaa-1" }],
		createWorkspace: async ({ name, target, kind }) => {
			const head = "e".repeat(40);
			const place = { path: `/work/${name}`, branch: `dev/${name}`, start: head, head };
			const workspace = { name, target, kind, ...place, frozen: false };
			workspaces.set(name, workspace);
			return workspace;
		},
		listWorkspaces: async () => [...workspaces.values()],
		removeWorkspace: async (name) => (workspaces.delete(name) ? null : refuse("workspace_unknown", { name })),
		reportReady: async (token) => (token === "right" ? null : refuse("token_invalid")),
		reportProgress: async (token) => (token === "right" ? null : refuse("token_invalid")),
		reportHeartbeat: async (token) => (token === "right" ? null : refuse("token_invalid")),
		createToken: async () => refuse("not_authorised", { actor: "nobody", verb: "token" }),
		tokens: async () => [],
		revokeToken: async () => refuse("not_authorised", { actor: "nobody", verb: "token" }),
		tokenOf: async () => null,
		noteRefused: async () => {},
		testChannels: async () => [tested],
		takeMail: async (token) => (token === "right" ? null : refuse("token_invalid")),
		answerMail: async (token) => (token === "right" ? null : refuse("token_invalid")),
		relayClick: async (token) =>
			token === "right" ? { sentence: "sw_aaaaaa is being rolled back.", card: null } : refuse("token_invalid"),
		feed: async () => [],
		feedEnd: async () => 0,
		receive: async () => null,
		figures: async () => ({ byStatus: {}, pendingMessages: 0, oldestPendingAtMs: null }),
		outcomes: async () => [],
		policy: () => policy,
		reportPresence: async () => null,
		builders: () => [],
		reportMilestone: async () => null,
		agentOf: async ({ path, bearer }) => ((path ?? bearer) === "right" ? anAgent : null),
		agentHeartbeat: async () => ({ hasHighPriorityTasks: false }),
		agentError: async () => null,
		agentTasks: async () => [],
		moveAgentTask: async ({ agent }, { id, move }) => refuse("agent_task_unknown", { agent, id, move }),
		agentReady: async () => null,
		firstMessageSent: async () => null,
		registerAgentWorkspace: async (_, { workspaceId }) => ({
			workspaceId,
			authToken: "auth",
			inboundSecret: "inbound",
		}),
		workspaceHeartbeat: async () => null,
		workspaceActivity: async (_, id) => refuse("workspace_not_yours", { id }),
		listAgents: async () => [],
		showAgent: async (agent) => refuse("agent_unknown", { agent }),
		assignAgentTask: async ({ agent }) => refuse("agent_unknown", { agent }),
		subscribe,
	};

	/** Records the call, then asks the override or the default. */
	const recorded = Object.fromEntries(
		(Object.keys(supervisor) as (keyof Supervisor)[]).map((verb) => [
			verb,
			(...given: unknown[]) => {
				calls.push({ verb, request: given.length > 1 ? given : given[0] });
				return ((answers[verb] ?? supervisor[verb]) as (...given: unknown[]) => unknown)(...given);
			},
		]),
	) as unknown as Supervisor;

	return Object.defineProperties({ ...recorded, calls, answers, put, move, emit } as unknown as FakeSupervisor, {
		listeners: { get: () => listeners.size },
	});
}

const anAgent: AgentCaller = { agent: "host", target: "host", run: null, workspace: null };

const can = {
	...{ edit: false, buttons: false, directMessage: false, thread: false, lookup: false },
	...{ cardCharacters: 100_000, refreshMs: null },
};

const terminalChannel: ChannelStatus = {
	name: "console",
	surface: "cli",
	address: "this terminal",
	state: "open",
	error: null,
	pending: 0,
	oldestAtMs: null,
	refused: 0,
	lastRefusal: null,
	can,
};

const tested: ChannelTest = {
	name: "console",
	address: "this terminal",
	failure: null,
	edited: false,
	tookMs: 3,
	can,
};

const policy: PolicyView = {
	targets: [{ name: "host", own: null, mappings: [] }],
	neverWrite: [".env*"],
	migrations: [],
	supervisor: [".deadman/**"],
	reach: [],
	summaries: "per_file",
	approval: "required",
	approvalExpiryMs: 86_400_000,
	classes: { host: { approve: ["owner"], approvals: 1, typed: true } },
};

function statusOf(): SupervisorStatus {
	return {
		life: "life-1",
		pid: process.pid,
		startedAtMs: wallMs,
		live: { release: "r-previous", commit: "b".repeat(40) },
		program: { state: "running", run: null, restarts: 0, proven: true, detail: "GET http://127.0.0.1:3000/" },
		targets: [
			{
				name: "alice",
				release: "a-previous",
				program: { state: "none", run: null, restarts: 0, proven: true, detail: "" },
			},
		],
		channels: [terminalChannel],
		swap: null,
		builders: [],
		agents: [],
		unsettled: [],
		ahead: null,
	};
}
