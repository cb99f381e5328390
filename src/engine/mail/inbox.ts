// What people press and write in a channel: on disk before it is judged, judged by the same verbs as everywhere, and answered with a
// sentence. What a life could not judge any more is judged by the next one.

import { limits } from "../../core/limits.js";
import { isPassing } from "../../core/machine/passing-causes.js";
import { personOf } from "../../core/people/people.js";
import type { Sight } from "../../core/people/seen.js";
import { ownPlace, placeText } from "../../core/place.js";
import { createRate } from "../../core/rate.js";
import { swapSubject } from "../../core/subject.js";
import { type Actor, actorName } from "../../core/swap.js";
import { cardOf } from "../../core/words/card.js";
import { testAnswer, testSwapId } from "../../core/words/test-card.js";
import { wordsOf } from "../../core/words/typed-verdict.js";
import type { Answer, Click, Delivery, Inbox, Saying, StoredClick } from "../../ports/ports.js";
import { causeFrom } from "../base/effects.js";
import type { Store } from "../base/store.js";
import { answerClick, type Clicking } from "./clicks.js";
import { sightOf } from "./reading.js";
import { strayFace } from "./sending.js";

export interface InboxParts extends Clicking {
	readonly store: Store;
	/** Called when a card turned up that nobody knew of: it has to be closed. */
	readonly kick: () => void;
}

export function createInbox(parts: InboxParts, delivery: Delivery): Omit<Inbox, "refused"> {
	const { engine, store } = parts;
	const { journal, clock, gate, log, nonces, scrub } = engine.ports;
	const { surface, name: channel } = delivery;
	const nowMs = () => clock.now().wallMs;
	const strangers = createRate({ perMinute: limits.strangerClicks, nowMs, names: limits.strangers });

	async function click({ nonce, ...rest }: Click): Promise<Answer> {
		const by = { surface, id: rest.actorId };
		if (isTooOften(by)) return { sentence: tooOften, card: null };
		if (rest.swapId === testSwapId) return { sentence: tried(by), card: null };
		const genuine = nonces.matches(rest.swapId, rest.epoch, nonce);
		return take({ ...rest, channel, genuine, atMs: clock.now().wallMs });
	}

	/** A click that cannot be stored counts all the same: going back must work on a full disk. */
	async function take(stored: StoredClick): Promise<Answer> {
		const kept = await gate
			.around("mail.click", () => journal.keepClick(stored))
			.catch((error) => {
				log.error("click.not_stored", { channel, cause: causeFrom(error, null, scrub) });
				return null;
			});
		const sentence = kept?.answer ?? (await judge(kept?.seq ?? null, stored));
		return { sentence, card: await cardNow(stored) };
	}

	async function judge(seq: number | null, stored: StoredClick): Promise<string> {
		const by: Actor = { surface, id: stored.actorId };
		const sentence = await answerClick(parts, { ...stored, by }, await seenBy(engine, stored));
		if (seq !== null) await journal.answerClick(seq, sentence).catch((error) => notKept(error));
		if (stored.genuine) await keepStray(stored).catch((error) => notKept(error));
		return sentence;
	}

	function notKept(error: unknown): void {
		log.warn("click.not_settled", { channel, cause: causeFrom(error, null, scrub) });
	}

	/** A message that was sent by a life that ended before it knew the receipt: it turns up with the click on it. */
	async function keepStray({ swapId, epoch, verdict, receipt, place }: StoredClick): Promise<void> {
		if (receipt == null) return;
		const known = await journal.sentCards({ swapId, channel });
		if (known.some((card) => card.receipt === receipt)) return;
		const kind = kindOf(verdict);
		const where = placeText(place ?? ownPlace);
		await journal.keepCard({ swapId, epoch, kind, channel, place: where, receipt, face: strayFace, state: "live" });
		await journal.post(swapSubject(swapId), [
			{ channel, epoch, kind, text: `close ${receipt}`, place: where, notBeforeMs: null },
		]);
		parts.kick();
	}

	async function cardNow(stored: StoredClick): Promise<Answer["card"]> {
		const swap = stored.genuine ? await store.read(stored.swapId) : null;
		if (swap === null) return null;
		return cardOf(swap, kindOf(stored.verdict), engine.settings.authority, await seenBy(engine, stored));
	}

	function tried(by: Actor): string {
		return testAnswer(by, personOf(engine.settings.authority, actorName(by))?.name ?? null);
	}

	/** Who may not decide is told so, some times; after that nothing of theirs costs a write. */
	function isTooOften(by: Actor): boolean {
		const { authority } = engine.settings;
		const isStranger = authority.people.length > 0 && personOf(authority, actorName(by)) === null;
		return isStranger && strangers.take(actorName(by)) > 0;
	}

	/**
	 * Words count only where a card of that swap was sent, and for the try that it shows. Those that approve or reject name the submission from the
	 * second on: without a number they are for the first.
	 */
	async function say({ text, actorId, place, eventId = null }: Saying): Promise<string | null> {
		const words = wordsOf(text);
		if (words === null) return null;
		const by = { surface, id: actorId };
		if (isTooOften(by)) return tooOften;
		const { swapId, verdict, typed } = words;
		const sent = await journal.sentCards({ swapId, channel });
		const epochs = sent.filter(({ kind }) => kind === kindOf(verdict)).map((card) => card.epoch);
		const epoch = words.epoch ?? (kindOf(verdict) === "approval" ? 1 : Math.max(0, ...epochs));
		const said = { swapId, epoch, verdict, typed, actorId, place, receipt: null, eventId };
		const genuine = epochs.includes(epoch);
		const { sentence } = await take({ ...said, channel, genuine, atMs: clock.now().wallMs });
		return sentence;
	}

	return { click, say };
}

