// Commands become facts or a refusal. Pure: the same swap, command and instant always give the same answer.

import { type Destination, isSamePlace } from "../asked.js";
import { type Instant, remainingMs, renew } from "../deadman.js";
import type { FactBody, Move } from "../facts.js";
import { type Authority, authorise, type Verb } from "../people/authority.js";
import type { Sight } from "../people/seen.js";
import { type Refusal, refuse } from "../refusals.js";
import { type Actor, actorName, causeOf, type Proposal, type Swap } from "../swap.js";
import { approve, promotion } from "./approval.js";
import { isOnTrial, phases } from "./phases.js";
import { moveRefusal, outdated } from "./standing.js";
import { isWarningDue } from "./warnings.js";

/** `epoch`: of the card that was clicked; null or absent where the verb was typed. */
export type Command =
	| { readonly verb: "submit"; readonly proposal: Proposal; readonly by: Actor; readonly approvalExpiresAtMs?: number }
	| {
			readonly verb: "approve";
			readonly by: Actor;
			readonly typed: string | null;
			readonly epoch?: number | null;
			readonly seen?: Sight | null;
	  }
	| { readonly verb: "promote"; readonly by: Actor; readonly epoch?: number | null }
	| { readonly verb: "keep"; readonly by: Actor; readonly epoch?: number | null }
	| { readonly verb: "reject"; readonly by: Actor; readonly reason: string; readonly epoch?: number | null }
	| { readonly verb: "withdraw"; readonly by: Actor }
	| { readonly verb: "confirm"; readonly by: Actor; readonly epoch: number | null }
	| { readonly verb: "rollback"; readonly by: Actor; readonly reason: string; readonly epoch: number | null }
	| { readonly verb: "extend"; readonly by: Actor; readonly byMs: number; readonly epoch?: number | null }
	| { readonly verb: "ring" }
	| { readonly verb: "warn" }
	| { readonly verb: "shown"; readonly at: Destination; readonly epoch: number }
	| { readonly verb: "delivered"; readonly channel: string; readonly epoch: number; readonly afterDeliveryMs: number }
	| { readonly verb: "conclude"; readonly facts: readonly FactBody[] };

type CommandOf<V extends Command["verb"]> = Extract<Command, { readonly verb: V }>;

export type Decision = readonly FactBody[] | Refusal;

export function decide(swap: Swap, command: Command, now: Instant, authority: Authority): Decision {
	switch (command.verb) {
		case "submit":
			return permitted(swap, command, authority) ?? [submitted(command)];
		case "withdraw":
			return permitted(swap, command, authority) ?? [{ type: "withdrawn", by: command.by }];
		case "reject":
			return permitted(swap, command, authority) ?? [{ type: "rejected", by: command.by, reason: command.reason }];
		case "approve":
			return permitted(swap, command, authority) ?? approve(swap, command, { now, authority });
		case "promote":
		case "keep":
			return allowed(swap, command, authority) ?? promotion(swap, command);
		case "confirm":
			return permitted(swap, command, authority) ?? windowOver(swap, now) ?? [{ type: "confirmed", by: command.by }];
		case "rollback":
			return permitted(swap, command, authority) ?? rollback(command);
		case "extend":
			return permitted(swap, command, authority) ?? extend(swap, command, now);
		case "ring":
			return ring(swap, now);
		case "warn":
			return warn(swap, now);
		case "shown":
			return shown(swap, command);
		case "delivered":
			return delivered(swap, command, now);
		case "conclude":
			return conclude(swap, command.facts);
	}
}

const moveOf = {
	submit: "submitted",
	withdraw: "withdrawn",
	reject: "rejected",
	approve: "approved",
	confirm: "confirmed",
	rollback: "rollbackRequested",
	extend: "deadlinePassed",
} as const satisfies Partial<Record<Command["verb"], Move>>;

type Moving = CommandOf<keyof typeof moveOf>;
type Deciding = Moving | CommandOf<"promote" | "keep">;

/** Who asks, then which card, then whether the swap stands where this can be asked. */
function permitted(swap: Swap, command: Moving, authority: Authority): Refusal | null {
	return allowed(swap, command, authority) ?? moveRefusal(swap, { move: moveOf[command.verb], verb: verbOf(command) });
}

function allowed(swap: Swap, command: Deciding, authority: Authority): Refusal | null {
	const refusal = authorise(authority, { by: command.by, verb: verbOf(command), swap });
	return refusal ?? outdated(swap, "epoch" in command ? (command.epoch ?? null) : null);
}

function verbOf({ verb }: Deciding): Verb {
	return verb === "submit" ? "propose" : verb;
}

function submitted({ proposal, approvalExpiresAtMs }: CommandOf<"submit">): FactBody {
	return { type: "submitted", proposal, ...(approvalExpiresAtMs === undefined ? {} : { approvalExpiresAtMs }) };
}

function windowOver(swap: Swap, now: Instant): Refusal | null {
	if (swap.deadman !== null && remainingMs(swap.deadman, now) > 0) return null;
	return refuse("window_over", { id: swap.id });
}

function rollback({ by, reason }: CommandOf<"rollback">): Decision {
	const message = reason === "" ? `${actorName(by)} asked for it.` : `${actorName(by)} asked for it: ${reason}`;
	return [{ type: "rollbackRequested", by, cause: causeOf("rollback_requested", message) }];
}

function extend(swap: Swap, { by, byMs }: CommandOf<"extend">, now: Instant): Decision {
	const { deadman } = swap;
	const over = windowOver(swap, now);
	if (over !== null || deadman === null) return over ?? [];
	const leftMs = remainingMs(deadman, now);
	const longer = renew(deadman, leftMs + byMs, now);
	if (remainingMs(longer, now) <= leftMs) return refuse("cap_reached", { id: swap.id });
	return [{ type: "extended", by, deadman: longer }];
}

/** The alarm only rings; the row decides. */
function ring(swap: Swap, now: Instant): Decision {
	if (!isOnTrial(swap.status) || swap.deadman === null || remainingMs(swap.deadman, now) > 0) return [];
	return [{ type: "deadlinePassed", cause: causeOf("deadline_passed", "Nobody confirmed before the window ended.") }];
}

/** Only who was sent a card can do something about it. What was slept through is told with what is really left. */
function warn({ status, handshake, deadman, warnings }: Swap, now: Instant): Decision {
	if (status !== "awaiting_confirmation" || handshake !== "message1_sent" || deadman === null) return [];
	const leftMs = Math.ceil(remainingMs(deadman, now));
	return isWarningDue(warnings, leftMs) ? [{ type: "warned", leftMs }] : [];
}

/** Of the submission that is asked about now, once for each place. */
function shown(swap: Swap, { at, epoch }: CommandOf<"shown">): Decision {
	const isKnown = (swap.shownAt ?? []).some((one) => isSamePlace(one, at));
	if (swap.status !== "pending_approval" || epoch !== swap.epoch || isKnown) return [];
	return [{ type: "reviewShown", channel: at.channel, place: at.place }];
}

/** The first acknowledged card opens a fresh window; further channels change nothing. */
function delivered(swap: Swap, { channel, epoch, afterDeliveryMs }: CommandOf<"delivered">, now: Instant): Decision {
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
