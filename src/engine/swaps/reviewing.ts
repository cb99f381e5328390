// What approvers are given to read of a change: its diff by file, without secrets, as much as is kept; and of each file whether that is all of
// it. Computed once, from objects.
import { limits } from "../../core/limits.js";
import { beside, type Read, withheld, withReading } from "../../core/rules/readable.js";
import type { ChangedFile } from "../../core/swap.js";
import type { DiffPart, Digest, StoredReview } from "../../ports/ports.js";
import type { Engine } from "../base/context.js";
import { inTurns } from "../base/turns.js";

interface Change {
	readonly swapId: string;
	readonly from: string;
	readonly tree: string;
	readonly files: readonly ChangedFile[];
}

export interface Reviewed {
	readonly review: Omit<StoredReview, "epoch">;
	/** With what a reader would pass over, and what is not shown. */
	readonly files: readonly ChangedFile[];
	/** Every changed byte stands in the review as text. */
	readonly whole: boolean;
}

/** What looks like a secret is not shown, and so not whole: nobody hides code as a password. */
export async function reviewIn(engine: Engine, { swapId, from, tree, files }: Change): Promise<Reviewed> {
	const digest = await engine.ports.repository.digest({ from, to: tree, maxBytes: limits.reviewBytes });
	const { sha256, bytes } = digest;
	const { diff, reads, whole } =
		digest.parts === undefined ? await ofText(engine, digest) : await ofParts(engine, digest.parts);
	const read = new Map(reads.map((one) => [one.path, one]));
	return {
		review: { swapId, tree, diff, sha256, bytes },
		files: files.map((file) => withReading(file, read.get(file.path))),
		whole,
	};
}

interface Kept {
	readonly diff: string;
	readonly reads: readonly Read[];
	readonly whole: boolean;
}

async function ofText({ ports }: Engine, { text, whole }: Digest): Promise<Kept> {
	const diff = await inTurns(ports.clock, ports.scrubbing(text));
	return { diff, reads: [], whole: whole && diff === text };
}

/** A file that does not fit is named, and the next one may fit again; where not even the names fit, their number stands there. */
async function ofParts({ ports }: Engine, parts: readonly DiffPart[]): Promise<Kept> {
	const texts: string[] = [];
	const reads: Read[] = [];
	let room = limits.reviewBytes - lastLine(parts.length).length;
	let unnamed = 0;
	for (const { sides, read } of parts) {
		const cut = read.text.length > room ? withheld(sides, read) : read;
		const shown = await inTurns(ports.clock, ports.scrubbing(cut.text));
		const kept = shown === cut.text ? cut : secretIn({ sides, read: { ...cut, text: shown } });
		reads.push(kept);
		if (kept.text.length > room) unnamed += 1;
		else texts.push(kept.text);
		if (kept.text.length <= room) room -= kept.text.length;
	}
	const diff = `${texts.join("")}${unnamed === 0 ? "" : lastLine(unnamed)}`;
	return { diff, reads, whole: reads.every(({ unshown }) => unshown === null) };
}

/** What is named for another reason stays named for that. */
function secretIn({ sides, read }: DiffPart): Read {
	return read.unshown === null ? beside(sides, read, "secret") : read;
}

function lastLine(count: number): string {
	return `AND ${count} MORE FILES NOT SHOWN\n`;
}
