// A press of a button, as the platform verified it: read strictly, stored before anything else is done, and always answered with a sentence.
// Decides nothing: the inbox does.
import type { ActionEvent, Adapter } from "chat";
import { createRate } from "../../../core/rate.js";
import type { Card } from "../../../core/words/card.js";
import type { Click, Inbox, Nonces } from "../../../ports/ports.js";
import type { Answers } from "./answers.js";
import type { Handling } from "./handling.js";
import { createOnce } from "./once.js";
import type { Platform } from "./platform.js";
import { eventIdIn, placeIn } from "./reading.js";

export interface HandlerParts {
	readonly platform: Platform;
	readonly adapter: Adapter;
	readonly inbox: Inbox;
	readonly answers: Answers;
	readonly handling: Handling;
}

const verdicts = [
	"confirm",
	"rollback",
	"extend",
	"approve",
	"reject",
	"promote",
	"keep",
] as const satisfies readonly Click["verdict"][];

/** What a button carries: 30 characters for an epoch below 1,000. */
export function buttonValue({ swapId, epoch }: Card, nonces: Nonces): string {
	return `${swapId}.${epoch}.${nonces.of(swapId, epoch)}`;
}

export type ClickedValue = Pick<Click, "swapId" | "epoch" | "nonce" | "verdict">;

/** What a button said, strictly; null: none of ours. */
export function clickedValue(actionId: string, value: string | undefined): ClickedValue | null {
	const found = /^(sw_[a-z0-9]{6})\.([1-9]\d{0,8})\.([\w-]{16})$/.exec(value ?? "");
	const verdict = verdicts.find((known) => known === actionId);
	if (found === null || verdict === undefined || found[0] !== value) return null;
	const [, swapId = "", epoch = "", nonce = ""] = found;
	return { swapId, epoch: Number(epoch), nonce, verdict };
}

const malformed = "This button is none of deadman's, or it was changed on the way. Nothing was decided.";
const elsewhere = "deadman takes no clicks in this conversation. Nothing was decided.";

export function createClicks({ platform, adapter, inbox, answers, handling }: HandlerParts) {
	const once = createOnce();
	const answered = createRate({ perMinute: 5, nowMs: Date.now, names: 1_000 });

	/** Some of a person's clicks that are none are answered; after that they cost nothing but a count. */
	function refuse(event: ActionEvent, code: string, sentence: string): void {
		inbox.refused({
			code,
			detail: `${shown(event.actionId)} by ${shown(event.user.userId)} in ${shown(event.threadId)}`,
		});
		if (answered.take(event.user.userId) === 0) show(event, sentence);
	}

	function show(event: ActionEvent, sentence: string): void {
		const { threadId, messageId, user, raw } = event;
		handling.beside(answers.show({ threadId, messageId, userId: user.userId, sentence, raw }));
	}

	async function click(event: ActionEvent, eventId: string | null): Promise<void> {
		const { user, messageId } = event;
		const value = clickedValue(event.actionId, event.value);
		if (value === null) return refuse(event, "click_malformed", malformed);
		const place = placeIn(platform, adapter, event.threadId);
		if (place === null) return refuse(event, "conversation_foreign", elsewhere);
		const receipt = messageId === "" ? null : (messageId ?? null);
		const answer = await inbox.click({ ...value, actorId: user.userId, place, receipt, eventId });
		show(event, answer.sentence);
	}

	return {
		/** Resolves when the click is stored and judged; rejects where it could not be, so that the platform sends it again. */
		async take(event: ActionEvent): Promise<void> {
			const { user, raw } = event;
			if (user.isMe || user.isBot === true || user.userId === "") {
				return inbox.refused({ code: "click_by_bot", detail: shown(user.userId) });
			}
			const eventId = eventIdIn(platform, raw);
			await once(eventId, () => click(event, eventId));
		},
	};
}

/** Of what comes from outside, for the log. */
export function shown(text: string | undefined): string {
	return JSON.stringify((text ?? "").slice(0, 80));
}
