// `deadman approve`: where a phrase is asked for and a person sits at the terminal, they read the change and type it; elsewhere it is --type.
import type { ReviewView } from "../../http/schemas/review.js";
import { renderReview } from "../../text/lists.js";
import type { SwapView } from "../../view.js";
import { Failure } from "../session/failure.js";
import type { Prompt } from "../session/prompt.js";
import { openSession, pathOf, type Session, type Terminal } from "../session/session.js";
import { type Follows, tellTrial } from "./verbs.js";

interface Approval extends Follows {
	readonly insist: boolean;
	readonly type?: string;
}

/** `epoch` binds the approval to what was read: what is submitted meanwhile is not approved with it. */
interface Typed {
	readonly typed: string | null;
	readonly epoch: number | null;
}

export async function approve(terminal: Terminal, id: string, options: Approval): Promise<void> {
	const session = await openSession(options, terminal);
	const { prompt } = terminal;
	const ask = (typed: Typed) =>
		session.ask<{ swap: SwapView }>({
			method: "POST",
			path: `${pathOf(id)}/approve`,
			body: { insist: options.insist, ...typed },
		});
	const { swap } = await ask({ typed: options.type ?? null, epoch: null }).catch(async (failure) => {
		if (prompt === null || options.type !== undefined || !isPhraseNeeded(failure)) throw failure;
		const typed = await readAndType(session, prompt, id);
		if (typed === null) throw failure;
		return ask(typed);
	});
	await tellTrial(session, swap, options);
}

function isPhraseNeeded(error: unknown): boolean {
	return error instanceof Failure && error.view.code === "phrase_needed";
}

/** Null where the person leaves it. */
async function readAndType({ ask, output }: Session, prompt: Prompt, id: string): Promise<Typed | null> {
	const { review } = await ask<{ review: ReviewView }>({ path: `${pathOf(id)}/review` });
	output.show(renderReview(review));
	const typed = await prompt.ask(`To approve, type "${review.phrase}"; to leave it, press Enter: `);
	return typed === null || typed === "" ? null : { typed, epoch: review.epoch };
}
