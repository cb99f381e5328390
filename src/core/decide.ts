// Commands become facts or a refusal. Pure: the same swap, command and instant always give the same answer.
import { authorise, type Verb } from "./authority.js";
import { happened } from "./card.js";
import { type Instant, remainingMs, renew } from "./deadman.js";
import type { FactBody, Move } from "./facts.js";
import { isEnded, isOnTrial, phases } from "./phases.js";
import { type Refusal, refuse } from "./refusals.js";
import { type Actor, actorName, causeOf, type Proposal, type Swap } from "./swap.js";

export type Command =
	| { readonly verb: "submit"; readonly proposal: Proposal; readonly by: Actor; readonly approvalExpiresAtMs?: number }
	| { readonly verb: "approve"; readonly by: Actor; readonly typed: string | null }
	| { readonly verb: "promote"; readonly by: Actor }
	| { readonly verb: "keep"; readonly by: Actor }
	| { readonly verb: "reject"; readonly by: Actor; readonly reason: string }
	| { readonly verb: "withdraw"; readonly by: Actor }
	| { readonly verb: "confirm"; readonly by: Actor; readonly epoch: number | null }
	| { readonly verb: "rollback"; readonly by: Actor; readonly reason: string; readonly epoch: number | null }
	| { readonly verb: "extend"; readonly by: Actor; readonly byMs: number; readonly epoch?: number | null }
	| { readonly verb: "ring" }
	| { readonly verb: "delivered"; readonly channel: string; readonly epoch: number; readonly afterDeliveryMs: number }
	| { readonly verb: "conclude"; readonly facts: readonly FactBody[] };

export type Decision = readonly FactBody[] | Refusal;

export function decide(swap: Swap, command: Command, now: Instant): Decision {
	switch (command.verb) {
		case "submit":
			return permitted(swap, command.by, "propose", "submitted", { type: "submitted", proposal: command.proposal });
		case "approve":
			return permitted(swap, command.by, "approve", "approved", { type: "approved", by: command.by });
		case "reject":
			return permitted(swap, command.by, "reject", "rejected", {
				type: "rejected",
				by: command.by,
				reason: command.reason,
			});
		case "withdraw":
			return permitted(swap, command.by, "withdraw", "withdrawn", { type: "withdrawn", by: command.by });
		case "confirm":
			return confirm(swap, command.by, command.epoch, now);
		case "rollback":
			return rollback(swap, command.by, command.reason, command.epoch);
		case "extend":
			return outdated(swap, command.epoch ?? null) ?? extend(swap, command.by, command.byMs, now);
		case "ring":
			return ring(swap, now);
		case "delivered":
			return delivered(swap, command.channel, command.epoch, command.afterDeliveryMs, now);
		case "conclude":
			return conclude(swap, command.facts);
	}
}

function permitted(swap: Swap, by: Actor, verb: Verb, move: Move, fact: FactBody): Decision {
	return authorise(by, verb) ?? moveRefusal(swap, move, verb) ?? [fact];
}

/** Clicks of a dead card, decisions already taken and decisions not possible yet each get their own sentence. */
function moveRefusal(swap: Swap, move: Move, verb: Verb): Refusal | null {
	if (phases[swap.status].on[move] !== undefined) return null;
	const decided = isEnded(swap.status) || swap.status === "promoting" || swap.status === "rolling_back";
	if (decided) return refuse("already_decided", { id: swap.id, happened: happened(swap) });
	return refuse("not_yet", { id: swap.id, status: swap.status, verb: pastOf[verb] });
}

const pastOf: Readonly<Record<Verb, string>> = {
	propose: "submitted",
	withdraw: "withdrawn",
	approve: "approved",
	reject: "rejected",
	confirm: "confirmed",
	rollback: "rolled back",
	extend: "extended",
	replay: "replayed",
};

function outdated(swap: Swap, epoch: number | null): Refusal | null {
	if (epoch === null || epoch === swap.epoch) return null;
	return refuse("card_outdated", { id: swap.id, happened: happened(swap) });
}

function confirm(swap: Swap, by: Actor, epoch: number | null, now: Instant): Decision {
	const refusal =
		authorise(by, "confirm") ??
		outdated(swap, epoch) ??
		moveRefusal(swap, "confirmed", "confirm") ??
		windowOver(swap, now);
	return refusal ?? [{ type: "confirmed", by }];
}

function windowOver(swap: Swap, now: Instant): Refusal | null {
	if (swap.deadman !== null && remainingMs(swap.deadman, now) > 0) return null;
	return refuse("window_over", { id: swap.id });
}

function rollback(swap: Swap, by: Actor, reason: string, epoch: number | null): Decision {
	const refusal =
		authorise(by, "rollback") ?? outdated(swap, epoch) ?? moveRefusal(swap, "rollbackRequested", "rollback");
	if (refusal !== null) return refusal;
	const message = reason === "" ? `${actorName(by)} asked for it.` : `${actorName(by)} asked for it: ${reason}`;
	return [{ type: "rollbackRequested", by, cause: causeOf("rollback_requested", message) }];
}

function extend(swap: Swap, by: Actor, byMs: number, now: Instant): Decision {
	const refusal = authorise(by, "extend") ?? moveRefusal(swap, "deadlinePassed", "extend") ?? windowOver(swap, now);
	if (refusal !== null || swap.deadman === null) return refusal ?? windowOver(swap, now) ?? [];
	const leftMs = remainingMs(swap.deadman, now);
	const longer = renew(swap.deadman, leftMs + byMs, now);
	if (remainingMs(longer, now) <= leftMs) return refuse("cap_reached", { id: swap.id });
	return [{ type: "extended", by, deadman: longer }];
}

/** The alarm only rings; the row decides. */
function ring(swap: Swap, now: Instant): Decision {
	if (!isOnTrial(swap.status) || swap.deadman === null || remainingMs(swap.deadman, now) > 0) return [];
	return [{ type: "deadlinePassed", cause: causeOf("deadline_passed", "Nobody confirmed before the window ended.") }];
}

/** The first acknowledged card opens a fresh window; further channels change nothing. */
function delivered(swap: Swap, channel: string, epoch: number, afterDeliveryMs: number, now: Instant): Decision {
	if (epoch !== swap.epoch || swap.status !== "awaiting_confirmation" || swap.handshake === "message1_sent") return [];
	if (swap.deadman === null || remainingMs(swap.deadman, now) <= 0) return [];
	return [{ type: "cardDelivered", channel, deadman: renew(swap.deadman, afterDeliveryMs, now) }];
}

/** Facts that a step brings: dropped when the swap has moved on meanwhile, because the first cause won. */
function conclude(swap: Swap, facts: readonly FactBody[]): Decision {
	const misplaced = facts.find((fact) => isMove(fact.type) && phases[swap.status].on[fact.type] === undefined);
	return misplaced === undefined ? facts : [];
}

const moves: ReadonlySet<string> = new Set(Object.values(phases).flatMap((phase) => Object.keys(phase.on)));

export function isMove(type: string): type is Move {
	return moves.has(type);
}
