// The record of which release the checkout is: settled, or on the way to another. Written before the first effect and after the last.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { ReleaseRef } from "../../../ports/ports.js";
import { type InPlaceContext, type InPlaceOptions, kitOf } from "../checkout/in-place-context.js";
import { hash, readPlan, releaseRef } from "../checkout/in-place-plan.js";
import { reserveSpare, writeSpared } from "../releases/spare.js";

const schema = z.object({
	schemaVersion: z.literal(1),
	/** What the checkout is; while moving, what it was. */
	release: releaseRef,
	/** Where the branch stood then. */
	head: hash,
	/** The two that the last move was between; its plan lies in the candidate's folder. Null before the first. */
	change: z.object({ previous: releaseRef, candidate: releaseRef }).nullable(),
	moving: z.enum(["candidate", "previous"]).nullable(),
	/** What a rollback had to leave for later, because another git was at work. */
	pending: z.object({ branch: z.boolean(), index: z.boolean() }),
});

export type InPlaceRecord = z.output<typeof schema>;

export const nothingPending = { branch: false, index: false } as const;

export function recordPath({ stateDir }: Pick<InPlaceOptions, "stateDir">): string {
	return join(stateDir, "in-place.json");
}

export function writeRecord(context: InPlaceOptions, record: InPlaceRecord): Promise<void> {
	return context.files.writeAtomic(recordPath(context), textOf(record));
}

/** The last word of a move: it takes what was kept for it. */
export function settleRecord(context: InPlaceOptions, record: InPlaceRecord): Promise<void> {
	return writeSpared(context.files, recordPath(context), textOf(record));
}

function textOf(record: InPlaceRecord): string {
	return `${JSON.stringify(schema.parse(record), null, "\t")}\n`;
}

/** More than any record takes. */
const RECORD_BYTES = 4_096;

/** Whoever sets out can write on a full disk that it is back. */
export function reserveRecord(context: InPlaceOptions): Promise<void> {
	return reserveSpare(context.files, recordPath(context), RECORD_BYTES);
}

/** Null before the first flip. One that was lost or does not read is made again where a trial says between which releases. */
export async function readRecord(context: InPlaceContext): Promise<InPlaceRecord | null> {
	let text: string;
	try {
		text = await readFile(recordPath(context), "utf8");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return rebuilt(context);
		throw error;
	}
	try {
		return schema.parse(JSON.parse(text));
	} catch (error) {
		context.log.error("in_place.unreadable", { path: recordPath(context), error: String(error) });
		const found = await rebuilt(context);
		if (found !== null) return found;
		throw new Error(
			`${recordPath(context)} cannot be read, so nobody knows which release the checkout is. Nothing was touched.`,
		);
	}
}

/** Each file tells by itself which of the two it is of, so that both ways are open again. */
async function rebuilt(context: InPlaceContext): Promise<InPlaceRecord | null> {
	const trial = (await context.staged.readLive())?.trial ?? null;
	const plan = trial === null ? null : await readPlan(kitOf(context, trial.candidate.id));
	if (trial === null || plan === null || plan.previous.id !== trial.previous.id) return null;
	const { previous, candidate, base } = plan;
	const change = { previous, candidate };
	return { schemaVersion: 1, release: previous, head: base, change, moving: "candidate", pending: nothingPending };
}

/** A release that is only half there is never told to be the previous one: a rollback would spare what runs. */
export function currentOf({ moving, change, release }: InPlaceRecord): ReleaseRef {
	return moving !== null && change !== null ? change.candidate : release;
}
