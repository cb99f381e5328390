// Who is told what, from the facts alone. Goes into the outbox in the same transaction as the fact that causes it.

import type { Fact, FactType } from "../facts.js";
import { limits } from "../limits.js";
import { isEnded } from "../machine/phases.js";
import { isUncovered } from "../machine/uncovered.js";
import type { Authority } from "../people/authority.js";
import { fenced, inertBlock, inertLine, sentence } from "../rules/untrusted.js";
import type { Swap } from "../swap.js";
import type { CardKind } from "./card-face.js";
import { blockedNotice, endNotice, restartNotice, warningNotice } from "./notices.js";
import { type OutcomeReport, outcomeReportOf } from "./outcome-report.js";
import { type ReviewLimits, reviewOf } from "./review.js";

export interface Announcement {
	readonly kind: CardKind | "notice";
	/** Null for cards: they are rendered when they are sent, so one pending card tells every change before it. */
	readonly text: string | null;
	/** Only where cards are edited, which tells nobody that looks elsewhere; where they are not, a new card says it. */
	readonly besideEdit?: true;
}

/** What builders are told, once for each end and each failed try; null: nothing. */
export function outcomeFor(before: Swap, after: Swap): OutcomeReport | null {
	return before.status === after.status ? null : outcomeReportOf(after);
}

/** What one channel can be given to read. */
export interface Reading {
	readonly diff: string;
	readonly limits: ReviewLimits;
	/** The operator's, for the phrase that the intro names. */
	readonly authority?: Authority;
}

/** In the order in which they are to be read; each card at most once. */
export function announcementsFor(
	before: Swap,
	after: Swap,
	facts: readonly Fact[],
	reading?: Reading,
): readonly Announcement[] {
	const moved = before.status === after.status ? [] : announceMove(before, after, reading);
	const kinds = facts.flatMap((fact) => (isTold(fact) ? "card" : (cardsOf[fact.type] ?? [])));
	const shown = kinds.filter(
		(kind) => kind !== "card" || (moved.length === 0 && after.status === "awaiting_confirmation"),
	);
	const told = new Set(moved.map(({ kind }) => kind));
	const beside = facts.flatMap((fact) => noticeOf(after, fact) ?? []);
	return [...moved, ...beside, ...[...new Set(shown)].filter((kind) => !told.has(kind)).map(card)];
}

/** Before live is touched, and before the window ends. */
function noticeOf(after: Swap, fact: Fact): Announcement | null {
	if (fact.type === "armed") return notice(restartNotice(after));
	if (fact.type === "blockedLong") return notice(blockedNotice(after, fact.cause));
	return fact.type === "warned" ? notice(warningNotice(after.id, fact.leftMs)) : null;
}

/** Of notes only what people decide by. */
const isTold = (fact: Fact) => fact.type === "noted" && isUncovered(fact.text);

/** Facts that move nothing and change what a card says. */
const cardsOf: Readonly<Partial<Record<FactType, CardKind>>> = {
	endorsed: "approval",
	extended: "card",
	cardDelivered: "card",
	heard: "card",
	promotionOffered: "promotion",
	promotionApproved: "promotion",
	promotionKept: "promotion",
	promotionApplied: "promotion",
	promotionRefused: "promotion",
};

function announceMove(before: Swap, after: Swap, reading: Reading | undefined): readonly Announcement[] {
	switch (after.status) {
		case "pending_approval":
			return [...readingOf(after, reading), card("approval")];
		case "staging":
			return before.status === "pending_approval" ? [card("approval")] : [];
		case "drafting":
			return [failed(after), ...approvalAgain(after)];
		case "rejected":
			return [before.proposal === null ? withdrawnDraft(after) : card("approval")];
		case "promoting":
		case "rolling_back":
			return before.status === "cutting_over" ? [] : [card("card")];
		case "awaiting_confirmation":
			return [card("card")];
		case "stranded":
			return ended(before, after);
		default:
			return isEnded(after.status) ? ended(before, after) : [];
	}
}

/** Who was sent the card of the trial and decided nothing hears of its end in words too. */
function ended(before: Swap, after: Swap): readonly Announcement[] {
	const unasked = after.status === "stranded" || (after.status === "rolled_back" && after.decidedBy === null);
	const words = unasked && before.handshake === "message1_sent";
	return [card("card"), ...(words ? [beside(notice(endNotice(after)))] : []), ...approvalAgain(after)];
}

/** The card that asked for approval stays true, where anybody was asked. */
function approvalAgain({ approvals }: Swap): readonly Announcement[] {
	return approvals.some((by) => !by.startsWith("supervisor:")) ? [beside(card("approval"))] : [];
}

function beside(announcement: Announcement): Announcement {
	return { ...announcement, besideEdit: true };
}

/** For somebody who was not asked before. */
export function askingAgain(swap: Swap, reading?: Reading): readonly Announcement[] {
	return [...readingOf(swap, reading), card("approval")];
}

function readingOf(swap: Swap, reading: Reading | undefined): readonly Announcement[] {
	if (reading === undefined) return [];
	const { intro, files, pieces } = reviewOf(swap, reading.diff, reading.limits, reading.authority);
	return [intro, ...files, ...pieces].map(notice);
}

/** The builder corrects it from this alone: the cause, and the last lines of the log that shows it. */
function failed({ id, cause }: Swap): Announcement {
	const why = cause === null ? "no cause was noted." : inertLine(cause.message, limits.causeLogCharacters);
	const log = (cause?.log ?? []).slice(-limits.causeLogLines).join("\n").slice(-limits.causeLogCharacters);
	const text = `${id} could not be staged, nothing was touched: ${why}`;
	return notice(log === "" ? text : `${text}\n${fenced(inertBlock(log))}`);
}

/** No card of it is out. */
function withdrawnDraft({ id, outcome }: Swap): Announcement {
	return notice(`${id} was rejected: ${sentence(outcome?.sentence ?? "") || "no reason was given."}`);
}

function notice(text: string): Announcement {
	return { kind: "notice", text };
}

function card(kind: CardKind): Announcement {
	return { kind, text: null };
}
