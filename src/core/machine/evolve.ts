// State from facts: one fact, one new state. The journal replayed through here is the whole truth of a swap.
import { withPlaces } from "../asked.js";
import { held } from "../blocked.js";
import type { Fact, Move } from "../facts.js";
import { actorName, type Cause, hostTarget, type Outcome, type Swap } from "../swap.js";
import { phases } from "./phases.js";
import { promote } from "./promotion-state.js";
import { warningsOf } from "./warnings.js";

export function emptySwap(id: string): Swap {
	return {
		id,
		epoch: 0,
		version: 0,
		status: "drafting",
		handshake: "none",
		target: "host",
		workspace: null,
		proposer: { surface: "supervisor", id: "none" },
		proposal: null,
		candidateRelease: null,
		deadman: null,
		warnings: warningsOf(null),
		boots: 0,
		quickDeaths: 0,
		bootsBy: {},
		quickDeathsBy: {},
		openStep: null,
		attempts: 0,
		blockedBy: null,
		restartPlannedBy: null,
		snapshots: null,
		dataRestored: false,
		discarded: null,
		evidence: null,
		cause: null,
		notes: [],
		outcome: null,
		decidedBy: null,
		approvals: [],
		approvalExpiresAtMs: null,
		conversation: null,
		asked: [],
		shownAt: [],
		escalated: false,
		checks: [],
		promotion: null,
		tidied: false,
		createdAtMs: 0,
		updatedAtMs: 0,
		statusAtMs: 0,
	};
}

export function evolveAll(id: string, facts: readonly Fact[]): Swap {
	return facts.reduce(evolve, emptySwap(id));
}

export function evolve(swap: Swap, fact: Fact): Swap {
	const moved = move(swap, fact);
	const changed = change(moved, fact);
	return {
		...changed,
		version: swap.version + 1,
		createdAtMs: swap.version === 0 ? fact.atMs : swap.createdAtMs,
		updatedAtMs: fact.atMs,
		statusAtMs: swap.version === 0 || moved !== swap ? fact.atMs : swap.statusAtMs,
	};
}

/** A move ends the open step and the tries of the status it leaves. */
function move(swap: Swap, fact: Fact): Swap {
	const to = phases[swap.status].on[fact.type as Move];
	if (to === undefined) return swap;
	return { ...swap, status: to, openStep: null, attempts: 0, blockedBy: null, restartPlannedBy: null };
}

function change(swap: Swap, fact: Fact): Swap {
	switch (fact.type) {
		case "drafted":
			return { ...swap, target: fact.target, workspace: fact.workspace, proposer: fact.proposer };
		case "stepStarted":
			return { ...swap, openStep: { step: fact.step, life: fact.life }, restartPlannedBy: null };
		case "staged":
			return { ...overcome(swap), candidateRelease: fact.release, checks: fact.checks ?? [] };
		case "armed":
			return { ...freshWindow(swap, fact.deadman), handshake: "pending_restart" };
		case "clockRebased":
			return { ...swap, deadman: fact.deadman };
		case "extended":
			return freshWindow(swap, fact.deadman);
		case "cardDelivered":
			return { ...freshWindow(swap, fact.deadman), handshake: "message1_sent" };
		case "warned":
			return { ...swap, warnings: { ...swap.warnings, lastMs: fact.leftMs } };
		case "snapshotTaken":
			return { ...swap, snapshots: fact.snapshots };
		case "bootStarted":
			return booted(swap, fact.target ?? hostTarget, fact.boots);
		case "candidateExited":
			return fact.quick ? diedQuickly(swap, fact.target ?? hostTarget) : swap;
		case "restartPlanned":
			return { ...swap, restartPlannedBy: fact.life };
		case "ready":
			return { ...swap, evidence: fact.evidence };
		case "confirmed":
			return { ...swap, handshake: "confirmed", decidedBy: actorName(fact.by) };
		case "dataRestored":
			return { ...swap, dataRestored: true };
		case "attemptFailed":
			return { ...tried(swap, fact.cause), openStep: null, attempts: swap.attempts + 1, blockedBy: null };
		case "blocked":
			return { ...swap, blockedBy: held(swap.blockedBy, fact) };
		case "blockedLong":
			return { ...noted(swap, fact.cause), blockedBy: { ...held(swap.blockedBy, fact), told: true } };
		case "replayed":
			return { ...swap, discarded: fact.tables };
		case "dataDropped":
			return swap;
		case "tidied":
			return { ...swap, tidied: true, openStep: null };
		case "noted":
			return { ...swap, notes: [...swap.notes, fact.text] };
		default:
			return ask(swap, fact);
	}
}

