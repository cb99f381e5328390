// The one view of a swap: what the CLI, HTTP and every later surface show, with these keys in this order. Pure; decides nothing.
import { capAtMs, expiresAtMs, type Instant, remainingMs } from "../core/deadman.js";
import type { Fact } from "../core/facts.js";
import { isOnTrial } from "../core/phases.js";
import type {
	Cause,
	ChangedFile,
	Classification,
	Handshake,
	Outcome,
	Status,
	Swap,
	TableCounts,
} from "../core/swap.js";

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
}

export interface DeadmanView {
	readonly startedAt: string;
	readonly expiresAt: string;
	readonly capAt: string;
	readonly remainingMs: number;
}

/** A journaled fact with its time as people and programs read it. */
export type FactView = Fact & { readonly at: string };

export function viewOf(swap: Swap, now: Instant): SwapView {
	const { proposal } = swap;
	return {
		id: swap.id,
		status: swap.status,
		handshake: swap.handshake,
		classification: proposal?.classification ?? null,
		summary: proposal?.summary ?? null,
		files: (proposal?.files ?? []).map(({ path, change, from, summary }) => ({ path, change, from, summary })),
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
	};
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

export function isoOf(wallMs: number): string {
	return new Date(wallMs).toISOString();
}
