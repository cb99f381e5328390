// What every journal promises: append-only facts, a projection by compare-and-set, an outbox in order. Run on the real one and its twin.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Fact, FactBody } from "../../../src/core/facts.js";
import { evolve, evolveAll } from "../../../src/core/machine/evolve.js";
import { swapIdOf, swapSubject } from "../../../src/core/subject.js";
import { causeOf, type Status, type Swap } from "../../../src/core/swap.js";
import {
	type AuditEntry,
	type Journal,
	type NewMessage,
	type StoredReview,
	VersionConflict,
} from "../../../src/ports/ports.js";
import { journeys, operator, proposal, stamped, statuses } from "../../core/journeys.js";

export interface JournalUnderTest {
	readonly journal: Journal;
	/** The same disk, opened again, as after a restart. */
	reopen(): Promise<Journal>;
	cleanUp(): Promise<void>;
}

export type MakeJournal = (clock: { nowMs: number }) => Promise<JournalUnderTest>;

const card: NewMessage = { channel: "console", epoch: 1, kind: "card", text: null };
const notice: NewMessage = { channel: "console", epoch: 1, kind: "notice", text: "Hello" };

function review(change: Partial<StoredReview> = {}): StoredReview {
	return {
		swapId: "sw_a",
		epoch: 1,
		tree: "d".repeat(40),
		diff: "+ one\n",
		sha256: "e".repeat(64),
		bytes: 6,
		...change,
	};
}

