// What an approver reads before the card: an intro, the files with their sentences, the diff in pieces that fit the channel. All of a
// builder's text is untrusted: it is shown as text, and no markup, mention or fence of its own survives.
import { type Authority, openAuthority, phraseOf, whyTyped } from "../people/authority.js";
import { reasons, sidesOf } from "../people/seen.js";
import { linesChanged, packed, piecesOf, piecing } from "../rules/diff-text.js";
import { evidenceOf } from "../rules/evidence.js";
import { markWords } from "../rules/readable.js";
import { inertLine, legend, shortened } from "../rules/untrusted.js";
import { actorName, type ChangedFile, type Swap } from "../swap.js";

/** Of one channel, in characters (UTF-16 units). */
export interface ReviewLimits {
	/** At least 200. */
	readonly message: number;
	/** Pieces of diff that a channel is sent at most; of messages with files as many. */
	readonly pieces: number;
}

export interface Review {
	readonly intro: string;
	/** Messages, each with as many files as fit. */
	readonly files: readonly string[];
	/** Pieces of the diff, each at most `limits.message` characters with its fence. */
	readonly pieces: readonly string[];
	/** False where the diff was cut before, or something was left out here. */
	readonly whole: boolean;
}

interface Read {
	readonly id: string;
	readonly files: readonly ChangedFile[];
	readonly diff: string;
	readonly limits: ReviewLimits;
}

/** Does everything fit into what this channel is sent? */
export function fits(read: Read): boolean {
	return filesOf(read).whole && piecesOf(read.diff, { id: read.id, ...read.limits }).whole;
}

/** The messages in which a channel is sent every changed byte; null where they do not fit. */
export function readingIn(swap: Swap, diff: string, limits: ReviewLimits): readonly string[] | null {
	const read = { id: swap.id, files: swap.proposal?.files ?? [], diff, limits };
	if (!fits(read)) return null;
	return [...filesOf(read).messages, ...piecesOf(diff, { id: swap.id, ...limits }).pieces];
}

/** `diff` is the stored one, which may itself have been cut. */
export function reviewOf(swap: Swap, diff: string, limits: ReviewLimits, authority: Authority = openAuthority): Review {
	const work = reviewing({ swap, diff, limits, authority });
	let step = work.next();
	while (step.done !== true) step = work.next();
	return step.value;
}

interface Reviewing {
	readonly swap: Swap;
	readonly diff: string;
	readonly limits: ReviewLimits;
	readonly authority: Authority;
}

/** The same in parts, for what may be long. */
export function* reviewing({ swap, diff, limits, authority }: Reviewing): Generator<void, Review> {
	const files = filesOf({ id: swap.id, files: swap.proposal?.files ?? [], limits });
	const pieces = yield* piecing(diff, { id: swap.id, ...limits });
	const whole = swap.proposal?.shown?.whole !== false && files.whole && pieces.whole;
	const intro = introOf(swap, { diff, limits, whole, authority });
	return { intro, files: files.messages, pieces: pieces.pieces, whole };
}

interface Reading {
	readonly diff: string;
	readonly limits: ReviewLimits;
	readonly whole: boolean;
	readonly authority: Authority;
}

/** Our own sentences stand first and last; between them the summary takes what room is left. */
function introOf(swap: Swap, { diff, limits, whole, authority }: Reading): string {
	const { id, proposal, target } = swap;
	const by = inertLine(actorName(swap.proposer));
	const head = `${id} asks for approval: a ${proposal?.classification ?? "host"} change of ${target}, proposed by ${by}.`;
	const why = whyTyped(authority, swap) ?? (whole ? null : "its diff is not shown here in full");
	const tail = [
		sizeOf(swap, diff),
		...evidenceOf(swap, (text) => inertLine(text, 120)),
		...(whole ? [] : [`Not everything is shown here: \`deadman diff ${id}\` shows the whole.`]),
		...(why === null ? [] : [`To approve, type "${phraseOf(swap)}": ${why}.`]),
		legend,
	].join("\n");
	const summary = quoted(proposal?.summary ?? "", Math.max(limits.message - head.length - tail.length - 2, 40));
	return shortened([head, summary, tail].join("\n"), limits.message);
}

/** Every line stands indented and as code, so that none passes for one of ours. */
function quoted(summary: string, room: number): string {
	const lines = summary.split(/\r?\n/).filter((line) => line.trim() !== "");
	const [first = "", ...others] = packed(
		lines.map((line) => `  ${inertLine(line, room - 2)}`),
		room,
	);
	return others.length === 0 ? first : `${first}\n  …`.slice(0, room);
}

function sizeOf({ proposal }: Swap, diff: string): string {
	const count = proposal?.files.length ?? 0;
	const { added, removed } = linesChanged(diff);
	const cut = proposal?.shown?.whole === false ? "at least " : "";
	const bytes = proposal?.shown === undefined ? "" : `, ${proposal.shown.bytes} bytes of diff`;
	return `${count} ${count === 1 ? "file" : "files"}, ${cut}+${added} -${removed} lines${bytes}.`;
}

function filesOf({ id, files, limits }: Omit<Read, "diff">): {
	readonly messages: readonly string[];
	readonly whole: boolean;
} {
	const most = Math.max(limits.pieces, 1);
	const room = Math.max(limits.message - id.length - 48, 64);
	const lines = files.slice(0, room * most).map((file) => fileLine(file, room));
	const bodies = packed(lines, room);
	const shown = bodies.slice(0, most);
	const whole = shown.length === bodies.length && files.every((file) => isUncut(file, room));
	const title = (index: number) => `${id}: files, ${index + 1} of ${shown.length}${whole ? "" : ", then cut"}`;
	return { whole, messages: shown.map((body, index) => `${title(index)}\n${body}`) };
}

/** A path has at most a third of the room, and the builder's sentence what is left. */
function fileLine({ path, from, change, summary, marks, unshown }: ChangedFile, room: number): string {
	const said = [
		...(marks ?? []).map((mark) => markWords[mark] ?? mark),
		...(unshown === undefined ? [] : [`NOT SHOWN AS IT IS, ${reasons[unshown.why]}: ${sidesOf(unshown)}`]),
	].join("; ");
	const beside = said === "" ? "" : ` [${said}]`;
	const third = Math.max(16, Math.floor((room - 16 - beside.length) / 3));
	const names = [...(from === null ? [] : [from]), path].map((name) => inertLine(name, third)).join(" → ");
	const line = `${change} ${names}${beside}`;
	return summary === null || summary === ""
		? line
		: `${line}: ${inertLine(summary, Math.max(room - line.length - 2, 8))}`;
}

function isUncut(file: ChangedFile, room: number): boolean {
	return fileLine(file, room) === fileLine(file, Number.POSITIVE_INFINITY);
}
