// What people are told beside the cards: that a restart begins, that a window ends, how a trial ended that nobody was looking at. Every notice
// is written when it is caused and looked at again when it is sent: what is over by then is not said any more.

import { type Instant, remainingMs } from "../deadman.js";
import { spokenTime } from "../duration.js";
import { isOnTrial } from "../machine/phases.js";
import { printableLine } from "../rules/printable.js";
import { sentence } from "../rules/untrusted.js";
import { type Cause, hostTarget, type Swap } from "../swap.js";
import { cardOf } from "./card.js";

export function restartNotice({ id, proposal }: Swap): string {
	const names = proposal === null ? [] : proposal.targets.map(({ target }) => target);
	const who = names.every((name) => name === hostTarget) ? "" : ` ${names.map(printableLine).join(" and ")}`;
	return `${id}: restarting${who} with the new version now.`;
}

export function warningNotice(id: string, leftMs: number): string {
	return `${warningStart(id)}${spokenTime(leftMs)} unless somebody confirms it.`;
}

/** What holds a step up does not end it: it goes on by itself as soon as it can. */
export function blockedNotice(swap: Swap, cause: Cause): string {
	return `${blockedStart(swap)}${sentence(cause.message)} It is tried on until it can.`;
}

function blockedStart({ id, status }: Swap): string {
	const what = status === "rolling_back" ? "Going back" : "It";
	return `${id}: ${what} is held up. `;
}

/** An edited card rings nobody's phone. */
export function endNotice(swap: Swap): string {
	const why = swap.cause === null ? "" : ` Cause: ${sentence(swap.cause.message)}`;
	return `${cardOf(swap, "card").title}${why}`;
}

/** What a notice says by now; null: nothing any more. */
export function noticeNow(swap: Swap, text: string, now: Instant): string | null {
	if (text === restartNotice(swap)) return isOnTrial(swap.status) ? text : null;
	if (text.startsWith(warningStart(swap.id))) return warningNow(swap, text, now);
	if (/^\S+: (Going back|It) is held up\. /.test(text)) return swap.blockedBy === null ? null : text;
	if (text.startsWith(`${swap.id} is STRANDED`)) return swap.status === "stranded" ? text : null;
	return text;
}

/** Of the newest warning of this window alone: an extension makes the earlier ones untrue. */
function warningNow({ id, status, deadman, warnings }: Swap, text: string, now: Instant): string | null {
	const open = status === "awaiting_confirmation" && deadman !== null && warnings.lastMs !== null;
	if (!open || text !== warningNotice(id, warnings.lastMs)) return null;
	const leftMs = remainingMs(deadman, now);
	return leftMs > 0 ? warningNotice(id, leftMs) : null;
}

function warningStart(id: string): string {
	return `${id} rolls back in `;
}
