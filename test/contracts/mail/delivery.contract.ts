// What every channel promises: a card is shown when its receipt is there, an edit shows the newest state, a click arrives as the platform
// verified it, and a failure says what kind it is.
// For a new channel: give `describeDeliveryContract` a function that makes a DeliveryUnderTest. Where something cannot happen on a platform
// its field is null, and the capabilities have to say the same: nothing is left out in silence.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ownPlace } from "../../../src/core/place.js";
import type { Button, Card } from "../../../src/core/words/card.js";
import {
	type Answer,
	type Click,
	type Delivery,
	DeliveryFailed,
	type Inbox,
	type Nonces,
	type Place,
	type Saying,
} from "../../../src/ports/ports.js";

export interface DeliveryUnderTest {
	/** Not started. */
	readonly delivery: Delivery;
	/** Everything that people can read in the channel's own conversation now, as plain text; what was edited away is not in it where `can.edit`. */
	shown(): Promise<string>;
	/** The channel of the next life, on the same state; not started. */
	reborn(): Delivery;
	cleanUp(): Promise<void>;
	/** Whose buttons they are; null: what arrives is not bound to a card here. */
	readonly nonces: Nonces | null;
	/** Exactly where `can.buttons`: a person presses a button of the message that shows a card; resolves with all that this person is told then, or with "" where that cannot be seen. */
	readonly press: ((press: Press) => Promise<string>) | null;
	/** Writes to the bot in the channel's own conversation, so that the bot gets it; resolves with what is answered there. Null: nobody can. */
	readonly write: ((words: { readonly text: string; readonly actorId: string }) => Promise<string>) | null;
	/** An identity of a person on this platform. */
	readonly actorId: string;
	/** Exactly where `can.directMessage`. */
	readonly direct: OtherPlace | null;
	/** Exactly where `can.thread`. */
	readonly thread: OtherPlace | null;
	/** Somebody deletes the message. Null: nobody can. */
	readonly lose: ((receipt: string) => Promise<void>) | null;
	/** From now on every call is answered so by the platform; `rate_limited` asks for 7 s. Null: there is nothing that could fail. */
	readonly fail: ((how: Failing) => Promise<void>) | null;
}

export type Failing = "rate_limited" | "unreachable" | "revoked";

export interface OtherPlace {
	readonly to: Place;
	/** Everything that can be read there, and only there. */
	shown(): Promise<string>;
}

export interface Press {
	/** Of the message. */
	readonly receipt: string;
	readonly card: Card;
	readonly verdict: Button;
	readonly actorId: string;
}

export function aCard(change: Partial<Card> = {}): Card {
	return {
		swapId: "sw_aaaaaa",
		epoch: 1,
		title: "I'm back with the new version (sw_aaaaaa).",
		lines: ["Greets louder"],
		buttons: ["confirm", "rollback", "extend"],
		expiresAtMs: Date.UTC(2026, 10, 21, 12, 2),
		decided: false,
		kind: "card",
		phrase: null,
		...change,
	};
}

/** What is asked before the trial, and after the confirm. */
export const approval: Partial<Card> = {
	kind: "approval",
	title: "sw_aaaaaa asks for approval.",
	lines: ["A host change."],
	buttons: ["approve", "reject"],
	phrase: "host sw_aaaaaa",
};
export const promotion: Partial<Card> = {
	kind: "promotion",
	title: "Apply sw_aaaaaa to the template?",
	lines: ["Touches container skills."],
	buttons: ["promote", "keep"],
	expiresAtMs: null,
};
export const outcome: Partial<Card> = {
	title: "sw_aaaaaa was rolled back.",
	lines: ["Nobody confirmed."],
	buttons: [],
	expiresAtMs: null,
	decided: true,
};

/** An inbox that keeps what comes in, and answers. */
export interface KeptInbox extends Inbox {
	readonly clicks: Click[];
	readonly sayings: Saying[];
	readonly refusals: string[];
}

export const clickAnswer = "Taken: sw_aaaaaa is confirmed.";
export const wordsAnswer = "Heard: sw_aaaaaa is approved.";

export function keptInbox(answer: Answer = { sentence: clickAnswer, card: null }): KeptInbox {
	const clicks: Click[] = [];
	const sayings: Saying[] = [];
	const refusals: string[] = [];
	return {
		clicks,
		sayings,
		refusals,
		async click(click) {
			clicks.push(click);
			return answer;
		},
		async say(saying) {
			sayings.push(saying);
			return /sw_[a-z0-9]{6}/.test(saying.text) ? wordsAnswer : null;
		},
		refused: ({ code }) => void refusals.push(code),
	};
}

const plainText = (text: string) => text.replaceAll("&#39;", "'");

