// What every journal promises of cards, clicks and what waits to be sent: durable, in order, and nothing twice.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { evolve, evolveAll } from "../../../src/core/machine/evolve.js";
import { ownPlace } from "../../../src/core/place.js";
import { swapIdOf, swapSubject } from "../../../src/core/subject.js";
import type { Journal, NewMessage, Posted, SentCard, StoredClick } from "../../../src/ports/ports.js";
import { journeys, stamped } from "../../core/journeys.js";
import type { JournalUnderTest, MakeJournal } from "./journal.contract.js";

const sent: Omit<SentCard, "seq"> = {
	...{ swapId: "sw_a", epoch: 1, kind: "card", channel: "slack", place: "" },
	...{ receipt: "m1", face: "f1", state: "live" },
};
const click: StoredClick = {
	...{ swapId: "sw_a", epoch: 1, verdict: "confirm", typed: null, actorId: "U1", place: ownPlace },
	...{ receipt: "m1", eventId: "e1", channel: "slack", genuine: true, atMs: 7 },
};
const posted: Posted = { channel: "slack", epoch: 1, kind: "notice", text: "soon", place: "", notBeforeMs: null };

export function describeJournalMailContract(name: string, makeIt: MakeJournal): void {
	describe(`journal, of cards and clicks: ${name}`, () => {
		const clock = { nowMs: 1_000 };
		let subject: JournalUnderTest;
		let journal: Journal;

		beforeEach(async () => {
			clock.nowMs = 1_000;
			subject = await makeIt(clock);
			journal = subject.journal;
			await begin("sw_a");
		});
		afterEach(() => subject.cleanUp());

		async function begin(id: string, messages: readonly NewMessage[] = []): Promise<void> {
			const facts = stamped(journeys.drafting);
			const next = facts.reduce(evolve, evolveAll(id, []));
			await journal.append({ swapId: id, expectedVersion: 0, facts, next, messages });
		}

		async function reopen(): Promise<void> {
			await journal.close();
			journal = await subject.reopen();
		}

		const due = async (nowMs = clock.nowMs) => journal.due(nowMs, 100);
		const cards = (channel = "slack") => journal.sentCards({ swapId: "sw_a", channel });

		it("knows every message that is out, newest first, also in the next life", async () => {
			await journal.keepCard(sent);
			await journal.keepCard({ ...sent, receipt: "m2", place: "there" });
			await journal.keepCard({ ...sent, channel: "page" });
			await reopen();
			expect((await cards()).map(({ receipt }) => receipt)).toEqual(["m2", "m1"]);
			expect((await cards("page")).map(({ receipt }) => receipt)).toEqual(["m1"]);
			expect(await journal.sentCards({ swapId: "sw_b", channel: "slack" })).toEqual([]);
		});

		it("changes the face and the state of a message, and nothing else of it", async () => {
			await journal.keepCard(sent);
			const [before] = await cards();
			await journal.keepCard({ ...sent, face: "f2", state: "closed" });
			expect(await cards()).toEqual([{ ...before, face: "f2", state: "closed" }]);
		});

		it("keeps a click until it is answered, in the order in which they came", async () => {
			const first = await journal.keepClick(click);
			const second = await journal.keepClick({ ...click, eventId: "e2", verdict: "rollback" });
			expect(first.answer).toBeNull();
			await reopen();
			expect(await journal.openClicks()).toEqual([
				{ ...click, seq: first.seq },
				{ ...click, eventId: "e2", verdict: "rollback", seq: second.seq },
			]);
			await journal.answerClick(first.seq, "Confirmed.");
			expect((await journal.openClicks()).map(({ seq }) => seq)).toEqual([second.seq]);
		});

		it("takes an event once: again, it has the number and the answer of the first", async () => {
			const first = await journal.keepClick(click);
			expect(await journal.keepClick(click)).toEqual(first);
			await journal.answerClick(first.seq, "Confirmed.");
			await journal.answerClick(first.seq, "Something else.");
			expect(await journal.keepClick(click)).toEqual({ seq: first.seq, answer: "Confirmed." });
			expect((await journal.keepClick({ ...click, channel: "page" })).answer).toBeNull();
			const unnamed = { ...click, eventId: null };
			const numbers = [await journal.keepClick(unnamed), await journal.keepClick(unnamed)].map(({ seq }) => seq);
			expect(new Set(numbers).size).toBe(2);
		});

		it("posts what is new, and nothing twice, in whatever state it is", async () => {
			expect(await journal.post(swapSubject("sw_a"), [posted, { ...posted, place: "there" }])).toBe(2);
			expect(await journal.post(swapSubject("sw_a"), [posted])).toBe(0);
			for (const { id } of await due()) await journal.settle(id);
			await reopen();
			expect(
				await journal.post(swapSubject("sw_a"), [posted, { ...posted, text: "now" }, { ...posted, epoch: 2 }]),
			).toBe(2);
		});

		it("keeps what is said of one subject apart from another of the same name", async () => {
			const agent = { kind: "agent", id: "sw_a" } as const;
			expect(await journal.post(swapSubject("sw_a"), [posted])).toBe(1);
			expect(await journal.post(agent, [posted])).toBe(1);
			await reopen();
			expect((await due()).map(({ subject }) => subject)).toEqual([swapSubject("sw_a"), agent]);
			expect(await journal.post(agent, [posted])).toBe(0);
		});

		it("holds back what is not to be sent yet", async () => {
			await journal.post(swapSubject("sw_a"), [{ ...posted, notBeforeMs: 9_000 }]);
			expect(await due(8_999)).toEqual([]);
			expect(await journal.nextDueMs()).toBe(9_000);
			expect(await due(9_000)).toMatchObject([{ text: "soon", place: "" }]);
		});

		it("keeps the order of each place apart, and one waiting card in each", async () => {
			const card: NewMessage = { channel: "slack", epoch: 1, kind: "card", text: null };
			await begin("sw_c", [card, { ...card, place: "there" }, { ...card, kind: "notice", text: "n", place: "there" }]);
			const mine = (await due()).filter(({ subject }) => swapIdOf(subject) === "sw_c");
			expect(mine.map(({ place, kind }) => [place, kind])).toEqual([
				["", "card"],
				["there", "card"],
			]);
			await journal.post(swapSubject("sw_c"), [{ ...posted, kind: "card", text: "again", place: "there" }]);
			const then = (await due()).filter(({ subject }) => swapIdOf(subject) === "sw_c");
			expect(then.map(({ place, kind, text }) => [place, kind, text])).toEqual([
				["", "card", null],
				["there", "notice", "n"],
			]);
		});

		it("knows when a message was first sent", async () => {
			await journal.post(swapSubject("sw_a"), [posted]);
			const [before] = await due();
			expect(before?.sendingAtMs).toBeNull();
			await journal.sending(before?.id ?? 0, 5_000);
			await journal.sending(before?.id ?? 0, 6_000);
			await reopen();
			expect(await due()).toMatchObject([{ id: before?.id, sendingAtMs: 5_000 }]);
		});

		it("knows which notices of one submission went out in one place, and not those that never did", async () => {
			const notice = (text: string, more: Partial<NewMessage> = {}): NewMessage => {
				return { channel: "slack", epoch: 1, kind: "notice", text, ...more };
			};
			const elsewhere = notice("elsewhere", { place: "there" });
			await begin("sw_c", [notice("one"), notice("two"), notice("three"), elsewhere, notice("old", { epoch: 2 })]);
			const about = { swapId: "sw_c", epoch: 1, channel: "slack", place: "", before: 1_000 };
			const next = async () => (await due()).find(({ place, subject }) => place === "" && swapIdOf(subject) === "sw_c");
			expect(await journal.settledNotices(about)).toEqual([]);
			await journal.settle((await next())?.id ?? 0);
			const second = (await next())?.id ?? 0;
			await journal.drop(second);
			expect((await next())?.text).toBe("three");
			await journal.settle((await next())?.id ?? 0);
			await reopen();
			expect(await journal.settledNotices(about)).toEqual(["one", "three"]);
			expect(await journal.settledNotices({ ...about, before: second })).toEqual(["one"]);
			for (const other of [{ swapId: "sw_a" }, { epoch: 2 }, { channel: "page" }, { place: "there" }]) {
				expect(await journal.settledNotices({ ...about, ...other })).toEqual([]);
			}
		});

		it("says what waits on each channel, since when, and why", async () => {
			expect(await journal.backlog()).toEqual([]);
			await journal.post(swapSubject("sw_a"), [posted, { ...posted, channel: "page" }]);
			clock.nowMs = 4_000;
			await journal.post(swapSubject("sw_a"), [{ ...posted, text: "later" }]);
			const [first] = await due();
			await journal.postpone(first?.id ?? 0, 9_000, "No answer.");
			expect(await journal.backlog()).toEqual([
				{ channel: "page", pending: 1, oldestAtMs: 1_000, lastError: null },
				{ channel: "slack", pending: 2, oldestAtMs: 1_000, lastError: "No answer." },
			]);
		});

		it("forgets messages that are out, the oldest first, and none that waits", async () => {
			const texts = ["one", "two", "three", "four"];
			await journal.post(
				swapSubject("sw_a"),
				texts.map((text) => ({ ...posted, text })),
			);
			for (let nth = 0; nth < 3; nth += 1) await journal.settle((await due())[0]?.id ?? 0);
			expect(await journal.forget(1)).toBe(2);
			await reopen();
			expect((await due()).map(({ text }) => text)).toEqual(["four"]);
			expect(await journal.forget(1)).toBe(0);
		});

		it("keeps a mark, and replaces it", async () => {
			expect(await journal.mark("introduction")).toBeNull();
			await journal.keepMark("introduction", "sending");
			await journal.keepMark("introduction", "sent");
			await reopen();
			expect(await journal.mark("introduction")).toBe("sent");
			expect(await journal.mark("other")).toBeNull();
		});
	});
}
