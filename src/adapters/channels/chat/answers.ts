// How a person is told what became of a click or of words: so that only they see it where the platform can, else directly, else as a reply.
// An answer that cannot be shown is logged and never fails the click.
import type { Adapter } from "chat";
import { limits } from "../../../core/limits.js";
import type { Log } from "../../../ports/ports.js";
import { failureFrom } from "./failure.js";
import type { Answered, Platform } from "./platform.js";
import { within } from "./time-limit.js";

export interface Answers {
	/** To a click. Never rejects. */
	show(answered: Answered): Promise<void>;
	/** To words, where they were written. Never rejects. */
	reply(threadId: string, sentence: string): Promise<void>;
}

interface AnswersParts {
	readonly name: string;
	readonly platform: Platform;
	readonly adapter: Adapter;
	readonly log: Log;
}

type Way = () => Promise<unknown>;

export function createAnswers({ name, platform, adapter, log }: AnswersParts): Answers {
	/** The first way that works. A platform that asks us to wait is not asked another way. */
	async function first(ways: readonly Way[]): Promise<void> {
		for (const [at, way] of ways.entries()) {
			try {
				await within(way(), { limitMs: limits.sendTimeoutMs, what: `${name}: answer` });
				return;
			} catch (error) {
				const failure = failureFrom(error, { failureOf: platform.failureOf, what: `${name}: answer` });
				const isLast = at === ways.length - 1 || failure.code === "rate_limited";
				if (isLast) log.warn("chat.answer_not_shown", { channel: name, code: failure.code, why: failure.message });
				if (isLast) return;
			}
		}
	}

	const reply = (threadId: string, sentence: string) =>
		first([() => adapter.postMessage(threadId, platform.textOf(sentence))]);
	return {
		show: (answered) => first(waysOf(platform, adapter, answered)),
		reply,
	};
}

function waysOf(platform: Platform, adapter: Adapter, answered: Answered): readonly Way[] {
	const { threadId, userId, sentence } = answered;
	const text = platform.textOf(sentence);
	const isDirect = adapter.isDM?.(threadId) ?? false;
	const ways: Way[] = [];
	if (platform.answer !== undefined) ways.push(() => platform.answer?.(adapter, answered) ?? Promise.resolve());
	if (adapter.postEphemeral !== undefined && !isDirect) ways.push(() => ephemeral(adapter, answered, text));
	if (platform.can.directMessage && !isDirect && userId !== "") {
		const person = { conversation: null, thread: null, person: userId };
		ways.push(async () => adapter.postMessage(await platform.threadOf(adapter, person), text));
	}
	if (threadId !== "") ways.push(() => adapter.postMessage(threadId, text));
	return ways;
}

async function ephemeral(adapter: Adapter, { threadId, userId }: Answered, text: ReturnType<Platform["textOf"]>) {
	const shown = await adapter.postEphemeral?.(threadId, userId, text, { fallbackToDM: false });
	if (shown == null) throw new Error("The platform shows nothing to one person alone here.");
}