async function seenBy({ ports }: InboxParts["engine"], stored: StoredClick): Promise<Sight | null> {
	if (stored.verdict !== "approve") return null;
	const { swapId, channel } = stored;
	return sightOf(await ports.journal.sentCards({ swapId, channel }), stored);
}

/** Clicks that an earlier life stored and did not answer, in their order, before any new one comes. Nobody waits for their answers. */
export async function judgeEarlier(parts: InboxParts): Promise<void> {
	const { journal, deliveries, log } = parts.engine.ports;
	for (const { seq, ...stored } of await journal.openClicks()) {
		const delivery = deliveries.find(({ name }) => name === stored.channel);
		const by: Actor = { surface: delivery?.surface ?? "web", id: stored.actorId };
		const sentence = delivery === undefined ? "Its channel is gone." : await judgedOrNot(parts, stored, by);
		log.info("click.judged_late", { channel: stored.channel, swap: stored.swapId, by: actorName(by), sentence });
		await journal.answerClick(seq, sentence);
	}
}

/** One that cannot be judged is answered with that, and keeps nobody from starting (F36); what only passes is tried again. */
async function judgedOrNot(parts: InboxParts, stored: StoredClick, by: Actor): Promise<string> {
	const { log, scrub } = parts.engine.ports;
	try {
		return await judgeLate(parts, stored, by);
	} catch (error) {
		const cause = causeFrom(error, null, scrub);
		log.error("click.not_judged", { channel: stored.channel, swap: stored.swapId, cause });
		if (isPassing(cause)) throw error;
		return "It could not be judged. Press it again if it still matters.";
	}
}

/** A verdict falls once, whoever asks again; an extension that was journaled before its answer was must not come twice. */
async function judgeLate(parts: InboxParts, stored: StoredClick, by: Actor): Promise<string> {
	const facts = stored.verdict === "extend" ? await parts.engine.ports.journal.facts(stored.swapId) : [];
	const isDone = facts.some(
		(fact) => fact.type === "extended" && fact.atMs >= stored.atMs && actorName(fact.by) === actorName(by),
	);
	if (isDone) return `${stored.swapId} was given more time.`;
	return answerClick(parts, { ...stored, by }, await seenBy(parts.engine, stored));
}

function kindOf(verdict: Click["verdict"]): "approval" | "card" | "promotion" {
	if (verdict === "approve" || verdict === "reject") return "approval";
	return verdict === "promote" || verdict === "keep" ? "promotion" : "card";
}

const tooOften = "You may not decide this, and were told so. Wait a minute before you ask again.";