async function failureOf(work: Promise<unknown>): Promise<DeliveryFailed> {
	const error = await work.then(
		() => null,
		(failure: unknown) => failure,
	);
	expect(error).toBeInstanceOf(DeliveryFailed);
	return error as DeliveryFailed;
}

export function describeDeliveryContract(name: string, makeIt: () => Promise<DeliveryUnderTest>): void {
	describe(`delivery: ${name}`, () => {
		let one: DeliveryUnderTest;
		let delivery: Delivery;
		let inbox: KeptInbox;
		const send = (card: Card, to: Place = ownPlace) => delivery.send(card, to);
		const shown = async () => plainText(await one.shown());

		beforeEach(async () => {
			one = await makeIt();
			({ delivery } = one);
			inbox = keptInbox();
			await delivery.start(inbox);
		});
		afterEach(async () => {
			await delivery.stop();
			await one.cleanUp();
		});

		it("shows a card, and gives a receipt for it", async () => {
			expect(await send(aCard())).not.toBe("");
			expect(await shown()).toContain("Greets louder");
		});

		it("shows what became of it, however often it is told", async () => {
			const receipt = await send(aCard());
			const edited = await delivery.edit(receipt, aCard(outcome), ownPlace);
			await delivery.edit(edited, aCard(outcome), ownPlace);
			expect(edited).not.toBe("");
			expect(await shown()).toContain("sw_aaaaaa was rolled back.");
			if (delivery.can.edit) expect(await shown()).not.toContain("I'm back with the new version");
		});

		it("tells cards of two swaps and of two tries apart", async () => {
			const others = [aCard(), aCard({ epoch: 2 }), aCard({ swapId: "sw_bbbbbb" })];
			const receipts = [];
			for (const card of others) receipts.push(await send(card));
			expect(new Set(receipts).size).toBe(3);
		});

		it("tells the cards of one swap apart by what they ask", async () => {
			const receipts = [];
			for (const change of [approval, {}, promotion]) receipts.push(await send(aCard(change)));
			expect(new Set(receipts).size).toBe(3);
			const approved = aCard({ ...approval, title: "sw_aaaaaa is approved.", buttons: [] });
			await delivery.edit(receipts[0] ?? "", approved, ownPlace);
			for (const title of ["sw_aaaaaa is approved.", aCard().title, promotion.title]) {
				expect(await shown()).toContain(title);
			}
		});

		it("says truly what it can do", () => {
			const { can, limits } = delivery;
			expect(limits.message).toBeGreaterThanOrEqual(200);
			expect(limits.pieces).toBeGreaterThanOrEqual(1);
			expect(can.cardCharacters).toBeGreaterThanOrEqual(500);
			if (can.refreshMs !== null) expect(can.refreshMs).toBeGreaterThanOrEqual(1_000);
			if (!can.edit) expect(can.refreshMs).toBeNull();
			expect(delivery.find !== undefined).toBe(can.lookup);
			expect([one.press !== null, one.direct !== null, one.thread !== null]).toEqual([
				can.buttons,
				can.directMessage,
				can.thread,
			]);
		});

		it("may be asked twice for the same card", async () => {
			await send(aCard());
			const receipt = await send(aCard());
			await delivery.edit(receipt, aCard(outcome), ownPlace);
			expect(await shown()).toContain("was rolled back");
		});

		it("shows notices", async () => {
			await delivery.notice("sw_aaaaaa was rejected.", ownPlace);
			expect(await shown()).toContain("sw_aaaaaa was rejected.");
		});

		it("reaches the other places that it names, and only those", async () => {
			for (const place of [one.direct, one.thread]) {
				if (place === null) continue;
				const receipt = await send(aCard({ lines: ["Only here"] }), place.to);
				expect(await place.shown()).toContain("Only here");
				await delivery.edit(receipt, aCard({ ...outcome, lines: ["Only here too"] }), place.to);
				await delivery.notice("A notice only here.", place.to);
				expect(await place.shown()).toContain("Only here too");
				expect(await place.shown()).toContain("A notice only here.");
				if (place === one.direct) expect(await shown()).not.toContain("nly here");
			}
			expect(inbox.refusals).toEqual([]);
		});

		it("takes hostile and odd text", async () => {
			const lines = ["</p><script>alert(1)</script>", "\u001b[2J\u0000\u202e", "", "two\nlines", "x".repeat(20_000)];
			const receipt = await send(aCard({ lines, title: lines[0] as string }));
			await delivery.edit(receipt, aCard({ lines }), ownPlace);
			await delivery.notice(lines.join("\n").slice(0, delivery.limits.message), ownPlace);
			expect(await shown()).toContain("two");
		});

		it("takes many at once", async () => {
			const cards = Array.from({ length: 20 }, (_, n) =>
				aCard({ swapId: `sw_many${String(n).padStart(2, "0")}`, lines: [`number ${n}.`] }),
			);
			const receipts = await Promise.all(cards.map((card) => send(card)));
			const text = await shown();
			expect(cards.filter(({ lines }) => !text.includes(lines[0] as string))).toEqual([]);
			expect(new Set(receipts).size).toBe(20);
		});

		it("knows a receipt of an earlier life", async () => {
			const receipt = await send(aCard());
			await delivery.stop();
			const reborn = one.reborn();
			await reborn.start(keptInbox());
			await reborn.edit(receipt, aCard(outcome), ownPlace);
			expect(await shown()).toContain("was rolled back");
			await reborn.stop();
		});

		it("finds a card again whose receipt was lost, where it says so", async () => {
			if (delivery.find === undefined) return expect(delivery.can.lookup).toBe(false);
			await send(aCard());
			await send(aCard({ epoch: 2 }));
			const receipt = await send(aCard());
			expect(await delivery.find(aCard(), ownPlace)).toBe(receipt);
			expect(await delivery.find(aCard({ swapId: "sw_absent" }), ownPlace)).toBeNull();
		});

		it("says that a message is gone", async () => {
			if (one.lose === null || !delivery.can.edit) return expect(one.lose).toBeNull();
			const receipt = await send(aCard());
			await one.lose(receipt);
			const failure = await failureOf(delivery.edit(receipt, aCard(outcome), ownPlace));
			expect(failure.code).toBe("gone");
			expect(await send(aCard(outcome))).not.toBe(receipt);
		});

		it.each(["rate_limited", "unreachable", "revoked"] as const)("says that it failed: %s", async (how) => {
			if (one.fail === null) return expect(one.lose).toBeNull();
			const receipt = await send(aCard());
			await one.fail(how);
			for (const work of [
				() => send(aCard({ epoch: 2 })),
				() => delivery.edit(receipt, aCard(outcome), ownPlace),
				() => delivery.notice("A notice.", ownPlace),
			]) {
				const failure = await failureOf(work());
				expect([failure.code, failure.retryAfterMs]).toEqual([how, how === "rate_limited" ? 7_000 : null]);
				expect(failure.message).not.toBe("");
			}
		});

		it("hands in a click as the platform verified it, and answers it", async () => {
			if (one.press === null) return expect(delivery.can.buttons).toBe(false);
			const card = aCard();
			const receipt = await send(card);
			const told = await one.press({ receipt, card, verdict: "rollback", actorId: one.actorId });
			expect(inbox.clicks).toHaveLength(1);
			const [click] = inbox.clicks;
			expect(click).toMatchObject({ swapId: "sw_aaaaaa", epoch: 1, verdict: "rollback", actorId: one.actorId });
			expect(click?.place ?? ownPlace).toEqual(ownPlace);
			expect([receipt, null, undefined]).toContain(click?.receipt);
			if (one.nonces !== null) expect(one.nonces.matches("sw_aaaaaa", 1, click?.nonce ?? "")).toBe(true);
			if (told !== "") expect(plainText(told)).toContain(clickAnswer);
			expect(inbox.refusals).toEqual([]);
		});

		it("hands in each button of each kind of card", async () => {
			if (one.press === null) return expect(delivery.can.buttons).toBe(false);
			for (const [change, verdicts] of [
				[{}, ["confirm", "extend"]],
				[{ ...approval, phrase: null }, ["approve", "reject"]],
				[promotion, ["promote", "keep"]],
			] as const) {
				const card = aCard(change);
				for (const verdict of verdicts) {
					const receipt = await send(card);
					await one.press({ receipt, card, verdict, actorId: one.actorId });
				}
			}
			const verdicts = inbox.clicks.map(({ verdict }) => verdict);
			expect(verdicts).toEqual(["confirm", "extend", "approve", "reject", "promote", "keep"]);
		});

		it("hands in words, and answers those that are for us", async () => {
			if (one.write === null) return expect(inbox.sayings).toEqual([]);
			const { actorId } = one;
			expect(plainText(await one.write({ text: "host sw_aaaaaa", actorId }))).toContain(wordsAnswer);
			expect(inbox.sayings).toHaveLength(1);
			expect(inbox.sayings[0]).toMatchObject({ actorId, place: ownPlace });
			expect(inbox.sayings[0]?.text).toContain("host sw_aaaaaa");
			expect(inbox.clicks).toEqual([]);
		});

		it("stops twice, says where it is found, and keeps its name", async () => {
			expect(delivery.address()).toEqual(expect.any(String));
			expect(delivery.name).toMatch(/^[a-z][a-z0-9-]{1,19}$/);
			await delivery.stop();
			await delivery.stop();
			expect(one.reborn().name).toBe(delivery.name);
		});
	});
}
