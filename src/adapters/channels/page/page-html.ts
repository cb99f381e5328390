// The page's HTML: cards, notices, and the answer to a click. Every text is escaped by the template; the page loads nothing and runs no script.
import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import { spokenTime } from "../../../core/duration.js";
import { printableBlock, printableLine } from "../../../core/rules/printable.js";
import type { Card, CardKind } from "../../../core/words/card.js";
import { labels } from "../../../core/words/card-face.js";
import type { Nonces } from "../../../ports/ports.js";

const style = [
	":root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}",
	"body{margin:2rem auto;max-width:44rem;padding:0 1rem}",
	"article{border:1px solid #8886;border-radius:.6rem;padding:1rem 1.2rem;margin:1rem 0}",
	"article.decided{opacity:.75}h1{font-size:1.2rem}h2{font-size:1.05rem;margin:0 0 .5rem}p{margin:.25rem 0;overflow-wrap:anywhere}",
	"pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:.85rem;border-left:.15rem solid #8886;padding-left:.8rem}",
	"form{display:flex;flex-wrap:wrap;gap:.6rem;margin-top:.9rem}label{flex-basis:100%}input{font:inherit;width:100%;box-sizing:border-box}button{font:inherit;padding:.45rem 1rem;border-radius:.4rem;border:1px solid #8888;cursor:pointer}",
	"button[value=confirm],button[value=approve]{background:#186a3b;color:#fff}",
	"button[value=rollback],button[value=reject]{background:#922b21;color:#fff}",
	"[role=status]{border-left:.3rem solid #b9770e;padding:.5rem 1rem}",
].join("");

const styleHash = createHash("sha256").update(style).digest("base64");

export const securityHeaders: Readonly<Record<string, string>> = {
	"content-security-policy": `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
	"x-content-type-options": "nosniff",
	"x-frame-options": "DENY",
	"cross-origin-opener-policy": "same-origin",
	"cross-origin-resource-policy": "same-origin",
	/** `no-referrer` would make browsers send `Origin: null` with the form. */
	"referrer-policy": "same-origin",
	"cache-control": "no-store",
};

/** What a click may say. */
export const verdicts: ReadonlySet<string> = new Set(Object.keys(labels));

/** Seconds between two looks while a card is open. */
const refreshSeconds = 10;

export interface Page {
	readonly cards: readonly Card[];
	readonly notices: readonly string[];
	readonly nonces: Nonces;
	/** The answer to a click; then the page does not reload itself. */
	readonly sentence: string | null;
}

export function pageOf({ cards, notices, nonces, sentence }: Page) {
	const open = cards.filter((card) => card.buttons.length > 0);
	/** A page that loads itself again would take away what somebody is typing. */
	const typing = open.some((card) => card.phrase !== null);
	const reload =
		open.length > 0 && !typing && sentence === null
			? html`<meta http-equiv="refresh" content="${refreshSeconds}">`
			: "";
	const answer =
		sentence === null ? "" : html`<p role="status">${printableLine(sentence)}</p><p><a href="./">Back</a></p>`;
	const none = cards.length === 0 ? html`<p>No swap has asked for a decision yet.</p>` : "";
	const told = notices.length === 0 ? "" : html`<h1>Told so far</h1>${notices.toReversed().map(block)}`;
	return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${reload}
<title>deadman</title><style>${raw(style)}</style></head>
<body>${answer}${none}${cards.map((card) => article(card, nonces))}${told}</body></html>`;
}

type Html = ReturnType<typeof html>;

const ends: Readonly<Record<CardKind, (time: Html) => Html>> = {
	approval: (time) => html`Rejected by itself ${time} if nobody approves.`,
	card: (time) => html`Rolls back by itself ${time} if nobody confirms.`,
	promotion: (time) => html`Stays local ${time} if nobody applies it.`,
};

function article(card: Card, nonces: Nonces) {
	const window =
		card.expiresAtMs === null ? "" : html`<p>${ends[card.kind](timeOf(card.expiresAtMs, card.leftMs))}</p>`;
	return html`<article class="${card.decided ? "decided" : "open"}"><h2>${printableLine(card.title)}</h2>
${card.lines.map(paragraphs)}${window}${card.buttons.length === 0 ? "" : form(card, nonces)}</article>`;
}

function timeOf(expiresAtMs: number, leftMs: number | undefined) {
	const until = new Date(expiresAtMs).toISOString();
	const left = leftMs === undefined ? "" : `in ${spokenTime(leftMs)}, `;
	return html`${left}at <time datetime="${until}">${until}</time>`;
}

function form({ swapId, epoch, buttons, phrase }: Card, nonces: Nonces) {
	const typed =
		phrase === null
			? ""
			: html`<label>To approve, read the change, then type <b>${printableLine(phrase)}</b>
<input name="typed" autocomplete="off" spellcheck="false" maxlength="200"></label>
`;
	return html`<form method="post" action="decide">
<input type="hidden" name="swapId" value="${swapId}"><input type="hidden" name="epoch" value="${epoch}">
<input type="hidden" name="nonce" value="${nonces.of(swapId, epoch)}">
${typed}${buttons.map((button) => html`<button name="verdict" value="${button}">${labels[button]}</button>`)}</form>`;
}

/** A diff keeps its indentation. */
function block(text: string) {
	return html`<pre>${printableBlock(text.replaceAll("\r\n", "\n"))}</pre>`;
}

function paragraphs(text: string) {
	return text.split(/\r?\n/).map((line) => html`<p>${printableLine(line)}</p>`);
}
