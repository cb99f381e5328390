// How one message goes out: a notice once, a card once and edited from then on. What may have been sent by a life that ended is looked for
// before it is sent again; cards that are not the live one any more are closed. Knows no queue.

import { remainingMs } from "../../core/deadman.js";
import { isEnded } from "../../core/machine/phases.js";
import { placeFrom } from "../../core/place.js";
import { swapIdOf, swapSubject } from "../../core/subject.js";
import type { Swap } from "../../core/swap.js";
import { cardOf, closedCard } from "../../core/words/card.js";
import type { Card, CardKind } from "../../core/words/card-face.js";
import { noticeNow } from "../../core/words/notices.js";
import { type Delivery, DeliveryFailed, type Message, type SentCard } from "../../ports/ports.js";
import type { Engine } from "../base/context.js";
import type { Store } from "../base/store.js";
import { withReading } from "./reading.js";

export interface Sending {
	readonly engine: Engine;
	readonly store: Store;
	readonly delivery: Delivery;
	/** Lines that a trial's card has below its own on this channel. */
	readonly below: (delivery: Delivery, swap: Swap) => Promise<readonly string[]>;
	/** Ends a call that takes too long; what it brings later goes to `late`. */
	readonly within: <T>(work: Promise<T>, late: (value: T) => Promise<void>) => Promise<T>;
}

/** Resolves when the message is out. True: a card that asks, or tells how a trial ended, stands where it should. */
export async function sendMessage(sending: Sending, message: Message): Promise<boolean> {
	if (message.kind === "outcome") return false;
	if (message.kind === "notice") return sendNotice(sending, message);
	const swap = await swapOf(sending, message);
	if (swap === null) return false;
	const asked = { ...message, swapId: swap.id };
	const known = message.kind === "approval" ? await withReading(sending, asked, swap) : swap;
	const card = await cardNow(sending, known, { kind: message.kind, place: message.place });
	const sent = await sentBefore(sending, asked);
	const live = liveOf(sent, swap);
	try {
		await (live === null ? sendCard(sending, asked, card) : editCard(sending, asked, { live, card }));
	} catch (error) {
		if (!(live === null && card.decided && isUnwanted(message, error))) throw error;
		return false;
	}
	await closeOthers(sending, asked, swap);
	return true;
}

/** A message that asks for a card of this swap. */
interface Asked extends Message {
	readonly swapId: string;
}

async function swapOf({ store }: Pick<Sending, "store">, { subject }: Message): Promise<Swap | null> {
	const id = swapIdOf(subject);
	return id === null ? null : store.read(id);
}

/** As it stands in this place, with what is known beside the swap. */
export async function cardNow(
	sending: Sending,
	swap: Swap,
	{ kind, place }: { readonly kind: CardKind; readonly place: string },
): Promise<Card> {
	const { authority } = sending.engine.settings;
	const card = cardOf(swap, kind, authority, { kind: "place", at: { channel: sending.delivery.name, place } });
	const below = kind === "card" ? await sending.below(sending.delivery, swap) : [];
	return counted(sending, swap, { ...card, lines: [...card.lines, ...below] });
}

/** In the steps in which the channel may be edited: nothing is edited for less. */
export function counted({ engine, delivery }: Sending, swap: Swap, card: Card): Card {
	const stepMs = delivery.can.refreshMs;
	if (card.expiresAtMs === null || stepMs === null) return card;
	const now = engine.ports.clock.now();
	const { deadman } = swap;
	const leftMs = card.kind === "card" && deadman !== null ? remainingMs(deadman, now) : card.expiresAtMs - now.wallMs;
	const roundMs = Math.min(stepMs, 30_000);
	return { ...card, leftMs: Math.max(0, Math.ceil(leftMs / roundMs) * roundMs) };
}

async function sendNotice(sending: Sending, message: Message): Promise<false> {
	const { engine, delivery, within } = sending;
	const { journal, gate, clock, scrub } = engine.ports;
	const swap = await swapOf(sending, message);
	const said = swap === null ? message.text : noticeNow(swap, message.text ?? "", clock.now());
	// Nobody is sent a diff to read, which is decided already.
	const { person } = placeFrom(message.place);
	const isMoot = person !== null && (swap?.status !== "pending_approval" || swap.epoch !== message.epoch);
	if (said === null || isMoot) return false;
	if (message.sendingAtMs === null) await journal.sending(message.id, clock.now().wallMs);
	const text = scrub(said);
	await gate.around("mail.send", () => within(delivery.notice(text, placeFrom(message.place)), async () => {}));
	return false;
}

/** Cards of this kind in this place, newest first. */
async function sentBefore({ engine }: Sending, message: Asked): Promise<readonly SentCard[]> {
	const { swapId, channel, kind, place } = message;
	const cards = await engine.ports.journal.sentCards({ swapId, channel });
	return cards.filter((card) => card.kind === kind && card.place === place && card.state === "live");
}

/** The face of a message that was found out about by a click on it: it is never the one to go on with where there is another. */
export const strayFace = "stray";

export function liveOf(sent: readonly SentCard[], { epoch }: Pick<Swap, "epoch">): SentCard | null {
	const own = sent.filter((card) => card.epoch === epoch);
	return own.find(({ face }) => !face.startsWith(strayFace)) ?? own[0] ?? null;
}

