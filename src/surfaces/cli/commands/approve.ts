// `deadman approve`: what was not shown yet is shown here, and the approval is bound to what was: its submission and its diff. Where a phrase is
// asked for and a person sits at the terminal, they type it; elsewhere it is --type.
import type { ReviewView } from "../../http/schemas/review.js";
import { renderReview } from "../../text/lists.js";
import type { SwapView } from "../../view.js";
import { Failure } from "../session/failure.js";
import type { Prompt } from "../session/prompt.js";
import { openSession, pathOf, type Session, type Terminal } from "../session/session.js";
import { type Follows, type Numbered, numberOf, tellTrial } from "./verbs.js";

interface Approval extends Follows, Numbered {
	readonly insist: boolean;
	readonly type?: string;
}

/** `epoch` and `seen` bind the approval to what was read: what is submitted meanwhile is not approved with it. */
interface Given {
	readonly typed: string | null;
	readonly epoch: number | null;
	readonly seen?: string;
}

export async function approve(terminal: Terminal, id: string, options: Approval): Promise<void> {
	const session = await openSession(options, terminal);
	const ask = async (given: Given) => {
		const body = { insist: options.insist, ...given };
		return (await session.ask<{ swap: SwapView }>({ method: "POST", path: `${pathOf(id)}/approve`, body })).swap;
	};
	const first = { typed: options.type ?? null, epoch: numberOf(options) };
	const swap = await ask(first).catch((failure) =>
		read({ session, prompt: terminal.prompt, ask, id, options }, failure),
	);
	if (!session.output.json && swap.proposer === `builder:${process.getuid?.()}`) session.output.note(sameUser);
	await tellTrial(session, swap, options);
}

const sameUser =
	"It was proposed by your own user of this machine: deadman cannot tell whether somebody else looked at it.";

interface Reading {
	readonly session: Session;
	readonly prompt: Prompt | null;
	readonly ask: (given: Given) => Promise<SwapView>;
	readonly id: string;
	readonly options: Approval;
}

/** What it was refused for, where nothing that is done here helps. */
async function read(reading: Reading, failure: unknown): Promise<SwapView> {
	const { prompt, options } = reading;
	const code = failure instanceof Failure ? failure.view.code : "";
	const isTyped = code === "phrase_needed";
	const isUnread = code === "reading_needed" || code === "submission_missing";
	if (options.type !== undefined || !(isUnread || (isTyped && prompt !== null))) throw failure;
	const review = await show(reading);
	const number = numberOf(options);
	const bound = { epoch: number ?? review.epoch, ...(review.whole ? { seen: review.sha256 } : {}) };
	if (isTyped) return typed(reading, { review, bound, failure });
	if (prompt !== null && !(await isWanted(prompt, review))) throw failure;
	return reading.ask({ typed: null, ...bound }).catch((again) => {
		if (prompt === null || !(again instanceof Failure) || !asksForPhrase(again)) throw again;
		return typed(reading, { review, bound, failure: again });
	});
}

function asksForPhrase({ view }: Failure): boolean {
	return view.code === "phrase_needed" || view.code === "reading_needed";
}

async function show({ session: { ask, output }, id }: Reading): Promise<ReviewView> {
	const { review } = await ask<{ review: ReviewView }>({ path: `${pathOf(id)}/review` });
	output.show(renderReview(review));
	return review;
}

async function isWanted(prompt: Prompt, { swapId, epoch }: ReviewView): Promise<boolean> {
	const answer = await prompt.ask(`Approve ${swapId}, submission ${epoch}, as it is shown above? [y/N] `);
	return /^y(es)?$/i.test(answer ?? "");
}

interface Shown {
	readonly review: ReviewView;
	readonly bound: Omit<Given, "typed">;
	/** What stands where the person leaves it. */
	readonly failure: unknown;
}

async function typed({ prompt, ask }: Reading, { review, bound, failure }: Shown): Promise<SwapView> {
	const words = await prompt?.ask(`To approve, type "${review.phrase}"; to leave it, press Enter: `);
	if (words == null || words === "") throw failure;
	return ask({ typed: words, ...bound });
}
