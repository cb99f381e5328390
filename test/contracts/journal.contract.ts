// What every journal promises: append-only facts, a projection by compare-and-set, an outbox in order. Run on the real one and its twin.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { evolve, evolveAll } from "../../src/core/evolve.js";
import type { Fact, FactBody } from "../../src/core/facts.js";
import type { Status, Swap } from "../../src/core/swap.js";
import { type Journal, type NewMessage, VersionConflict } from "../../src/ports.js";
import { journeys, proposal, stamped, statuses } from "../core/journeys.js";

export interface JournalUnderTest {
	readonly journal: Journal;
	/** The same disk, opened again, as after a restart. */
	reopen(): Promise<Journal>;
	cleanUp(): Promise<void>;
}

export type MakeJournal = (clock: { nowMs: number }) => Promise<JournalUnderTest>;

const card: NewMessage = { channel: "console", epoch: 1, kind: "card", text: null };
const notice: NewMessage = { channel: "console", epoch: 1, kind: "notice", text: "Hello" };
const noted: FactBody = { type: "noted", text: "A line." };

export function describeJournalContract(name: string, makeIt: MakeJournal): void {
	describe(`journal: ${name}`, () => {
		const clock = { nowMs: 1_000 };
		let subject: JournalUnderTest;
		let journal: Journal;

		beforeEach(async () => {
			clock.nowMs = 1_000;
			subject = await makeIt(clock);
			journal = subject.journal;
		});
		afterEach(() => subject.cleanUp());

		async function add(id: string, bodies: readonly FactBody[], messages: readonly NewMessage[] = []): Promise<Swap> {
			const before = (await journal.swap(id)) ?? evolveAll(id, []);
			const facts = stamped(bodies);
			const next = facts.reduce(evolve, before);
			await journal.append({ swapId: id, expectedVersion: before.version, facts, next, messages });
			return next;
		}

		const begin = (id: string, messages: readonly NewMessage[] = []) => add(id, journeys.drafting, messages);
		const dueIds = async (nowMs: number) => (await journal.due(nowMs, 10)).map(({ id }) => id);

		it("keeps facts and projection of every status, also when opened again", async () => {
			const wanted = new Map<string, Swap>();
			for (const status of statuses) wanted.set(status, await add(`sw_${status}`, journeys[status]));
			await journal.close();
			journal = await subject.reopen();
			for (const status of statuses) {
				const swap = await journal.swap(`sw_${status}`);
				const facts = await journal.facts(`sw_${status}`);
				expect(swap?.status).toBe(status);
				expect(swap).toEqual(wanted.get(status));
				expect(facts).toEqual(stamped(journeys[status]));
				expect(evolveAll(`sw_${status}`, facts)).toEqual(swap);
			}
		});

		it("knows nothing of a swap that it does not hold", async () => {
			expect(await journal.swap("sw_nobody")).toBeNull();
			expect(await journal.facts("sw_nobody")).toEqual([]);
			expect(await journal.nextDueMs()).toBeNull();
		});

		it("lists the newest first, and the unfinished oldest first until they are tidied", async () => {
			for (const status of ["finalized", "drafting", "stranded"] as const) await add(`sw_${status}`, journeys[status]);
			expect((await journal.swaps(2)).map(({ id }) => id)).toEqual(["sw_stranded", "sw_drafting"]);
			const ids = async () => (await journal.unfinished()).map(({ id }) => id);
			expect(await ids()).toEqual(["sw_finalized", "sw_drafting", "sw_stranded"]);
			await add("sw_finalized", [{ type: "tidied" }]);
			expect(await ids()).toEqual(["sw_drafting", "sw_stranded"]);
		});

		it("names the newest swap in which a tree was rolled back", async () => {
			await add("sw_first", journeys.rolled_back);
			await add("sw_second", journeys.rolled_back);
			await add("sw_third", journeys.finalized);
			expect(await journal.knownBad(proposal.tree)).toBe("sw_second");
			expect(await journal.knownBad("0".repeat(40))).toBeNull();
		});

		it("lets exactly one of several writers win a version", async () => {
			const swap = await begin("sw_race");
			const tries = Array.from({ length: 8 }, (_, index) => {
				const facts: Fact[] = [{ type: "noted", text: `writer ${index}`, atMs: index }];
				const next = facts.reduce(evolve, swap);
				return journal.append({ swapId: swap.id, expectedVersion: swap.version, facts, next, messages: [card] });
			});
			const results = await Promise.allSettled(tries);
			const lost = results.filter((result) => result.status === "rejected");
			expect(results.length - lost.length).toBe(1);
			for (const { reason } of lost) expect(reason).toBeInstanceOf(VersionConflict);
			expect(lost[0]?.reason).toMatchObject({ name: "VersionConflict", swapId: "sw_race" });
			expect(await journal.facts("sw_race")).toHaveLength(2);
			expect(await dueIds(clock.nowMs)).toHaveLength(1);
		});

		it("refuses version 0 for a swap that exists, and another for one that does not", async () => {
			await begin("sw_here");
			const facts = stamped(journeys.drafting);
			const next = evolveAll("sw_here", facts);
			await expect(
				journal.append({ swapId: "sw_here", expectedVersion: 0, facts, next, messages: [] }),
			).rejects.toBeInstanceOf(VersionConflict);
			const gone = { ...next, id: "sw_gone", version: 4 };
			await expect(
				journal.append({ swapId: "sw_gone", expectedVersion: 3, facts, next: gone, messages: [] }),
			).rejects.toBeInstanceOf(VersionConflict);
			expect(await journal.swap("sw_gone")).toBeNull();
		});

		it("takes no batch whose projection is of another version", async () => {
			const facts = stamped(journeys.drafting);
			const next = { ...evolveAll("sw_odd", facts), version: 7 };
			const append = journal.append({ swapId: "sw_odd", expectedVersion: 0, facts, next, messages: [] });
			await expect(append).rejects.toThrow("does not fit");
			expect(await journal.facts("sw_odd")).toEqual([]);
		});

		it("passes on a status and a fact that this version does not know", async () => {
			const facts = [{ type: "teleported", atMs: 5, to: "mars" }] as unknown as Fact[];
			const next = { ...evolveAll("sw_new", []), version: 1, status: "levitating" as Status };
			await journal.append({ swapId: "sw_new", expectedVersion: 0, facts, next, messages: [] });
			expect((await journal.swap("sw_new"))?.status).toBe("levitating");
			expect(await journal.facts("sw_new")).toEqual(facts);
			expect((await journal.unfinished()).map(({ id }) => id)).toEqual(["sw_new"]);
		});

		describe("outbox", () => {
			it("holds a message as it was written, from its time on", async () => {
				await begin("sw_a", [notice]);
				const [message] = await journal.due(clock.nowMs, 10);
				expect(message).toMatchObject({ ...notice, swapId: "sw_a", attempts: 0, createdAtMs: 1_000 });
				expect(await journal.due(clock.nowMs - 1, 10)).toEqual([]);
				expect(await journal.nextDueMs()).toBe(1_000);
			});

			it("keeps one pending card of a swap and channel, the newest, and every notice", async () => {
				await begin("sw_a", [card, { ...card, channel: "page" }]);
				const [console, page] = await dueIds(clock.nowMs);
				await add("sw_a", [noted], [card]);
				const due = await journal.due(clock.nowMs, 10);
				expect(due.map(({ channel }) => channel)).toEqual(["page", "console"]);
				expect(due[0]?.id).toBe(page);
				expect(due[1]?.id).toBeGreaterThan(console ?? Number.POSITIVE_INFINITY);
			});

			it("keeps the order of a thread: what is behind the oldest waits for it", async () => {
				await begin("sw_a", [notice]);
				await add("sw_a", [noted], [{ ...notice, text: "Second" }]);
				await begin("sw_b", [notice]);
				const [first, other] = await dueIds(clock.nowMs);
				expect((await journal.due(clock.nowMs, 10)).map(({ swapId }) => swapId)).toEqual(["sw_a", "sw_b"]);
				await journal.postpone(first ?? 0, 9_000, "Nobody answers.");
				expect(await dueIds(clock.nowMs)).toEqual([other]);
				await journal.settle(other ?? 0, null);
				expect(await journal.nextDueMs()).toBe(9_000);
				const [again] = await journal.due(9_000, 10);
				expect(again).toMatchObject({ id: first, attempts: 1 });
				await journal.settle(first ?? 0, null);
				expect((await journal.due(9_000, 10)).map(({ text }) => text)).toEqual(["Second"]);
			});

			it("keeps the newest receipt of a swap, epoch and channel", async () => {
				await begin("sw_a", [card]);
				const [first] = await dueIds(clock.nowMs);
				expect(await journal.receipt("sw_a", 1, "console")).toBeNull();
				await journal.settle(first ?? 0, "message-1");
				await add("sw_a", [noted], [card]);
				const [second] = await dueIds(clock.nowMs);
				await journal.settle(second ?? 0, "message-2");
				expect(await journal.receipt("sw_a", 1, "console")).toBe("message-2");
				expect(await journal.receipt("sw_a", 2, "console")).toBeNull();
				expect(await journal.receipt("sw_a", 1, "page")).toBeNull();
				expect(await journal.nextDueMs()).toBeNull();
			});

			it("takes the receipt of a card that was replaced while it was being sent, and does not send it again", async () => {
				await begin("sw_a", [card]);
				const [sending] = await dueIds(clock.nowMs);
				await add("sw_a", [noted], [card]);
				await journal.settle(sending ?? 0, "message-1");
				await journal.postpone(sending ?? 0, 0, "Too late to matter.");
				expect(await journal.receipt("sw_a", 1, "console")).toBe("message-1");
				const due = await dueIds(clock.nowMs);
				expect(due).toHaveLength(1);
				expect(due[0]).not.toBe(sending);
			});

			it("limits what it hands out, oldest first", async () => {
				for (const id of ["sw_a", "sw_b", "sw_c"]) await begin(id, [notice]);
				expect((await journal.due(clock.nowMs, 2)).map(({ swapId }) => swapId)).toEqual(["sw_a", "sw_b"]);
			});
		});

		it("answers nothing once it is closed", async () => {
			await journal.close();
			await journal.close();
			await expect(journal.swap("sw_a")).rejects.toThrow(/closed/);
		});
	});
}
