// The one view of a swap: what the CLI, HTTP and every later surface show, with these keys in this order. Pure; decides nothing.

import { capAtMs, expiresAtMs, type Instant, remainingMs } from "../core/deadman.js";
import type { Fact } from "../core/facts.js";
import { isOnTrial } from "../core/machine/phases.js";
import { type Authority, openAuthority } from "../core/people/authority.js";
import { swapIdOf } from "../core/subject.js";
import {
	actorName,
	type Cause,
	type ChangedFile,
	type CheckResult,
	type Classification,
	type Flag,
	type Handshake,
	type Outcome,
	type Promotion,
	type Shown,
	type Status,
	type Swap,
	type TableCounts,
} from "../core/swap.js";
import { cardOf } from "../core/words/card.js";
import type { AuditEntry } from "../ports/ports.js";

/** Of everything that surfaces print as JSON. */
export const schemaVersion = 1;

/** Times are ISO 8601 in UTC; `remainingMs` is milliseconds, and 0 when no window runs. */
export interface SwapView {
	readonly id: string;
	readonly status: Status;
	readonly handshake: Handshake;
	readonly classification: Classification | null;
	readonly summary: string | null;
	readonly files: readonly ChangedFile[];
	readonly tree: string | null;
	readonly commit: string | null;
	readonly previousRelease: string | null;
	readonly candidateRelease: string | null;
	readonly deadman: DeadmanView | null;
	readonly boots: number;
	readonly cause: Cause | null;
	readonly outcome: Outcome | null;
	readonly discarded: readonly TableCounts[] | null;
	readonly createdAt: string;
	readonly updatedAt: string;
	/** Whose change it is. */
	readonly target: string;
	/** What it touches, the host first. */
	readonly targets: readonly string[];
	readonly flags: readonly Flag[];
	/** Who has approved so far. */
	readonly approvals: readonly string[];
	readonly approvalExpiresAt: string | null;
	/** What has to be typed to approve; null where nothing has, or nobody is asked. */
	readonly phrase: string | null;
	readonly checks: readonly CheckResult[];
	readonly promotion: Promotion | null;
	readonly shown: Shown | null;
	/** The swap in which the same tree was rolled back or rejected before. */
	readonly knownBad: string | null;
	readonly proposer: string;
	readonly workspace: string | null;
	/** Of the newest submission: a decision that names it cannot hit a later one. */
	readonly epoch: number;
	/** What its step waits for; it is tried on until that has passed. */
	readonly blockedBy: BlockedView | null;
}

export interface BlockedView {
	/** Stable. */
	readonly code: string;
	readonly message: string;
	readonly since: string;
}

export interface DeadmanView {
	readonly startedAt: string;
	readonly expiresAt: string;
	readonly capAt: string;
	readonly remainingMs: number;
}

/** A journaled fact with its time as people and programs read it. */
export type FactView = Fact & { readonly at: string };

/** A refused request with its time as people and programs read it. */
export interface AuditView extends Omit<AuditEntry, "subject"> {
	readonly at: string;
	readonly swapId: string | null;
}

/** `authority` says whether a phrase is asked for: the operator's, where it is known. */
export function viewOf(swap: Swap, now: Instant, authority: Authority = openAuthority): SwapView {
	const { proposal } = swap;
	return {
		id: swap.id,
		status: swap.status,
		handshake: swap.handshake,
		classification: proposal?.classification ?? null,
		summary: proposal?.summary ?? null,
		files: (proposal?.files ?? []).map(fileOf),
		tree: proposal?.tree ?? null,
		commit: proposal?.commit ?? null,
		previousRelease: proposal?.previousRelease ?? null,
		candidateRelease: swap.candidateRelease,
		deadman: deadmanViewOf(swap, now),
		boots: swap.boots,
		cause: swap.cause,
		outcome: swap.outcome,
		discarded: swap.discarded,
		createdAt: isoOf(swap.createdAtMs),
		updatedAt: isoOf(swap.updatedAtMs),
		...askedOf(swap, authority),
		knownBad: proposal?.knownBad ?? null,
		proposer: actorName(swap.proposer),
		workspace: swap.workspace,
		epoch: swap.epoch,
		blockedBy: blockedViewOf(swap),
	};
}

function fileOf({ path, change, from, summary, marks, unshown }: ChangedFile): ChangedFile {
	const read = { ...(marks === undefined ? {} : { marks }), ...(unshown === undefined ? {} : { unshown }) };
	return { path, change, from, summary, ...read };
}

/** What was added with targets and approval: behind the keys of before, in this order. */
function askedOf(swap: Swap, authority: Authority) {
	const { proposal, approvalExpiresAtMs } = swap;
	return {
		target: swap.target,
		targets: proposal === null ? [] : proposal.targets.map(({ target }) => target),
		flags: proposal?.flags ?? [],
		approvals: swap.approvals,
		approvalExpiresAt: approvalExpiresAtMs === null ? null : isoOf(approvalExpiresAtMs),
		phrase: swap.status === "pending_approval" ? cardOf(swap, "approval", authority).phrase : null,
		checks: swap.checks,
		promotion: swap.promotion,
		shown: proposal?.shown ?? null,
	};
}

function blockedViewOf({ blockedBy }: Swap): BlockedView | null {
	if (blockedBy === null) return null;
	const { cause, sinceMs } = blockedBy;
	return { code: cause.code, message: cause.message, since: isoOf(sinceMs) };
}

function deadmanViewOf({ deadman, status }: Swap, now: Instant): DeadmanView | null {
	if (deadman === null) return null;
	return {
		startedAt: isoOf(deadman.startedWallMs),
		expiresAt: isoOf(expiresAtMs(deadman)),
		capAt: isoOf(capAtMs(deadman)),
		remainingMs: isOnTrial(status) ? Math.round(remainingMs(deadman, now)) : 0,
	};
}

export function factViewOf(fact: Fact): FactView {
	return { at: isoOf(fact.atMs), ...fact };
}

export function auditViewOf({ atMs, subject, ...rest }: AuditEntry): AuditView {
	return { at: isoOf(atMs), atMs, swapId: swapIdOf(subject), ...rest };
}

export function isoOf(wallMs: number): string {
	return new Date(wallMs).toISOString();
}
