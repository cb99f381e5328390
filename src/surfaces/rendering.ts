// Views as text for terminals. Everything that a builder or a program wrote is neutralised here; nothing is decided here.
import { formatDuration } from "../core/duration.js";
import { printableLine } from "../core/printable.js";
import { type Actor, actorName, type Cause, type ChangedFile, type TableCounts } from "../core/swap.js";
import type { Workspace } from "../ports.js";
import type { FactView, SwapView } from "./view.js";

const shownFiles = 40;

export function renderSwap(swap: SwapView): string {
	const lines = [
		`${swap.id}  ${swap.status}${swap.classification === null ? "" : `  (${swap.classification})`}`,
		...indented(swap.summary ?? ""),
		...filesLines(swap.files),
		...deadmanLines(swap),
		...causeLines(swap),
		...(swap.outcome === null ? [] : [`  outcome: ${printableLine(swap.outcome.sentence)} (${swap.outcome.by})`]),
		...((swap.discarded ?? []).length === 0 ? [] : ["  set aside:", ...tableLines(swap.discarded ?? [])]),
		...nextLines(swap),
	];
	return lines.join("\n");
}

function indented(text: string): string[] {
	return text
		.split(/\r?\n/)
		.filter((line) => line.trim() !== "")
		.map((line) => `  ${printableLine(line)}`);
}

const marks: Readonly<Record<ChangedFile["change"], string>> = {
	added: "A",
	modified: "M",
	deleted: "D",
	renamed: "R",
	retyped: "T",
	mode: "X",
};

function filesLines(files: readonly ChangedFile[]): string[] {
	const lines = files.slice(0, shownFiles).map((file) => {
		const from = file.from === null ? "" : `${printableLine(file.from)} -> `;
		const why = file.summary === null ? "" : `  ${printableLine(file.summary)}`;
		return `  ${marks[file.change] ?? "?"} ${from}${printableLine(file.path)}${why}`;
	});
	if (files.length > shownFiles) lines.push(`  and ${files.length - shownFiles} more files`);
	return lines;
}

function deadmanLines({ deadman, status, boots }: SwapView): string[] {
	if (deadman === null) return [];
	const running = deadman.remainingMs > 0;
	const left = running ? `${formatDuration(deadman.remainingMs)} left, until ${deadman.expiresAt}` : deadman.expiresAt;
	const starts = boots > 1 ? [`  starts of the candidate: ${boots}`] : [];
	const label = running || status === "awaiting_confirmation" || status === "cutting_over" ? "deadman" : "deadman was";
	return [`  ${label}: ${left} (cap ${deadman.capAt})`, ...starts];
}

function causeLines({ cause }: SwapView): string[] {
	if (cause === null) return [];
	const site = cause.site === null ? "" : ` at ${cause.site}`;
	return [
		`  cause: ${printableLine(cause.message)} (${cause.code}${site})`,
		...cause.log.map((line) => `    | ${printableLine(line)}`),
	];
}

function nextLines({ id, status }: SwapView): string[] {
	if (status === "pending_approval") return [`  next: deadman diff ${id}, then deadman approve ${id} or reject ${id}`];
	if (status === "awaiting_confirmation") return [`  next: deadman confirm ${id} or deadman rollback ${id}`];
	if (status === "drafting") return ["  next: correct the change and submit it again"];
	if (status === "stranded") return [`  next: make the previous version start, then deadman rollback ${id}`];
	return [];
}

/** Newest first, one line each. */
export function renderSwaps(swaps: readonly SwapView[]): string {
	if (swaps.length === 0) return "No swaps yet.";
	return swaps
		.map(({ id, status, createdAt, summary }) => {
			const [first = ""] = (summary ?? "").split(/\r?\n/);
			return `${id}  ${status.padEnd(21)}  ${createdAt.slice(0, 19)}Z  ${printableLine(first).slice(0, 80)}`.trimEnd();
		})
		.join("\n");
}

const factKeys = ["step", "release", "boots", "channel", "reason", "sentence", "text", "exitCode", "code", "signal"];

export function renderFacts(facts: readonly FactView[]): string {
	if (facts.length === 0) return "No facts yet.";
	return facts.map((fact) => `${fact.at}  ${fact.type.padEnd(18)}  ${detailsOf(fact)}`.trimEnd()).join("\n");
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

export function renderTables(tables: readonly TableCounts[]): string {
	return tables.length === 0 ? "Nothing was set aside." : tableLines(tables).join("\n");
}

function tableLines(tables: readonly TableCounts[]): string[] {
	return tables.map((counts) => {
		const replayed = counts.replayed === null ? "" : `, ${counts.replayed} replayed`;
		const note = counts.note === null ? "" : `  (${printableLine(counts.note)})`;
		const where = printableLine(`${counts.database} ${counts.table}`);
		return `  ${where}: ${counts.inserted} inserted, ${counts.updated} updated, ${counts.deleted} deleted${replayed}${note}`;
	});
}

export function renderWorkspaces(workspaces: readonly Workspace[]): string {
	if (workspaces.length === 0) return "No workspaces.";
	return workspaces
		.map((it) => printableLine(`${it.name}  ${it.path}  ${it.branch} at ${it.head.slice(0, 12)}`))
		.join("\n");
}
