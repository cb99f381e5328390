// The mailbox of the program's own channel: messages wait for a program that may have them, and their senders for what it answers. Decides
// nothing about who may: it asks.
import { limits } from "../../../core/limits.js";
import {
	type About,
	type Clock,
	DeliveryFailed,
	type Mailbox,
	type ProgramAnswer,
	type ProgramMessage,
} from "../../../ports/ports.js";

export interface PostingMailbox extends Pick<Mailbox, "take" | "answer"> {
	/** Answers with the program's receipt. */
	post(message: ProgramMessage): Promise<string>;
	close(why: DeliveryFailed): void;
}

interface Waiting {
	message: ProgramMessage;
	readonly resolve: (receipt: string) => void;
	readonly reject: (error: DeliveryFailed) => void;
	readonly outcome: Promise<string>;
	/** The run that has it in hand. */
	givenTo: string | null;
}

/** Which run was given a message; `late` is what it answered when nobody waited any more. */
interface Given {
	readonly message: ProgramMessage;
	readonly runId: string;
	late: string | null;
}

interface MailboxOptions {
	/** How long a message waits for its answer. */
	readonly waitMs: number;
	readonly clock: Clock;
}

type MayHave = (about: About) => Promise<boolean>;

const remembered = 256;
/** Who asks beyond them ends the oldest asking. */
const askers = 32;

export function createMailbox({ waitMs, clock }: MailboxOptions): PostingMailbox {
	const waiting = new Map<string, Waiting>();
	const given = new Map<string, Given>();
	const asking = new Set<AbortController>();
	const wakers = new Set<() => void>();

	async function post(asked: ProgramMessage): Promise<string> {
		const earlier = waiting.get(asked.id);
		if (earlier !== undefined) return earlier.outcome;
		const known = given.get(asked.id);
		const late = known?.late ?? null;
		if (late !== null) given.delete(asked.id);
		if (late !== null && isSame(known?.message, asked)) return late;
		const one = openWaiting(late === null ? asked : { ...asked, receipt: asked.receipt ?? late });
		waiting.set(asked.id, one);
		for (const wake of [...wakers]) wake();
		const cancel = clock.timer(waitMs, () => one.reject(unanswered(one.givenTo !== null)));
		try {
			return await one.outcome;
		} finally {
			cancel();
			waiting.delete(asked.id);
		}
	}

	async function take({ runId, mayHave, holdMs, signal }: Parameters<Mailbox["take"]>[0]) {
		const own = new AbortController();
		if (asking.size >= askers) letOldestGo();
		asking.add(own);
		const over = AbortSignal.any([signal, own.signal]);
		const cancel = clock.timer(holdMs, () => own.abort());
		try {
			while (!over.aborted) {
				const posted = nextWake(over);
				const found = await first(runId, mayHave, over);
				if (found !== null) return found;
				await posted;
			}
			return null;
		} finally {
			cancel();
			own.abort();
			asking.delete(own);
		}
	}

	function letOldestGo(): void {
		const [oldest] = asking;
		if (oldest === undefined) return;
		asking.delete(oldest);
		oldest.abort();
	}

	async function first(runId: string, mayHave: MayHave, over: AbortSignal): Promise<ProgramMessage | null> {
		for (const one of [...waiting.values()]) {
			const may = await mayHave(aboutOf(one.message)).catch(() => false);
			if (over.aborted) return null;
			if (may && one.givenTo !== runId && waiting.get(one.message.id) === one) return handOut(runId, one);
		}
		return null;
	}

	function handOut(runId: string, one: Waiting): ProgramMessage {
		const { message } = one;
		one.givenTo = runId;
		given.delete(message.id);
		given.set(message.id, { message, runId, late: null });
		if (given.size > remembered) given.delete(given.keys().next().value ?? "");
		return message;
	}

	function nextWake(signal: AbortSignal): Promise<void> {
		return new Promise((resolve) => {
			const wake = () => {
				wakers.delete(wake);
				signal.removeEventListener("abort", wake);
				resolve();
			};
			wakers.add(wake);
			signal.addEventListener("abort", wake, { once: true });
			if (signal.aborted) wake();
		});
	}

	/** An answer that comes too late is kept for the next time that this message is asked for. */
	function answer({ runId, id, answer }: Parameters<Mailbox["answer"]>[0]): boolean {
		const known = given.get(id);
		if (known?.runId !== runId) return false;
		const one = waiting.get(id);
		if (one === undefined) {
			if ("receipt" in answer) known.late = answer.receipt;
			return true;
		}
		given.delete(id);
		if (!("receipt" in answer)) one.reject(failureOf(answer));
		else if (one.givenTo === null && !isSame(known.message, one.message)) goOnFrom(one, answer.receipt);
		else one.resolve(answer.receipt);
		return true;
	}

	/** What it answers for is what it was given before: what is asked for now is an edit of that. */
	function goOnFrom(one: Waiting, receipt: string): void {
		one.message = { ...one.message, receipt: one.message.receipt ?? receipt };
		for (const wake of [...wakers]) wake();
	}

	return {
		post,
		take,
		answer,
		close(why) {
			for (const one of waiting.values()) one.reject(why);
			for (const one of asking) one.abort();
		},
	};
}

function openWaiting(message: ProgramMessage): Waiting {
	let [resolve, reject]: [Waiting["resolve"], Waiting["reject"]] = [() => {}, () => {}];
	const outcome = new Promise<string>((done, failed) => ([resolve, reject] = [done, failed]));
	outcome.catch(() => {});
	return { message, resolve, reject, outcome, givenTo: null };
}

function isSame(one: ProgramMessage | undefined, other: ProgramMessage): boolean {
	return JSON.stringify([one?.card, one?.text]) === JSON.stringify([other.card, other.text]);
}

function aboutOf({ kind, card }: ProgramMessage): About {
	return { swapId: card?.swapId ?? null, kind: kind === "notice" ? "notice" : (card?.kind ?? "card") };
}

function unanswered(wasGiven: boolean): DeliveryFailed {
	const what = wasGiven ? "took the message and did not say that it delivered it" : "did not take the message";
	return new DeliveryFailed({ code: "unreachable", message: `The program ${what}.` });
}

function failureOf({ error, retryAfterMs, gone }: Extract<ProgramAnswer, { error: string }>): DeliveryFailed {
	const code = gone ? "gone" : retryAfterMs === null ? "refused" : "rate_limited";
	const message = `The program could not deliver it: ${error.slice(0, limits.reasonCharacters)}`;
	return new DeliveryFailed({ code, message, retryAfterMs });
}