/** What people are asked for, before the swap and after it. */
function ask(swap: Swap, fact: Fact): Swap {
	switch (fact.type) {
		case "submitted":
			return {
				...emptied(swap),
				epoch: swap.epoch + 1,
				proposal: fact.proposal,
				approvalExpiresAtMs: fact.approvalExpiresAtMs ?? null,
				conversation: fact.conversation ?? null,
				asked: fact.asked ?? [],
			};
		case "rerouted":
			return { ...swap, asked: withPlaces(swap.asked, fact.asked) };
		case "escalated":
			return { ...swap, asked: withPlaces(swap.asked, fact.asked), escalated: true };
		case "reviewShown":
			return { ...swap, shownAt: [...(swap.shownAt ?? []), { channel: fact.channel, place: fact.place }] };
		case "endorsed":
			return { ...swap, approvals: [...swap.approvals, actorName(fact.by)] };
		case "approved":
			return { ...swap, approvals: [...swap.approvals, actorName(fact.by)], approvalExpiresAtMs: null };
		case "promotionApproved":
			return { ...swap, promotion: promote(swap.promotion, fact), openStep: null, attempts: 0 };
		case "promotionOffered":
		case "promotionKept":
		case "promotionApplied":
		case "promotionRefused":
			return { ...swap, promotion: promote(swap.promotion, fact) };
		default:
			return conclude(swap, fact);
	}
}

function freshWindow(swap: Swap, deadman: Swap["deadman"]): Swap {
	return deadman === null ? swap : { ...swap, deadman, warnings: warningsOf(deadman) };
}

/** A swap is as dead as the most unlucky of its programs. */
function booted(swap: Swap, target: string, boots: number): Swap {
	const bootsBy = { ...swap.bootsBy, [target]: boots };
	return { ...swap, bootsBy, boots: Math.max(...Object.values(bootsBy)) };
}

function diedQuickly(swap: Swap, target: string): Swap {
	const quickDeathsBy = { ...swap.quickDeathsBy, [target]: (swap.quickDeathsBy[target] ?? 0) + 1 };
	return { ...swap, quickDeathsBy, quickDeaths: Math.max(...Object.values(quickDeathsBy)) };
}

function conclude(swap: Swap, fact: Fact): Swap {
	switch (fact.type) {
		case "rollbackRequested":
			return { ...withCause(swap, fact.cause), decidedBy: actorName(fact.by) };
		case "stepFailed":
		case "deadlinePassed":
		case "candidateDied":
		case "fatalReported":
		case "heartbeatLost":
		case "undone":
		case "attemptsExhausted":
			return withCause(swap, fact.cause);
		case "heard":
			return { ...swap, heard: fact.heard };
		case "expired":
			return { ...withCause(swap, fact.cause), outcome: outcome("rejected", "supervisor", fact.cause.message) };
		case "rejected":
			return { ...swap, outcome: outcome("rejected", actorName(fact.by), fact.reason) };
		case "withdrawn":
			return { ...swap, outcome: outcome("rejected", actorName(fact.by), "Withdrawn by its builder.") };
		case "promoted":
			return { ...swap, outcome: { ...outcome("finalized", fact.by, fact.sentence), evidence: swap.evidence } };
		case "restored":
			return {
				...swap,
				handshake: "rolled_back",
				discarded: fact.discarded,
				outcome: {
					...outcome("rolled_back", swap.decidedBy ?? "supervisor", swap.cause?.message ?? "Rolled back."),
					evidence: fact.evidence,
				},
			};
		default:
			return swap;
	}
}

/** Only a stage hands its tries to the builder as the cause; elsewhere what counts is why the swap ended as it did. */
function tried(swap: Swap, cause: Cause): Swap {
	return swap.status === "staging" ? withCause(swap, cause) : noted(swap, cause);
}

/** A stage that succeeded in the end: its failed tries are no cause of anything. */
function overcome(swap: Swap): Swap {
	return swap.cause === null ? swap : { ...noted(swap, swap.cause), cause: null };
}

function noted(swap: Swap, cause: Cause): Swap {
	return { ...swap, notes: [...swap.notes, `${cause.code}: ${cause.message}`] };
}

/** First cause wins; later ones are noted beside it. */
function withCause(swap: Swap, cause: Cause): Swap {
	if (swap.cause === null) return { ...swap, cause };
	return noted(swap, cause);
}

/** A new submission of the same swap starts with nothing of the last try. */
function emptied(swap: Swap): Swap {
	const { id, epoch, version, status, target, workspace, proposer, createdAtMs } = swap;
	return { ...emptySwap(id), epoch, version, status, target, workspace, proposer, createdAtMs };
}

function outcome(verdict: Outcome["verdict"], by: string, sentence: string): Outcome {
	return { verdict, by, sentence, evidence: null };
}

/** Nothing is left to do for it, not even a promotion to the template that was approved. */
export function isSettled(swap: Swap): boolean {
	return swap.tidied && swap.promotion?.state !== "approved";
}
