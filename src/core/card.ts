// What people read: the card with its two buttons, its outcome, and the sentence that an old card answers with. Rendered from the stored state only.
import { expiresAtMs } from "./deadman.js";
import { isEnded } from "./phases.js";
import { printableLine } from "./printable.js";
import type { Swap, TableCounts } from "./swap.js";

export type Button = "confirm" | "rollback" | "extend" | "approve" | "reject" | "promote" | "keep";

/** `approval` asks before, `card` asks whether to keep the version on trial, `promotion` offers the template. */
export type CardKind = "approval" | "card" | "promotion";

/** Plain text: every adapter escapes for its platform. `expiresAtMs` is wall-clock milliseconds, as stored. */
export interface Card {
	readonly swapId: string;
	readonly epoch: number;
	readonly title: string;
	readonly lines: readonly string[];
	readonly buttons: readonly Button[];
	readonly expiresAtMs: number | null;
	readonly decided: boolean;
	readonly kind: CardKind;
	/** What has to be typed beside Approve; null where a click is enough. */
	readonly phrase: string | null;
}

export function cardOf(swap: Swap): Card {
	const open = swap.status === "awaiting_confirmation";
	return {
		swapId: swap.id,
		epoch: swap.epoch,
		title: titleOf(swap),
		lines: linesOf(swap),
		buttons: open ? ["confirm", "rollback", "extend"] : [],
		expiresAtMs: open && swap.deadman !== null ? expiresAtMs(swap.deadman) : null,
		decided: !open,
	};
}

function titleOf(swap: Swap): string {
	switch (swap.status) {
		case "awaiting_confirmation":
			return `I'm back with the new version (${swap.id}). Confirm to keep it, or Rollback.`;
		case "promoting":
		case "finalized":
			return `${swap.id} is confirmed: the new version stays.`;
		case "rolling_back":
			return `${swap.id} is being rolled back.`;
		case "rolled_back":
			return `${swap.id} was rolled back: the previous version serves again.`;
		case "stranded":
			return `${swap.id} is STRANDED: the previous version does not answer. Somebody has to look.`;
		default:
			return `${swap.id} is ${swap.status}.`;
	}
}

function linesOf(swap: Swap): string[] {
	const lines = [printableLine(swap.proposal?.summary ?? "")];
	if (swap.status === "awaiting_confirmation") lines.push(filesLine(swap));
	if (swap.decidedBy !== null) lines.push(`Decided by ${swap.decidedBy}.`);
	if (swap.cause !== null) lines.push(`Cause: ${printableLine(swap.cause.message)}`);
	if (swap.status === "rolled_back" && swap.discarded !== null) lines.push(...swap.discarded.flatMap(discardedLine));
	return lines.filter((line) => line !== "");
}

function filesLine(swap: Swap): string {
	const files = swap.proposal?.files ?? [];
	const shown = files.slice(0, 5).map((file) => printableLine(file.path));
	const more = files.length > shown.length ? ` and ${files.length - shown.length} more` : "";
	return `Changes ${shown.join(", ")}${more}.`;
}

function discardedLine(counts: TableCounts): string[] {
	const parts = (["inserted", "updated", "deleted"] as const)
		.filter((kind) => counts[kind] > 0)
		.map((kind) => `${counts[kind]} ${kind}`);
	return parts.length === 0 ? [] : [`Set aside from ${printableLine(counts.table)}: ${parts.join(", ")}.`];
}

/** For refusals and for clicks on old cards. */
export function happened(swap: Swap): string {
	const by = swap.decidedBy === null ? "" : ` by ${swap.decidedBy}`;
	const why = swap.cause === null ? "" : ` ${printableLine(swap.cause.message)}`;
	if (swap.status === "promoting" || swap.status === "finalized") return `It was confirmed${by}.`;
	if (swap.status === "rolling_back") return `It is being rolled back${by}.${why}`;
	if (swap.status === "rolled_back") return `It was rolled back${by}.${why}`;
	if (swap.status === "rejected")
		return `It was rejected: ${printableLine(swap.outcome?.sentence ?? "no reason was given.")}`;
	return isEnded(swap.status) ? "It has ended." : `It is ${swap.status}.`;
}