async function sendCard(sending: Sending, message: Asked, card: Card): Promise<void> {
	const { engine, delivery, within } = sending;
	const { journal, gate, clock } = engine.ports;
	const to = placeFrom(message.place);
	const keep = (receipt: string, face: string) => keepAs(sending, message, { epoch: card.epoch, receipt, face });
	if (message.sendingAtMs === null) await journal.sending(message.id, clock.now().wallMs);
	else {
		const looking = delivery.find?.(card, to) ?? Promise.resolve(null);
		const receipt = await within(looking, async () => {});
		if (receipt !== null) {
			await keep(receipt, "");
			return editCard(sending, message, { live: cardAs(message, { epoch: card.epoch, receipt, face: "" }), card });
		}
	}
	const late = (receipt: string) => keep(receipt, "");
	const receipt = await gate.around("mail.send", () => within(delivery.send(card, to), late));
	await keep(receipt, faceOf(sending, card));
}

interface Edit {
	readonly live: Omit<SentCard, "seq">;
	readonly card: Card;
}

/** A message that was deleted is sent anew: nobody is left without buttons. */
async function editCard(sending: Sending, message: Asked, { live, card }: Edit): Promise<void> {
	const { engine, delivery, within } = sending;
	const face = faceOf(sending, card);
	if (live.face === face) return;
	const to = placeFrom(message.place);
	const keep = (receipt: string) => keepAs(sending, message, { epoch: card.epoch, receipt, face });
	const late = (receipt: string) => showAgain(sending, { ...live, receipt });
	try {
		const edit = () => within(delivery.edit(live.receipt, card, to), late);
		const receipt = await engine.ports.gate.around("mail.edit", edit);
		if (receipt !== live.receipt) await close(sending, live);
		await keep(receipt);
	} catch (error) {
		if (!isGone(error)) throw error;
		await close(sending, live);
		await sendCard(sending, { ...message, sendingAtMs: null }, card);
	}
}

/** An edit that came after its time may have come after what was shown meanwhile: what stands there is not known any more. */
export async function showAgain({ engine }: Sending, card: Omit<SentCard, "seq">): Promise<void> {
	const { journal, clock } = engine.ports;
	const { swapId, epoch, kind, channel, place } = card;
	await journal.keepCard({ ...card, face: "" });
	const text = `late ${clock.now().wallMs}`;
	await journal.post(swapSubject(swapId), [{ channel, epoch, kind, text, place, notBeforeMs: null }]);
}

/** Cards of earlier submissions, and second copies: they say that they count no more, and at the end what happened. */
async function closeOthers(sending: Sending, message: Asked, swap: Swap): Promise<void> {
	const sent = await sentBefore(sending, message);
	const live = liveOf(sent, swap);
	for (const other of sent) if (other.seq !== live?.seq) await closeOne(sending, swap, other);
}

async function closeOne(sending: Sending, swap: Swap, other: SentCard): Promise<void> {
	const { engine, delivery, within } = sending;
	const card = closedCard(swap, other, engine.settings.authority);
	const face = `${strayFace} ${faceOf(sending, card)}`;
	const isLast = other.epoch < swap.epoch || isEnded(swap.status) || !delivery.can.edit;
	if (other.face === face && !isLast) return;
	try {
		const edit = () => within(delivery.edit(other.receipt, card, placeFrom(other.place)), async () => {});
		if (delivery.can.edit && other.face !== face) await engine.ports.gate.around("mail.edit", edit);
	} catch (error) {
		if (!isGone(error)) throw error;
		return close(sending, other);
	}
	await engine.ports.journal.keepCard({ ...other, face, state: isLast ? "closed" : "live" });
}

async function close({ engine }: Sending, card: Omit<SentCard, "seq">): Promise<void> {
	await engine.ports.journal.keepCard({ ...card, state: "closed" });
}

type Kept = Pick<SentCard, "epoch" | "receipt" | "face">;

async function keepAs({ engine }: Sending, message: Asked, kept: Kept): Promise<void> {
	await engine.ports.journal.keepCard(cardAs(message, kept));
}

function cardAs({ swapId, kind, channel, place }: Asked, kept: Kept): Omit<SentCard, "seq"> {
	return { swapId, kind: kind as SentCard["kind"], channel, place, ...kept, state: "live" };
}

/** Where a card cannot be edited, a moved expiry alone is not worth another message. */
export function faceOf({ engine, delivery }: Sending, card: Card): string {
	const { expiresAtMs, leftMs, ...rest } = card;
	const shown = delivery.can.edit ? { ...rest, expiresAtMs, leftMs } : rest;
	return engine.ports.credentials.hash(JSON.stringify(shown));
}

export function isGone(error: unknown): boolean {
	return error instanceof DeliveryFailed && error.code === "gone";
}

/** Who takes no messages of ours was never asked, and need not hear what became of it. */
function isUnwanted({ place }: Message, error: unknown): boolean {
	const isFinal = error instanceof DeliveryFailed && (error.code === "refused" || error.code === "gone");
	return isFinal && placeFrom(place).person !== null;
}
