// Shows the cards of a swap on trial anew where only the time that is left has changed. Sends nothing where no card is out, and is no message:
// what fails is simply done again when it is next asked for.

import { placeFrom } from "../../core/place.js";
import { swapSubject } from "../../core/subject.js";
import type { Swap } from "../../core/swap.js";
import type { SentCard } from "../../ports/ports.js";
import { cardNow, faceOf, isGone, liveOf, type Sending, showAgain } from "./sending.js";

/** Answers with whether the channel was asked for anything. */
export async function refreshCards(sending: Sending, swapId: string): Promise<boolean> {
	const swap = await sending.store.read(swapId);
	if (swap?.status !== "awaiting_confirmation") return false;
	const sent = await sending.engine.ports.journal.sentCards({ swapId, channel: sending.delivery.name });
	const cards = sent.filter(({ kind, state }) => kind === "card" && state === "live");
	let asked = false;
	for (const place of new Set(cards.map((card) => card.place))) {
		const here = cards.filter((card) => card.place === place);
		asked = (await refreshCard(sending, swap, liveOf(here, swap))) || asked;
	}
	return asked;
}

async function refreshCard(sending: Sending, swap: Swap, live: SentCard | null): Promise<boolean> {
	const { engine, delivery, within } = sending;
	const { journal, gate } = engine.ports;
	const card = await cardNow(sending, swap, { kind: "card", place: live?.place ?? "" });
	const face = faceOf(sending, card);
	if (live === null || live.face === face) return false;
	const late = (receipt: string) => showAgain(sending, { ...live, receipt });
	try {
		const edit = () => within(delivery.edit(live.receipt, card, placeFrom(live.place)), late);
		const receipt = await gate.around("mail.edit", edit);
		await journal.keepCard({ ...live, receipt, face });
	} catch (error) {
		if (!isGone(error)) throw error;
		await journal.keepCard({ ...live, state: "closed" });
		const { channel, epoch, place, receipt } = live;
		const again = { channel, epoch, place, kind: "card", text: `gone ${receipt}`, notBeforeMs: null } as const;
		await journal.post(swapSubject(swap.id), [again]);
	}
	return true;
}
