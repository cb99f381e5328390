// Whether the diff of a submission has arrived in the place where its card asks, whole and as it was made: looked at once, before the card
// goes out, and on record from then on.
import type { Destination } from "../../core/asked.js";
import type { Sight } from "../../core/people/seen.js";
import { placeFrom, placeText } from "../../core/place.js";
import { isRefusal } from "../../core/refusals.js";
import type { Swap } from "../../core/swap.js";
import { readingIn } from "../../core/words/review.js";
import type { Delivery, Message, SentCard, StoredClick } from "../../ports/ports.js";
import type { Engine } from "../base/context.js";
import type { Store } from "../base/store.js";

interface Parts {
	readonly engine: Engine;
	readonly store: Store;
	readonly delivery: Delivery;
}

/** The swap, with this place among those where its diff was shown, where it was. */
export async function withReading(
	{ engine, store, delivery }: Parts,
	{ id, epoch, channel, place }: Pick<Message, "id" | "epoch" | "channel" | "place">,
	swap: Swap,
): Promise<Swap> {
	const asks = swap.status === "pending_approval" && swap.epoch === epoch && swap.proposal?.shown?.whole === true;
	if (!asks || !canPress(delivery)) return swap;
	const at = { channel, place };
	const { journal, scrub } = engine.ports;
	const review = await journal.review(swap.id, epoch);
	const wanted = review === null ? null : readingIn(swap, review.diff, delivery.limits);
	if (wanted === null) return swap;
	const sent = new Set(await journal.settledNotices({ swapId: swap.id, epoch, ...at, before: id }));
	if (!wanted.every((text) => sent.has(text) && scrub(text) === text)) return swap;
	const recorded = await store.record(swap.id, { verb: "shown", at, epoch });
	return isRefusal(recorded) ? swap : recorded;
}

/** Where people press or write to approve; a terminal says itself what it showed, and the program's own channel approves nothing. */
function canPress({ surface, mailbox }: Delivery): boolean {
	return mailbox === undefined && surface !== "cli";
}

/** Of the card that was pressed, or that stands where somebody wrote; null where none does. */
export function sightOf(
	sent: readonly SentCard[],
	{ epoch, channel, receipt, place, actorId }: Pick<StoredClick, "epoch" | "channel" | "receipt" | "place" | "actorId">,
): Sight | null {
	const cards = sent.filter((card) => card.kind === "approval" && card.epoch === epoch);
	const pressed = cards.find((card) => receipt != null && card.receipt === receipt);
	const there = pressed ?? cards.find((card) => isThere(card.place, placeText(place ?? own), actorId));
	return there === undefined ? null : { kind: "place", at: placeOf(channel, there) };
}

const own = placeFrom("");

function placeOf(channel: string, { place }: SentCard): Destination {
	return { channel, place };
}

/** In the same conversation, whatever thread of it they wrote in, or in their own direct messages. */
function isThere(card: string, said: string, actorId: string): boolean {
	const [asked, given] = [placeFrom(card), placeFrom(said)];
	if (asked.person !== null) return asked.person === actorId;
	const isThread = asked.thread === null || asked.thread === given.thread;
	return given.person === null && asked.conversation === given.conversation && isThread;
}
