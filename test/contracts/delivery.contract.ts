// What every channel promises: a card is shown when its receipt is there, an edit shows the newest state, and nothing it is told breaks it.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Card } from "../../src/core/card.js";
import type { Delivery } from "../../src/ports.js";

export interface DeliveryUnderTest {
	readonly delivery: Delivery;
	/** Everything that people can read on the channel now. */
	shown(): Promise<string>;
	/** The channel of the next life, on the same state. */
	reborn(): Delivery;
	cleanUp(): Promise<void>;
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
	lines: ["Touches container/skills."],
	buttons: ["promote", "keep"],
	expiresAtMs: null,
};

const outcome = {
	title: "sw_aaaaaa was rolled back.",
	lines: ["Nobody confirmed."],
	buttons: [],
	expiresAtMs: null,
	decided: true,
};
const click = async () => "clicked";

export function describeDeliveryContract(name: string, makeIt: () => Promise<DeliveryUnderTest>): void {
	describe(`delivery: ${name}`, () => {
		let it_: DeliveryUnderTest;
		beforeEach(async () => {
			it_ = await makeIt();
			await it_.delivery.start(click);
		});
		afterEach(async () => {
			await it_.delivery.stop();
			await it_.cleanUp();
		});

		it("shows a card, and gives a receipt for it", async () => {
			expect(await it_.delivery.send(aCard())).not.toBe("");
			expect(await it_.shown()).toContain("Greets louder");
		});

		it("shows what became of it", async () => {
			const receipt = await it_.delivery.send(aCard());
			await it_.delivery.edit(receipt, aCard(outcome));
			await it_.delivery.edit(receipt, aCard(outcome));
			expect(await it_.shown()).toContain("sw_aaaaaa was rolled back.");
		});

		it("tells cards of two swaps and of two tries apart", async () => {
			const others = [aCard(), aCard({ epoch: 2 }), aCard({ swapId: "sw_bbbbbb" })];
			const receipts = [];
			for (const card of others) receipts.push(await it_.delivery.send(card));
			expect(new Set(receipts).size).toBe(3);
		});

		it("tells the cards of one swap apart by what they ask", async () => {
			const receipts = [];
			for (const change of [approval, {}, promotion]) receipts.push(await it_.delivery.send(aCard(change)));
			expect(new Set(receipts).size).toBe(3);
			await it_.delivery.edit(receipts[0] ?? "", aCard({ ...approval, title: "sw_aaaaaa is approved.", buttons: [] }));
			const text = await it_.shown();
			for (const title of ["sw_aaaaaa is approved.", aCard().title, promotion.title]) {
				expect(text.replaceAll("&#39;", "'")).toContain(title);
			}
		});

		it("says how much of a diff it can be sent", () => {
			const { message, pieces } = it_.delivery.limits;
			expect(message).toBeGreaterThanOrEqual(200);
			expect(pieces).toBeGreaterThanOrEqual(1);
		});

		it("may be asked twice for the same card", async () => {
			await it_.delivery.send(aCard());
			const receipt = await it_.delivery.send(aCard());
			await it_.delivery.edit(receipt, aCard(outcome));
			expect(await it_.shown()).toContain("was rolled back");
		});

		it("shows notices", async () => {
			await it_.delivery.notice("sw_aaaaaa was rejected.");
			expect(await it_.shown()).toContain("sw_aaaaaa was rejected.");
		});

		it("takes hostile and odd text", async () => {
			const lines = ["</p><script>alert(1)</script>", "\u001b[2J\u0000\u202e", "", "two\nlines", "x".repeat(20_000)];
			const receipt = await it_.delivery.send(aCard({ lines, title: lines[0] as string }));
			await it_.delivery.edit(receipt, aCard({ lines }));
			await it_.delivery.notice(lines.join("\n"));
			expect(await it_.shown()).toContain("two");
		});

		it("takes many at once", async () => {
			const cards = Array.from({ length: 20 }, (_, n) => aCard({ swapId: `sw_${n}`, lines: [`number ${n}.`] }));
			await Promise.all(cards.map((card) => it_.delivery.send(card)));
			const text = await it_.shown();
			expect(cards.filter(({ lines }) => !text.includes(lines[0] as string))).toEqual([]);
		});

		it("knows a receipt of an earlier life", async () => {
			const receipt = await it_.delivery.send(aCard());
			await it_.delivery.stop();
			const reborn = it_.reborn();
			await reborn.start(click);
			await reborn.edit(receipt, aCard(outcome));
			expect(await it_.shown()).toContain("was rolled back");
			await reborn.stop();
		});

		it("stops twice, says where it is found, and keeps its name", async () => {
			expect(it_.delivery.address()).toEqual(expect.any(String));
			expect(it_.delivery.name).toMatch(/^[a-z]{3,20}$/);
			await it_.delivery.stop();
			await it_.delivery.stop();
			expect(it_.reborn().name).toBe(it_.delivery.name);
		});
	});
}
