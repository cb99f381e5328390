// The card that asks before: what would run, what to weigh, and how to approve it. Once decided it says by whom.
import { isExpired, isWithdrawn } from "../machine/standing.js";
import { type Authority, phraseOf, whoMay, whyTyped } from "../people/authority.js";
import { type Sight, unseen, unshownLines } from "../people/seen.js";
import { evidenceOf, pathList } from "../rules/evidence.js";
import { printableLine } from "../rules/printable.js";
import { sentence } from "../rules/untrusted.js";
import { actorName, type Status, type Swap } from "../swap.js";
import type { Face } from "./card-face.js";
import { whoIs } from "./who.js";

/** `sight`: how the place where it stands showed the diff; left out: in full. */
export function approvalFace(swap: Swap, authority: Authority, sight?: Sight | null): Face {
	const open = swap.status === "pending_approval";
	const why = whyTyped(authority, swap) ?? (sight === undefined ? null : unseen(swap, sight));
	const summary = printableLine(swap.proposal?.summary ?? "");
	return {
		title: open ? askingTitle(swap) : decidedTitle(swap),
		lines: [summary, ...(open ? askingLines(swap, authority, why) : decidedLines(swap, authority))].filter(
			(line) => line !== "",
		),
		buttons: open ? ["approve", "reject"] : [],
		expiresAtMs: open ? swap.approvalExpiresAtMs : null,
		decided: !open,
		phrase: open && why !== null ? phraseOf(swap) : null,
	};
}

function askingTitle({ id, proposal, target }: Swap): string {
	return `${id} asks for approval: a ${proposal?.classification ?? "host"} change of ${target}.`;
}

function askingLines(swap: Swap, authority: Authority, why: string | null): readonly string[] {
	const files = swap.proposal?.files ?? [];
	const count = files.length === 1 ? "" : ` (${files.length} files)`;
	return [
		`Proposed by ${printableLine(actorName(swap.proposer))}. Changes ${pathList(files.map(({ path }) => path))}${count}.`,
		...evidenceOf(swap),
		...typedLines(swap, why),
		...askedLines(swap, authority),
	];
}

function typedLines(swap: Swap, why: string | null): readonly string[] {
	const cut = swap.proposal?.shown?.whole === false;
	return [
		...(cut ? [`NOT SHOWN IN FULL: read it with \`deadman diff ${swap.id}\`.`] : []),
		...unshownLines(swap.proposal?.files ?? []),
		...(why === null ? [] : [`To approve, type "${phraseOf(swap)}": ${why}.`]),
	];
}

function askedLines(swap: Swap, authority: Authority): readonly string[] {
	const names = whoMay(authority, "approve", swap);
	const { approvals } = authority.classes[swap.proposal?.classification ?? "host"];
	const given = swap.approvals.length === 0 ? "" : `, so far by ${byLine(swap, authority)}`;
	return [
		...(names.length === 0 ? [] : [`Asked: ${names.join(", ")}.`]),
		...(approvals === 1 ? [] : [`${swap.approvals.length} of ${approvals} approvals${given}.`]),
	];
}

function byLine({ approvals }: Swap, authority: Authority): string {
	return approvals.map((by) => whoIs(authority, by)).join(", ");
}

function decidedTitle(swap: Swap): string {
	const { id } = swap;
	if (swap.status === "rejected" && isExpired(swap)) return `${id} expired: nobody approved it in time.`;
	if (swap.status === "rejected" && isWithdrawn(swap)) return `${id} was withdrawn.`;
	if (swap.status === "rejected") return `${id} was rejected.`;
	if (swap.status !== "drafting") return `${id} was approved, and ${since[swap.status] ?? "is being tried"}.`;
	return swap.cause === null ? `${id} is being drafted.` : `${id} could not be staged, and nothing was touched.`;
}

/** The trial has a card of its own; this one only stays true. */
const since: Readonly<Partial<Record<Status, string>>> = {
	finalized: "is kept",
	rolled_back: "was rolled back",
	stranded: "is STRANDED",
};

function decidedLines(swap: Swap, authority: Authority): readonly string[] {
	const { outcome, cause, status } = swap;
	const approved = swap.approvals.length === 0 ? [] : [`Approved by ${byLine(swap, authority)}.`];
	if (status === "drafting") return [...approved, cause === null ? "" : `Cause: ${sentence(cause.message)}`];
	if (status !== "rejected" || isExpired(swap) || outcome === null) return approved;
	const by = whoIs(authority, outcome.by);
	if (isWithdrawn(swap)) return [`Withdrawn by ${by}.`];
	return [
		sentence(outcome.sentence) === "" ? `Rejected by ${by}.` : `Rejected by ${by}: ${sentence(outcome.sentence)}`,
	];
}
