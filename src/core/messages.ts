// Who is told what, from the facts alone. Goes into the outbox in the same transaction as the fact that causes it.
import type { Fact } from "./facts.js";
import { isEnded } from "./phases.js";
import { printableLine } from "./printable.js";
import type { Swap } from "./swap.js";

export interface Announcement {
	readonly kind: "card" | "notice";
	readonly text: string | null;
}

const card: Announcement = { kind: "card", text: null };

/** A card is rendered when it is sent, so one pending card tells every change before it. */
export function announcementsFor(before: Swap, after: Swap, facts: readonly Fact[]): readonly Announcement[] {
	if (before.status !== after.status) return announceMove(before, after);
	if (after.status !== "awaiting_confirmation") return [];
	const clockChanged = facts.some((fact) => fact.type === "extended" || fact.type === "cardDelivered");
	return clockChanged ? [card] : [];
}

function announceMove(before: Swap, after: Swap): readonly Announcement[] {
	const summary = printableLine(after.proposal?.summary ?? "");
	switch (after.status) {
		case "pending_approval":
			return [notice(`${after.id} asks for approval: ${summary}\nApprove with: deadman approve ${after.id}`)];
		case "drafting":
			return [
				notice(
					`${after.id} could not be staged, nothing was touched: ${printableLine(after.cause?.message ?? "no cause was noted")}`,
				),
			];
		case "rejected":
			return [notice(`${after.id} was rejected: ${printableLine(after.outcome?.sentence ?? "")}`)];
		case "promoting":
		case "rolling_back":
			return before.status === "awaiting_confirmation" ? [card] : [];
		case "awaiting_confirmation":
		case "stranded":
			return [card];
		default:
			return isEnded(after.status) ? [card] : [];
	}
}

function notice(text: string): Announcement {
	return { kind: "notice", text };
}