function refused(change: Partial<AuditEntry> = {}): AuditEntry {
	const by = { surface: "page", id: "local" } as const;
	const message = "page:local may not confirm.";
	return {
		atMs: 5,
		subject: swapSubject("sw_a"),
		by,
		verb: "confirm",
		code: "role_missing",
		message,
		shown: "epoch 1",
		...change,
	};
}

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

		it("names the newest swap of a target in which a tree was rolled back or rejected by a person", async () => {
			const request = { tree: proposal.tree, target: "host" };
			await add("sw_first", journeys.rolled_back);
			await add("sw_second", journeys.rolled_back);
			await add("sw_third", journeys.finalized);
			expect(await journal.knownBad(request)).toBe("sw_second");
			expect(await journal.knownBad({ ...request, tree: "0".repeat(40) })).toBeNull();
			expect(await journal.knownBad({ ...request, target: "alice" })).toBeNull();
			await add("sw_fourth", journeys.rejected);
			const asked = journeys.pending_approval;
			await add("sw_withdrawn", [...asked, { type: "withdrawn", by: { surface: "builder", id: "agent" } }]);
			const cause = causeOf("approval_expired", "Nobody approved it in time.");
			await add("sw_expired", [...asked, { type: "expired", cause }]);
			expect(await journal.knownBad(request)).toBe("sw_fourth");
		});

		it("holds nothing against a tree that the machine was the cause for", async () => {
			const { tree } = proposal;
			const held = causeOf("database_held", "Process 7 (backup) holds app.db open.");
			const bodies = journeys.rolled_back.map((body) => ("cause" in body ? { ...body, cause: held } : body));
			await add("sw_held", bodies as FactBody[]);
			expect((await journal.swap("sw_held"))?.status).toBe("rolled_back");
			expect(await journal.knownBad({ tree, target: "host" })).toBeNull();
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
				expect(message).toMatchObject({ ...notice, subject: swapSubject("sw_a"), attempts: 0, createdAtMs: 1_000 });
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

			it("keeps cards of each kind apart: only one of its own kind takes a waiting one's place", async () => {
				const kinds = ["approval", "card", "promotion"] as const;
				await begin(
					"sw_a",
					kinds.map((kind) => ({ ...card, kind })),
				);
				await add("sw_a", [noted], [{ ...card, kind: "card" }]);
				const sent: string[] = [];
				for (let [next] = await journal.due(clock.nowMs, 1); next; [next] = await journal.due(clock.nowMs, 1)) {
					sent.push(next.kind);
					await journal.settle(next.id);
				}
				expect(sent).toEqual(["approval", "promotion", "card"]);
			});

			it("keeps every outcome, with the words of its moment", async () => {
				const outcome: NewMessage = { channel: "builder:webhook", epoch: 1, kind: "outcome", text: "first" };
				await begin("sw_a", [outcome]);
				await add("sw_a", [noted], [{ ...outcome, epoch: 2, text: "second" }]);
				const [first] = await journal.due(clock.nowMs, 10);
				expect(first).toMatchObject({ ...outcome, subject: swapSubject("sw_a") });
				await journal.settle(first?.id ?? 0);
				expect(await journal.due(clock.nowMs, 10)).toMatchObject([{ kind: "outcome", epoch: 2, text: "second" }]);
			});

			it("keeps the order of a thread: what is behind the oldest waits for it", async () => {
				await begin("sw_a", [notice]);
				await add("sw_a", [noted], [{ ...notice, text: "Second" }]);
				await begin("sw_b", [notice]);
				const [first, other] = await dueIds(clock.nowMs);
				expect((await journal.due(clock.nowMs, 10)).map(({ subject }) => swapIdOf(subject))).toEqual(["sw_a", "sw_b"]);
				await journal.postpone(first ?? 0, 9_000, "Nobody answers.");
				expect(await dueIds(clock.nowMs)).toEqual([other]);
				await journal.settle(other ?? 0);
				expect(await journal.nextDueMs()).toBe(9_000);
				const [again] = await journal.due(9_000, 10);
				expect(again).toMatchObject({ id: first, attempts: 1 });
				await journal.settle(first ?? 0);
				expect((await journal.due(9_000, 10)).map(({ text }) => text)).toEqual(["Second"]);
			});

			it("settles once what was replaced meanwhile, and does not send it again", async () => {
				await begin("sw_a", [card]);
				const [sending] = await dueIds(clock.nowMs);
				await add("sw_a", [noted], [card]);
				await journal.settle(sending ?? 0);
				await journal.postpone(sending ?? 0, 0, "Too late to matter.");
				const due = await dueIds(clock.nowMs);
				expect(due).toHaveLength(1);
				expect(due[0]).not.toBe(sending);
			});

			it("limits what it hands out, oldest first", async () => {
				for (const id of ["sw_a", "sw_b", "sw_c"]) await begin(id, [notice]);
				expect((await journal.due(clock.nowMs, 2)).map(({ subject }) => swapIdOf(subject))).toEqual(["sw_a", "sw_b"]);
			});
		});

		it("holds a swap as unfinished until the promotion that was approved is applied", async () => {
			await add("sw_a", [...journeys.finalized, { type: "tidied" }]);
			await add("sw_a", [{ type: "promotionOffered", paths: ["a"] }]);
			expect(await journal.unfinished()).toEqual([]);
			await add("sw_a", [{ type: "promotionApproved", by: operator }]);
			expect((await journal.unfinished()).map(({ id }) => id)).toEqual(["sw_a"]);
			await add("sw_a", [{ type: "promotionApplied", commit: "c".repeat(40), sentence: "Applied." }]);
			expect(await journal.unfinished()).toEqual([]);
		});

		describe("reviews", () => {
			it("are kept for each epoch, also when opened again", async () => {
				await begin("sw_a");
				await begin("sw_b");
				const kept = [review(), review({ epoch: 2, diff: "+ 🎉\0 two\n" }), review({ swapId: "sw_b", diff: "" })];
				for (const one of kept) await journal.keepReview(one);
				await journal.close();
				journal = await subject.reopen();
				for (const one of kept) expect(await journal.review(one.swapId, one.epoch)).toEqual(one);
				expect(await journal.review("sw_a", 3)).toBeNull();
				expect(await journal.review("sw_nobody", 1)).toBeNull();
			});

			it("may be kept twice; a submission that did not come about is followed by another, and the newest counts", async () => {
				await begin("sw_a");
				await journal.keepReview(review());
				await journal.keepReview(review());
				expect(await journal.review("sw_a", 1)).toEqual(review());
				for (const change of [
					{ diff: "+ other" },
					{ tree: "0".repeat(40) },
					{ sha256: "0".repeat(64) },
					{ bytes: 7 },
				]) {
					await journal.keepReview(review(change));
					expect(await journal.review("sw_a", 1)).toEqual(review(change));
				}
			});

			it("come with the submission that they are of, or not at all", async () => {
				const facts = stamped(journeys.pending_approval);
				const next = evolveAll("sw_a", facts);
				const batch = { swapId: "sw_a", facts, next, messages: [], review: review() };
				await expect(journal.append({ ...batch, expectedVersion: 1 })).rejects.toThrow();
				expect(await journal.review("sw_a", 1)).toBeNull();
				await journal.append({ ...batch, expectedVersion: 0 });
				expect(await journal.review("sw_a", 1)).toEqual(review());
			});

			it("are of a swap that exists", async () => {
				await expect(journal.keepReview(review({ swapId: "sw_nobody" }))).rejects.toThrow();
				expect(await journal.review("sw_nobody", 1)).toBeNull();
			});
		});

		describe("audit", () => {
			const messagesOf = async (id: string | null, limit = 10) =>
				(await journal.audits({ subject: id === null ? null : swapSubject(id), limit })).map(({ message }) => message);

			it("keeps who asked for what and was refused, newest first, also when opened again", async () => {
				const entries = [
					refused({ message: "one" }),
					refused({ message: "two", subject: null, shown: null }),
					refused({
						message: "three",
						subject: swapSubject("sw_nobody"),
						by: { surface: "slack", id: "U1:2" },
						atMs: 3.5,
					}),
				];
				for (const entry of entries) await journal.audit(entry);
				await journal.close();
				journal = await subject.reopen();
				expect(await journal.audits({ subject: null, limit: 10 })).toEqual(entries.toReversed());
			});

			it("tells those about one subject, and limits what it hands out", async () => {
				for (const message of ["one", "two", "three"]) await journal.audit(refused({ message }));
				await journal.audit(refused({ message: "other", subject: { kind: "installation", id: "sw_a" } }));
				await journal.audit(refused({ message: "none", subject: null }));
				expect(await messagesOf("sw_a")).toEqual(["three", "two", "one"]);
				expect(await messagesOf("sw_a", 2)).toEqual(["three", "two"]);
				expect(await messagesOf(null, 2)).toEqual(["none", "other"]);
				expect(await messagesOf("sw_nobody")).toEqual([]);
			});

			it("keeps the same request as often as it came", async () => {
				await journal.audit(refused());
				await journal.audit(refused());
				expect(await journal.audits({ subject: swapSubject("sw_a"), limit: 10 })).toEqual([refused(), refused()]);
			});
		});

		it("answers nothing once it is closed", async () => {
			await journal.close();
			await journal.close();
			await expect(journal.swap("sw_a")).rejects.toThrow(/closed/);
		});
	});
}
