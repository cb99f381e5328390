// What every journal promises of what stands beside swaps: tokens, requests that named a key, the one order of all facts, and figures.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Fact, FactBody } from "../../../src/core/facts.js";
import { evolve, evolveAll } from "../../../src/core/machine/evolve.js";
import { swapIdOf, swapSubject } from "../../../src/core/subject.js";
import type { FedFact, FeedEntry, Journal, KeyedRequest, NewMessage, StoredToken } from "../../../src/ports/ports.js";
import { journeys, stamped, statuses } from "../../core/journeys.js";
import type { JournalUnderTest, MakeJournal } from "./journal.contract.js";

function token(id: string, change: Partial<StoredToken> = {}): StoredToken {
	const sha256 = id.replace(/\W/g, "").padEnd(64, "0");
	return {
		id,
		name: `builder:${id}`,
		role: "builder",
		target: null,
		sha256,
		createdAtMs: 5,
		revokedAtMs: null,
		...change,
	};
}

function keyed(change: Partial<KeyedRequest> = {}): KeyedRequest {
	return {
		actor: "builder:ann",
		key: "k-1",
		fingerprint: "f".repeat(64),
		swapId: "sw_a",
		epoch: 1,
		atMs: 1_000,
		...change,
	};
}

const factIn = (entry: FeedEntry) => ("fact" in entry ? entry.fact : null);

const dayMs = 24 * 60 * 60 * 1_000;

