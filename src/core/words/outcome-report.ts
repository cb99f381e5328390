// What a builder is told when its swap has ended or failed: what happened, the evidence, and what to do. Pure; from the swap alone.

import { limits } from "../limits.js";
import { happened, isExpired, isWithdrawn } from "../machine/standing.js";
import { printableBlock, printableLine } from "../rules/printable.js";
import { sentence, shortened } from "../rules/untrusted.js";
import { type Cause, type CheckResult, causeOf, type Status, type Swap } from "../swap.js";
import { isoTime } from "../timestamp.js";
import { nextFor, type OutcomeKind } from "./outcome-next.js";

export type { OutcomeKind } from "./outcome-next.js";

export interface OutcomeReport {
	readonly swapId: string;
	/** Of the submission that it tells about. */
	readonly epoch: number;
	readonly status: Status;
	readonly outcome: OutcomeKind;
	/** What happened and why, in a sentence or two. */
	readonly sentence: string;
	readonly cause: { readonly code: string; readonly message: string } | null;
	/** The last lines of the log that shows it. */
	readonly log: readonly string[];
	/** The command that failed: a check, the build or the install. Its `durationMs` is 0 where nobody measured it. */
	readonly failedCheck: CheckResult | null;
	/** What the probe answered last, where one was asked. */
	readonly probe: string | null;
	readonly tree: string | null;
	readonly commit: string | null;
	readonly workspace: string | null;
	/** What the builder can do now, as an instruction. */
	readonly next: string;
	/** When it ended or failed. */
	readonly at: string;
}

/** Null while nothing has ended or failed. */
export function outcomeReportOf(swap: Swap): OutcomeReport | null {
	const outcome = kindOf(swap);
	if (outcome === null) return null;
	const cause = outcome === "kept" ? null : whyOf(swap);
	return {
		swapId: swap.id,
		epoch: swap.epoch,
		status: swap.status,
		outcome,
		sentence: sentenceOf(swap, outcome),
		cause: cause === null ? null : { code: cause.code, message: told(cause.message) },
		log: logOf(cause),
		failedCheck: failedCommand(cause),
		probe: outcome === "failed" || outcome === "refused" ? null : probeOf(swap, cause),
		tree: swap.proposal?.tree ?? null,
		commit: swap.proposal?.proposed ?? null,
		workspace: swap.workspace,
		next: nextFor(swap, outcome),
		at: isoTime(swap.statusAtMs),
	};
}

/** A draft that was never submitted, and one that was submitted anew, have nothing to tell. */
function kindOf({ status, epoch, cause, proposal }: Swap): OutcomeKind | null {
	if (status === "drafting") return epoch > 0 && cause !== null ? "failed" : null;
	if (status === "rejected") return proposal === null ? null : "refused";
	if (status === "finalized") return "kept";
	return status === "rolled_back" || status === "stranded" ? status : null;
}

/** A person's word is a cause too, though no step failed. */
function whyOf(swap: Swap): Cause | null {
	if (swap.status !== "rejected" || isExpired(swap)) return swap.cause;
	if (isWithdrawn(swap)) return causeOf("withdrawn", swap.outcome?.sentence ?? "");
	return causeOf("rejected", swap.outcome?.sentence.trim() || "No reason was given.");
}

function sentenceOf(swap: Swap, outcome: OutcomeKind): string {
	const { id } = swap;
	const why = swap.cause === null ? "" : ` ${told(sentence(swap.cause.message))}`;
	if (outcome === "failed") return `${id} could not be staged, and nothing was touched.${why}`;
	if (outcome === "stranded") return `${id} is stranded: the previous version does not answer.${why}`;
	const by = outcome === "refused" && swap.outcome !== null && !isWithdrawn(swap) && !isExpired(swap);
	const who = by ? ` It was decided by ${printableLine(swap.outcome?.by ?? "")}.` : "";
	return `${id}: ${told(happened(swap))}${who}`;
}

function told(text: string): string {
	return shortened(printableLine(text), limits.causeLogCharacters);
}

/** Of the newest lines, as many characters as a cause may have. */
function logOf(cause: Cause | null): readonly string[] {
	const lines = (cause?.log ?? []).slice(-limits.causeLogLines).map((line) => printableBlock(line));
	let room: number = limits.causeLogCharacters;
	return lines
		.reverse()
		.map((line) => {
			const kept = room <= 0 ? "" : shortened(line, room);
			room -= line.length;
			return kept;
		})
		.filter((line, index) => index === 0 || line !== "")
		.reverse();
}

const commandSites = /^stage\.(?:install|build|check)$/;

/** How causes of commands end, see `causeFrom`. */
const endings =
	/ (?:ended with code -?\d+|did not end within its time limit|printed more than its output limit|started more processes than its limit|took more memory than its limit|could not be started|was stopped)\.$/;

function failedCommand(cause: Cause | null): CheckResult | null {
	if (cause === null || !commandSites.test(cause.site ?? "") || !endings.test(cause.message)) return null;
	return { command: told(cause.message.replace(endings, "")), durationMs: 0 };
}

/** Where the probe was the cause, its last answer stands there; else the answer that let the swap be tried. */
function probeOf({ evidence }: Swap, cause: Cause | null): string | null {
	const asked = cause?.code === "not_ready" ? /\((.+)\)\.$/s.exec(cause.message) : null;
	const answered = cause?.code === "unhealthy" ? /stopped answering: (.+)\.$/s.exec(cause.message) : null;
	const found = asked?.[1] ?? answered?.[1] ?? evidence?.probe ?? null;
	return found === null ? null : told(found);
}
