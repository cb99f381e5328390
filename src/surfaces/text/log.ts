// The journal of a swap as text for terminals: its facts, and between them the requests that were refused. Changes nothing.
import { printableLine } from "../../core/rules/printable.js";
import { type Actor, actorName, type Cause } from "../../core/swap.js";
import type { AuditView, FactView } from "../view.js";

const factKeys = [
	"step",
	"target",
	"release",
	"boots",
	"channel",
	"person",
	"to",
	"reason",
	"sentence",
	"text",
	"commit",
	"exitCode",
	"code",
	"signal",
];

/** Refused requests stand between the facts by their time; the facts keep their own order, whatever the clock did. */
export function renderLog(facts: readonly FactView[], audits: readonly AuditView[]): string {
	if (facts.length + audits.length === 0) return "No facts yet.";
	const waiting = [...oldestFirst(audits)];
	const lines: string[] = [];
	const refusedUntil = (atMs: number) => {
		for (let next = waiting[0]; next !== undefined && next.atMs < atMs; next = waiting[0]) {
			lines.push(refusalLine(next, null));
			waiting.shift();
		}
	};
	for (const fact of facts) {
		refusedUntil(fact.atMs);
		lines.push(lineOf(fact.at, fact.type, detailsOf(fact)));
	}
	refusedUntil(Number.POSITIVE_INFINITY);
	return lines.join("\n");
}

/** Refused requests alone, oldest first, each with the swap that it was about. */
export function renderRefused(audits: readonly AuditView[]): string {
	if (audits.length === 0) return "Nothing was refused.";
	return oldestFirst(audits)
		.map((entry) => refusalLine(entry, entry.swapId ?? "-"))
		.join("\n");
}

/** They come newest first. */
function oldestFirst(audits: readonly AuditView[]): readonly AuditView[] {
	return audits.toReversed();
}

/** What gives access is kept where it was allowed too. */
function refusalLine(entry: AuditView, about: string | null): string {
	const { at, by, verb, code, message, shown } = entry;
	const isAllowed = code === "allowed";
	const details = [
		...(about === null ? [] : [about]),
		`by ${actorName(by)}`,
		verb,
		isAllowed ? message : `${code}: ${message}`,
		...(shown === null ? [] : [`(shown: ${shown})`]),
	];
	return lineOf(at, isAllowed ? "allowed" : "refused", details.map(printableLine).join("  "));
}

function lineOf(at: string, type: string, details: string): string {
	return `${at}  ${printableLine(type).padEnd(18)}  ${details}`.trimEnd();
}

/** What a reader of the log wants of a fact: who, why, and the short values. */
function detailsOf(fact: FactView): string {
	const values = fact as unknown as Readonly<Record<string, unknown>>;
	const { by = values.proposer, cause } = values as { by?: Actor | string; cause?: Cause };
	const parts = factKeys
		.filter((key) => values[key] !== undefined && values[key] !== null && values[key] !== "")
		.map((key) => `${key}=${String(values[key])}`);
	if (by !== undefined) parts.unshift(`by ${typeof by === "string" ? by : actorName(by as Actor)}`);
	if (cause?.message !== undefined) parts.push(cause.message);
	return printableLine(parts.join("  "));
}
