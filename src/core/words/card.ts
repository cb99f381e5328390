// What people read: a card of each kind, the one of the trial with its outcome, and the sentence that an old card answers with. Rendered
// from the stored state only.

import { expiresAtMs } from "../deadman.js";
import { isEnded } from "../machine/phases.js";
import { uncoveredOf } from "../machine/uncovered.js";
import { type Authority, openAuthority } from "../people/authority.js";
import type { Sight } from "../people/seen.js";
import { checksOf, flagsOf, pathList, rollbackOf } from "../rules/evidence.js";
import { printableLine } from "../rules/printable.js";
import { sentence } from "../rules/untrusted.js";
import { noneHeard, type Swap, type TableCounts } from "../swap.js";
import { approvalFace } from "./approval-card.js";
import type { Card, CardKind, Face } from "./card-face.js";
import { promotionFace } from "./promotion-card.js";
import { nameOf, whoIs } from "./who.js";

export type { Button, Card, CardKind } from "./card-face.js";

/** `authority` says whom an approval card asks and whether it asks for a typed phrase: the operator's, where there is one. `sight`: how the place where it stands showed the diff; left out: in full. */
export function cardOf(swap: Swap, kind: CardKind, authority: Authority = openAuthority, sight?: Sight | null): Card {
	const { id: swapId, epoch } = swap;
	return {
		swapId,
		epoch,
		kind,
		...(kind === "approval" ? approvalFace(swap, authority, sight) : face(swap, kind, authority)),
	};
}

/** A message that counts no more: of an earlier submission, or the second copy of a card. */
export function closedCard(swap: Swap, sent: Pick<Card, "epoch" | "kind">, authority: Authority = openAuthority): Card {
	const now = cardOf(swap, sent.kind, authority);
	if (sent.epoch === swap.epoch && isEnded(swap.status)) return now;
	const what = sent.epoch === swap.epoch ? "a second copy of the card" : "a card of an earlier try";
	const closed = { buttons: [], expiresAtMs: null, decided: true, phrase: null };
	return {
		...now,
		epoch: sent.epoch,
		...closed,
		title: `This is ${what} of ${swap.id}.`,
		lines: ["Use the newest card."],
	};
}

function face(swap: Swap, kind: CardKind, authority: Authority): Face {
	return kind === "promotion" ? promotionFace(swap, authority) : trialFace(swap, authority);
}

function trialFace(swap: Swap, authority: Authority): Face {
	const open = swap.status === "awaiting_confirmation";
	return {
		title: titleOf(swap, authority),
		lines: linesOf(swap, authority),
		buttons: open ? ["confirm", "rollback", "extend"] : [],
		expiresAtMs: open && swap.deadman !== null ? expiresAtMs(swap.deadman) : null,
		decided: !open,
		phrase: null,
	};
}

function titleOf(swap: Swap, authority: Authority): string {
	switch (swap.status) {
		case "awaiting_confirmation":
			return `I'm back with the new version (${swap.id}). Confirm to keep it, or Rollback.`;
		case "promoting":
			return `${swap.id} is being decided: ${decider(swap, authority)} confirmed it, and it is being kept.`;
		case "finalized":
			return `${swap.id} is confirmed: the new version stays.`;
		case "rolling_back":
			return `${swap.id} is being decided: ${backwards(swap, authority)} being rolled back.`;
		case "rolled_back":
			return `${swap.id} was rolled back: the previous version serves again.`;
		case "stranded":
			return `${swap.id} is STRANDED: the previous version does not answer. Somebody has to look.`;
		default:
			return `${swap.id} is ${swap.status}.`;
	}
}

function decider({ decidedBy }: Swap, authority: Authority): string {
	return decidedBy === null ? "somebody" : nameOf(authority, decidedBy);
}

/** Where nobody asked for it, the cause below says why. */
function backwards(swap: Swap, authority: Authority): string {
	return swap.decidedBy === null ? "it is" : `${decider(swap, authority)} asked to go back, and it is`;
}

function linesOf(swap: Swap, authority: Authority): string[] {
	const lines = [printableLine(swap.proposal?.summary ?? "")];
	if (swap.status === "awaiting_confirmation") lines.push(...trialLines(swap));
	if (swap.decidedBy !== null) lines.push(`Decided by ${whoIs(authority, swap.decidedBy)}.`);
	if (swap.cause !== null) lines.push(`Cause: ${sentence(swap.cause.message)}`);
	if (swap.blockedBy !== null) lines.push(`Held up: ${sentence(swap.blockedBy.cause.message)} It is tried on.`);
	if (swap.status === "stranded") lines.push(strandedLine(swap));
	if (swap.status === "finalized") lines.push(sentence(swap.outcome?.sentence ?? ""));
	if (swap.status === "rolled_back" && swap.discarded !== null) lines.push(...swap.discarded.flatMap(discardedLine));
	return lines.filter((line) => line !== "");
}

function trialLines(swap: Swap): readonly string[] {
	const paths = (swap.proposal?.files ?? []).map(({ path }) => path);
	return [
		`Changes ${pathList(paths)}.`,
		...flagsOf(swap),
		...checksOf(swap),
		...rollbackOf(swap),
		...uncoveredOf(swap),
		...heardOf(swap),
	];
}

/** In its own words, which are not to be trusted. */
function heardOf({ heard = noneHeard }: Swap): string[] {
	const { warnings, lastWarning, firstMessageAtMs } = heard;
	const times = warnings === 1 ? "once" : `${warnings} times`;
	return [
		...(firstMessageAtMs === null ? [] : ["It has sent its first message."]),
		...(warnings === 0 ? [] : [`It warned ${times}, last: ${sentence(lastWarning ?? "")}`]),
	];
}

/** The first cause says why it went back; why that failed was noted beside it. */
function strandedLine({ notes }: Swap): string {
	const start = "attempts_exhausted: ";
	const last = notes.findLast((note) => note.startsWith(start));
	return last === undefined ? "" : `Going back failed: ${sentence(last.slice(start.length))}`;
}

function discardedLine(counts: TableCounts): string[] {
	const parts = (["inserted", "updated", "deleted"] as const)
		.filter((kind) => counts[kind] > 0)
		.map((kind) => `${counts[kind]} ${kind}`);
	const back = (counts.replayed ?? 0) > 0 ? `; ${counts.replayed} put back` : "";
	const table = printableLine(counts.table);
	if (counts.kind === "files") return filesLine(counts, parts, back);
	if (parts.length > 0) return [`Set aside from ${table}: ${parts.join(", ")}${back}.`];
	return counts.note === null ? [] : [`Set aside from ${table}: ${sentence(counts.note)}`];
}

/** What stays is told as well: it belongs to a version that is gone. */
function filesLine({ database, note }: TableCounts, parts: readonly string[], back: string): string[] {
	const words = parts.map((part) =>
		part.replace("inserted", "added").replace("updated", "changed").replace("deleted", "removed"),
	);
	const what = words.length === 0 ? "" : `: ${words.join(", ")}${back}`;
	return [`Files in ${printableLine(database)}${what}.${note === null ? "" : ` ${sentence(note)}`}`];
}
