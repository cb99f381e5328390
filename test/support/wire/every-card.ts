// Every kind of card that a channel is given, as the core makes it, and a builder's text that wants to be more than text.
import { type Card, cardOf } from "../../../src/core/words/card.js";
import { testCard } from "../../../src/core/words/test-card.js";
import { hostile } from "../../core/hostile-text.js";
import { evolved, operator, proposal, swapIn } from "../../core/journeys.js";

const offered = evolved(swapIn("finalized"), { type: "promotionOffered", paths: ["skills/a.md"] });
const discarded = [
	{ database: "data/notes.db", table: "notes", inserted: 3, updated: 1, deleted: 0, replayed: null, note: null },
];
const rolledBack = swapIn("rolled_back");

export const everyCard: Readonly<Record<string, Card>> = {
	"asks for approval, with a phrase": cardOf(swapIn("pending_approval"), "approval"),
	approved: cardOf(swapIn("staging"), "approval"),
	rejected: cardOf(swapIn("rejected"), "approval"),
	"on trial": cardOf(swapIn("awaiting_confirmation"), "card"),
	"on trial, counting down": { ...cardOf(swapIn("awaiting_confirmation"), "card"), leftMs: 75_000 },
	"being confirmed": cardOf(swapIn("promoting"), "card"),
	"being rolled back": cardOf(swapIn("rolling_back"), "card"),
	confirmed: cardOf(swapIn("finalized"), "card"),
	"rolled back, with what was set aside": cardOf({ ...rolledBack, discarded }, "card"),
	stranded: cardOf(swapIn("stranded"), "card"),
	"offers the template": cardOf(offered, "promotion"),
	"kept local": cardOf(evolved(offered, { type: "promotionKept", by: operator }), "promotion"),
	"of a test": testCard({ channel: "chat", buttons: true, edited: false }),
};

const extra = [
	"@everyone",
	"<@U1>",
	"<!here|x>",
	"<t:1763732000:R>",
	"*_~[]()",
	"[x](https://evil)",
	"# big",
	"> quote",
	"- item",
	"1. one",
	":smile:",
	"&lt;&amp;",
	"\u202eright to left",
];

/** Each is a summary of a builder's. */
export const hostileSummaries: readonly string[] = [...hostile, ...extra, [...hostile, ...extra].join(" ")];

export const hugeSummary = `Begin ${"<&>@everyone _x_ ".repeat(6_000)}end`;

export const cardSaying = (summary: string): Card =>
	cardOf({ ...swapIn("awaiting_confirmation"), proposal: { ...proposal, summary } }, "card");

export const approvalSaying = (summary: string): Card =>
	cardOf({ ...swapIn("pending_approval"), proposal: { ...proposal, summary } }, "approval");
