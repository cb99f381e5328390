// One swap as text for terminals: what it is, what deserves a second look, how far it is, and what to type next. Decides nothing.
import { formatDuration } from "../../core/duration.js";
import { reasons } from "../../core/people/seen.js";
import { printableLine } from "../../core/rules/printable.js";
import { markWords } from "../../core/rules/readable.js";
import { type ChangedFile, hostTarget } from "../../core/swap.js";
import type { SwapView } from "../view.js";
import { tableLines } from "./lists.js";

const shownFiles = 40;
const shownFlags = 20;
const shownPaths = 5;

export function renderSwap(swap: SwapView): string {
	const lines = [
		`${swap.id}  ${swap.status}${classText(swap)}`,
		...indented(swap.summary ?? ""),
		...filesLines(swap.files),
		...flagLines(swap),
		...approvalLines(swap),
		...swap.checks.map(
			({ command, durationMs }) => `  check: ${printableLine(command)} passed in ${formatDuration(durationMs)}`,
		),
		...deadmanLines(swap),
		...causeLines(swap),
		...blockedLines(swap),
		...(swap.outcome === null ? [] : [`  outcome: ${printableLine(swap.outcome.sentence)} (${swap.outcome.by})`]),
		...((swap.discarded ?? []).length === 0 ? [] : ["  set aside:", ...tableLines(swap.discarded ?? [])]),
		...promotionLines(swap),
		...nextLines(swap),
	];
	return lines.join("\n");
}

function classText({ classification, target, targets }: SwapView): string {
	if (classification === null) return "";
	const places = target === hostTarget ? targets.filter((name) => name !== hostTarget) : [target];
	return `  (${[classification, ...places].map(printableLine).join(", ")})`;
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
		return `  ${marks[file.change] ?? "?"} ${from}${printableLine(file.path)}${besideText(file)}${why}`;
	});
	if (files.length > shownFiles) lines.push(`  and ${files.length - shownFiles} more files`);
	return lines;
}

function besideText({ marks: noted = [], unshown }: ChangedFile): string {
	const said = [
		...noted.map((mark) => markWords[mark] ?? mark),
		...(unshown === undefined ? [] : [reasons[unshown.why]]),
	];
	return said.length === 0 ? "" : `  [${said.join(", ")}]`;
}

function flagLines({ flags, knownBad }: SwapView): string[] {
	const lines = flags
		.slice(0, shownFlags)
		.map(({ kind, path, rule }) => `  ${kind}: ${printableLine(path)}  (rule ${printableLine(rule)})`);
	if (flags.length > shownFlags) lines.push(`  and ${flags.length - shownFlags} more flags`);
	return knownBad === null ? lines : [...lines, `  known bad: the same tree ended badly before, in ${knownBad}`];
}

function approvalLines({ id, status, shown, approvals, approvalExpiresAt, phrase }: SwapView): string[] {
	const lines = shown?.whole === false ? [`  not shown in full: deadman diff ${id} shows the whole`] : [];
	if (approvals.length > 0) lines.push(`  approved by: ${approvals.map(printableLine).join(", ")}`);
	if (status !== "pending_approval") return lines;
	if (approvalExpiresAt !== null) lines.push(`  waits for approval until ${approvalExpiresAt}`);
	if (phrase !== null) lines.push(`  approved by typing: ${phrase}`);
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

function blockedLines({ blockedBy }: SwapView): string[] {
	if (blockedBy === null) return [];
	const { code, message, since } = blockedBy;
	return [`  held up since ${since}: ${printableLine(message)} (${code}); it is tried on`];
}

const promotionTexts = {
	offered: "may take",
	approved: "is taking",
	applied: "took",
	kept: "does not take",
	refused: "could not take",
} as const;

function promotionLines({ promotion }: SwapView): string[] {
	if (promotion === null) return [];
	const { state, paths, by, sentence } = promotion;
	const named = paths.slice(0, shownPaths).map(printableLine).join(", ");
	const more = paths.length > shownPaths ? ` and ${paths.length - shownPaths} more` : "";
	const who = by === null ? "" : ` (${printableLine(by)})`;
	const why = sentence === null ? "" : `: ${printableLine(sentence)}`;
	return [`  template: it ${promotionTexts[state]} ${named}${more}${who}${why}`];
}

function nextLines({ id, status, phrase, promotion, workspace, epoch }: SwapView): string[] {
	const number = epoch > 1 ? ` --submission ${epoch}` : "";
	const typed = phrase === null ? "" : ` --type "${phrase}"`;
	if (status === "pending_approval")
		return [
			`  next: deadman review ${id}, then deadman approve ${id}${number}${typed} or deadman reject ${id}${number}`,
		];
	if (status === "awaiting_confirmation") return [`  next: deadman confirm ${id} or deadman rollback ${id}`];
	if (status === "drafting") {
		const again = workspace === null ? "" : `: deadman submit ${printableLine(workspace)}`;
		return [`  next: correct the change and submit it again${again}`];
	}
	if (status === "stranded") return [`  next: make the previous version start, then deadman rollback ${id}`];
	if (promotion?.state === "offered") return [`  next: deadman promote ${id} or deadman keep ${id}`];
	return [];
}
