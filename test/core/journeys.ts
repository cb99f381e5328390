// Journeys: the facts that lead a swap to each status, and small builders of what they hold. Shared by the tests of core.

import { arm, type DeadmanSettings, type Instant } from "../../src/core/deadman.js";
import type { Fact, FactBody } from "../../src/core/facts.js";
import { type Command, type Decision, decide } from "../../src/core/machine/decide.js";
import { evolve, evolveAll } from "../../src/core/machine/evolve.js";
import { openAuthority } from "../../src/core/people/authority.js";
import { type Actor, causeOf, type Evidence, type Proposal, type Status, type Swap } from "../../src/core/swap.js";

export const operator: Actor = { surface: "cli", id: "1000" };
export const builder: Actor = { surface: "builder", id: "agent" };

export const settings: DeadmanSettings = { initialMs: 120_000, afterDeliveryMs: 120_000, capMs: 600_000 };

/** Wall and boot clock `ms` after the journeys' beginning, in the same boot. */
export function at(ms: number, change: Partial<Instant> = {}): Instant {
	return { wallMs: 1_800_000_000_000 + ms, bootMs: 5_000_000 + ms, bootId: "boot-1", ...change };
}

export const proposal: Proposal = {
	summary: "Greets in two languages.",
	classification: "host",
	files: [{ path: "server.js", change: "modified", from: null, summary: null }],
	proposed: "c".repeat(40),
	base: "b".repeat(40),
	branchHead: "b".repeat(40),
	tree: "d".repeat(40),
	commit: "e".repeat(40),
	previousRelease: "base-1",
	targets: [
		{
			target: "host",
			previous: { id: "base-1", commit: "b".repeat(40), tree: "" },
			commit: "e".repeat(40),
			tree: "d".repeat(40),
		},
	],
};

export const evidence: Evidence = {
	release: "sw_abc234-1",
	probe: "GET http://127.0.0.1:3000/healthz: 200",
	tiedBy: "token",
	uptimeMs: 1_200,
	coldStartMs: 300,
};

export const broken = causeOf("candidate_died", "The new version ended with code 1.");

const begun: FactBody[] = [
	{ type: "drafted", target: "host", workspace: "greet", proposer: builder },
	{ type: "submitted", proposal },
];
const approved: FactBody[] = [...begun, { type: "approved", by: operator }];
const cutting: FactBody[] = [
	...approved,
	{ type: "stepStarted", step: "stage", life: "life-1" },
	{ type: "staged", release: "sw_abc234-1" },
	{ type: "stepStarted", step: "cutOver", life: "life-1" },
	{ type: "armed", deadman: arm(settings, at(0)) },
	{ type: "snapshotTaken", snapshots: [] },
	{ type: "bootStarted", boots: 1 },
];
const awaiting: FactBody[] = [...cutting, { type: "ready", evidence }];
const rolling: FactBody[] = [...awaiting, { type: "candidateDied", cause: broken }];

export const journeys: Readonly<Record<Status, readonly FactBody[]>> = {
	drafting: begun.slice(0, 1),
	pending_approval: begun,
	staging: approved,
	cutting_over: cutting,
	awaiting_confirmation: awaiting,
	promoting: [...awaiting, { type: "confirmed", by: operator }],
	rolling_back: rolling,
	stranded: [...rolling, { type: "attemptsExhausted", cause: causeOf("attempts_exhausted", "Nothing answers.") }],
	finalized: [
		...awaiting,
		{ type: "confirmed", by: operator },
		{ type: "promoted", by: "cli:1000", sentence: "Confirmed." },
	],
	rolled_back: [...rolling, { type: "dataRestored", databases: [] }, { type: "restored", evidence, discarded: [] }],
	rejected: [...begun, { type: "rejected", by: operator, reason: "Not now." }],
};

export const statuses = Object.keys(journeys) as Status[];

export function stamped(bodies: readonly FactBody[]): Fact[] {
	return bodies.map((body, index): Fact => ({ ...body, atMs: at(index).wallMs }));
}

export function swapIn(status: Status, change: Partial<Swap> = {}): Swap {
	return { ...evolveAll("sw_abc234", stamped(journeys[status])), ...change };
}

/** The swap after these facts too. */
export function evolved(swap: Swap, ...bodies: readonly FactBody[]): Swap {
	return stamped(bodies).reduce(evolve, swap);
}

/** Decided where nobody is configured: whoever reaches an operator's surface is the owner. */
export function decided(swap: Swap, command: Command, now: Instant): Decision {
	return decide(swap, command, now, openAuthority);
}