export function describeJournalBesideContract(name: string, makeIt: MakeJournal): void {
	describe(`journal, beside swaps: ${name}`, () => {
		const clock = { nowMs: 1_000 };
		let subject: JournalUnderTest;
		let journal: Journal;

		beforeEach(async () => {
			clock.nowMs = 1_000;
			subject = await makeIt(clock);
			journal = subject.journal;
		});
		afterEach(() => subject.cleanUp());

		async function reopen(): Promise<void> {
			await journal.close();
			journal = await subject.reopen();
		}

		async function add(id: string, bodies: readonly FactBody[], messages: readonly NewMessage[] = []): Promise<Fact[]> {
			const before = (await journal.swap(id)) ?? evolveAll(id, []);
			const facts = stamped(bodies);
			const next = facts.reduce(evolve, before);
			await journal.append({ swapId: id, expectedVersion: before.version, facts, next, messages });
			return facts;
		}

		describe("tokens", () => {
			it("are kept as they are, oldest first, also when opened again", async () => {
				const kept = [
					token("tk_zzzzzz", { createdAtMs: 9 }),
					token("tk_aaaaaa", { role: "operator", name: "api:ann", target: "alice", createdAtMs: 7 }),
					token("tk_mmmmmm", { role: "viewer", name: "api:bob" }),
				];
				expect(await journal.tokens()).toEqual([]);
				for (const one of kept) await journal.keepToken(one);
				await reopen();
				expect(await journal.tokens()).toEqual(kept);
			});

			it("are revoked once, and stay where they are", async () => {
				await journal.keepToken(token("tk_a"));
				await journal.keepToken(token("tk_b"));
				expect(await journal.revokeToken("tk_a", 8)).toBe(true);
				expect(await journal.revokeToken("tk_a", 9)).toBe(false);
				expect(await journal.revokeToken("tk_none", 9)).toBe(false);
				await reopen();
				expect(await journal.tokens()).toEqual([token("tk_a", { revokedAtMs: 8 }), token("tk_b")]);
				expect(await journal.revokeToken("tk_a", 9)).toBe(false);
			});

			it("have an id and a secret of their own for ever, revoked or not", async () => {
				await journal.keepToken(token("tk_a"));
				for (const revoked of [false, true]) {
					if (revoked) await journal.revokeToken("tk_a", 8);
					await expect(journal.keepToken(token("tk_a", { name: "api:x", sha256: "1".repeat(64) }))).rejects.toThrow();
					await expect(journal.keepToken(token("tk_b", { sha256: token("tk_a").sha256 }))).rejects.toThrow();
				}
				expect(await journal.tokens()).toEqual([token("tk_a", { revokedAtMs: 8 })]);
			});

			it("have a name of their own while they are in force, and leave it to the next one", async () => {
				const name = "builder:ann";
				await journal.keepToken(token("tk_a", { name }));
				await expect(journal.keepToken(token("tk_b", { name }))).rejects.toThrow();
				await journal.revokeToken("tk_a", 8);
				await journal.keepToken(token("tk_b", { name }));
				await expect(journal.keepToken(token("tk_c", { name }))).rejects.toThrow();
				expect((await journal.tokens()).map(({ id, revokedAtMs }) => [id, revokedAtMs])).toEqual([
					["tk_a", 8],
					["tk_b", null],
				]);
			});

			it("of one name that are made at once are one", async () => {
				const tries = ["tk_a", "tk_b", "tk_c"].map((id) => journal.keepToken(token(id, { name: "api:ann" })));
				const results = await Promise.allSettled(tries);
				expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
				expect(await journal.tokens()).toHaveLength(1);
			});
		});

		describe("requests that named a key", () => {
			it("are found by their actor and their key, also when opened again", async () => {
				await journal.keepRequest(keyed());
				await journal.keepRequest(keyed({ key: "k-2", swapId: "sw_b", epoch: 3 }));
				await journal.keepRequest(keyed({ actor: "builder:bob", swapId: "sw_c" }));
				await reopen();
				expect(await journal.request("builder:ann", "k-1")).toEqual(keyed());
				expect(await journal.request("builder:ann", "k-2")).toMatchObject({ swapId: "sw_b", epoch: 3 });
				expect(await journal.request("builder:bob", "k-1")).toMatchObject({ swapId: "sw_c" });
				expect(await journal.request("builder:bob", "k-2")).toBeNull();
				expect(await journal.request("builder:eve", "k-1")).toBeNull();
			});

			it("keep actor and key apart, whatever they are made of", async () => {
				await journal.keepRequest(keyed({ actor: "a", key: 'b","c' }));
				await journal.keepRequest(keyed({ actor: 'a","b', key: "c", swapId: "sw_b" }));
				expect((await journal.request("a", 'b","c'))?.swapId).toBe("sw_a");
				expect((await journal.request('a","b', "c"))?.swapId).toBe("sw_b");
				expect(await journal.request("A", 'b","c')).toBeNull();
			});

			it("take the place of an earlier one with the same actor and key", async () => {
				await journal.keepRequest(keyed());
				const later = keyed({ fingerprint: "0".repeat(64), swapId: "sw_b", epoch: 2, atMs: 2_000 });
				await journal.keepRequest(later);
				expect(await journal.request("builder:ann", "k-1")).toEqual(later);
			});

			it("are kept before the swap that they announce, and forgotten a month later", async () => {
				await journal.keepRequest(keyed({ swapId: "sw_not_yet" }));
				await journal.keepRequest(keyed({ key: "k-2", atMs: 1_000 + 30 * dayMs }));
				expect(await journal.request("builder:ann", "k-1")).toMatchObject({ swapId: "sw_not_yet" });
				await journal.keepRequest(keyed({ key: "k-3", atMs: 1_001 + 30 * dayMs }));
				expect(await journal.request("builder:ann", "k-1")).toBeNull();
				expect(await journal.request("builder:ann", "k-2")).not.toBeNull();
			});
		});

		describe("the feed", () => {
			/** Three swaps, their facts in turns. */
			async function fillFeed(): Promise<readonly Omit<FedFact, "seq">[]> {
				const appended: Omit<FedFact, "seq">[] = [];
				const append = async (swapId: string, bodies: readonly FactBody[]) => {
					for (const fact of await add(swapId, bodies)) appended.push({ subject: swapSubject(swapId), fact });
				};
				for (const id of ["sw_c", "sw_a", "sw_b"]) await append(id, journeys.pending_approval);
				for (const id of ["sw_b", "sw_c", "sw_b"]) await append(id, [{ type: "noted", text: `of ${id}` }]);
				await append("sw_a", journeys.finalized.slice(2));
				return appended;
			}

			const all = () => journal.feed({ after: 0, limit: 1_000 });
			const bare = (entries: readonly FeedEntry[]) =>
				entries.map((entry) => ({ subject: entry.subject, fact: factIn(entry) }));

			it("is empty before the first fact", async () => {
				expect(await all()).toEqual([]);
				expect(await journal.feedEnd()).toBe(0);
			});

			it("is everything that was appended, over all swaps, in the order in which it was", async () => {
				const appended = await fillFeed();
				const feed = await all();
				expect(bare(feed)).toEqual(appended);
				for (const id of ["sw_a", "sw_b", "sw_c"]) {
					const own = feed.filter(({ subject }) => swapIdOf(subject) === id).map(factIn);
					expect(own).toEqual(await journal.facts(id));
				}
			});

			it("has numbers that grow from 1 on, and ends with the newest", async () => {
				await fillFeed();
				const numbers = (await all()).map(({ seq }) => seq);
				expect(numbers[0]).toBeGreaterThan(0);
				expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
				expect(await journal.feedEnd()).toBe(numbers.at(-1));
			});

			it("goes on behind any number, and hands out no more than is asked for", async () => {
				await fillFeed();
				const feed = await all();
				for (const { seq } of feed) {
					expect(await journal.feed({ after: seq, limit: 1_000 })).toEqual(feed.filter((entry) => entry.seq > seq));
				}
				const pieces: FeedEntry[] = [];
				for (let piece = await journal.feed({ after: 0, limit: 4 }); piece.length > 0; ) {
					expect(piece.length).toBeLessThanOrEqual(4);
					pieces.push(...piece);
					piece = await journal.feed({ after: piece.at(-1)?.seq ?? 0, limit: 4 });
				}
				expect(pieces).toEqual(feed);
				expect(await journal.feed({ after: await journal.feedEnd(), limit: 10 })).toEqual([]);
				expect(await journal.feed({ after: 1e15, limit: 10 })).toEqual([]);
			});

			it("is the same when opened again, and goes on", async () => {
				const appended = await fillFeed();
				const before = await all();
				await reopen();
				expect(await all()).toEqual(before);
				const [fact] = await add("sw_c", [{ type: "noted", text: "after" }]);
				expect(bare(await all())).toEqual([...appended, { subject: swapSubject("sw_c"), fact }]);
				expect(await journal.feedEnd()).toBeGreaterThan(before.at(-1)?.seq ?? 0);
			});

			it("holds nothing of an append that lost its race, and no number twice", async () => {
				await fillFeed();
				const [swap, before] = [await journal.swap("sw_a"), await all()];
				if (swap === null) throw new Error("There is no sw_a.");
				const tries = Array.from({ length: 6 }, (_, index) => {
					const facts: Fact[] = [{ type: "noted", text: `writer ${index}`, atMs: index }];
					const next = facts.reduce(evolve, swap);
					return journal.append({ swapId: "sw_a", expectedVersion: swap.version, facts, next, messages: [] });
				});
				await Promise.allSettled(tries);
				const added = (await all()).slice(before.length);
				expect(bare(added)).toEqual([{ subject: swapSubject("sw_a"), fact: (await journal.facts("sw_a")).at(-1) }]);
			});
		});

		describe("figures", () => {
			const notice = (channel: string): NewMessage => ({ channel, epoch: 1, kind: "notice", text: "Hello" });

			it("count swaps by the status that they have", async () => {
				expect(await journal.figures()).toEqual({ byStatus: {}, pendingMessages: 0, oldestPendingAtMs: null });
				for (const status of statuses) await add(`sw_${status}`, journeys[status]);
				await add("sw_again", journeys.rolled_back);
				expect((await journal.figures()).byStatus).toEqual({
					...Object.fromEntries(statuses.map((status) => [status, 1])),
					rolled_back: 2,
				});
				await add("sw_drafting", journeys.pending_approval.slice(1));
				const { byStatus } = await journal.figures();
				expect([byStatus.drafting ?? 0, byStatus.pending_approval]).toEqual([0, 2]);
			});

			it("count messages that wait, and tell since when the oldest does, however often it was tried", async () => {
				await add("sw_a", journeys.drafting, [notice("chat")]);
				clock.nowMs = 5_000;
				await add("sw_b", journeys.drafting, [notice("chat"), notice("page")]);
				expect(await journal.figures()).toMatchObject({ pendingMessages: 3, oldestPendingAtMs: 1_000 });
				const [first] = await journal.due(5_000, 1);
				await journal.postpone(first?.id ?? 0, 90_000, "Nobody answers.");
				expect(await journal.figures()).toMatchObject({ pendingMessages: 3, oldestPendingAtMs: 1_000 });
				await journal.settle(first?.id ?? 0);
				expect(await journal.figures()).toMatchObject({ pendingMessages: 2, oldestPendingAtMs: 5_000 });
				for (const { id } of await journal.due(5_000, 10)) await journal.settle(id);
				expect(await journal.figures()).toMatchObject({ pendingMessages: 0, oldestPendingAtMs: null });
			});
		});

		it("answers nothing once it is closed", async () => {
			await journal.close();
			for (const ask of [
				() => journal.tokens(),
				() => journal.request("a", "b"),
				() => journal.feed({ after: 0, limit: 1 }),
				() => journal.feedEnd(),
				() => journal.figures(),
			]) {
				await expect(ask()).rejects.toThrow(/closed/);
			}
		});
	});
}
