// The mailbox of the program's own channel: what waits is handed to the run that may have it, and what it answers comes back to who asked.
import { beforeEach, describe, expect, it } from "vitest";
import { type AppChannel, createAppChannel } from "../../../../src/adapters/channels/app/app.js";
import { ownPlace } from "../../../../src/core/place.js";
import type { Card } from "../../../../src/core/words/card.js";
import { type About, DeliveryFailed, type ProgramMessage } from "../../../../src/ports/ports.js";
import { clickAnswer, keptInbox } from "../../../contracts/mail/delivery.contract.js";
import { createMemoryClock, type MemoryClock } from "../../../support/memory/clock.js";

const card: Card = {
	swapId: "sw_aaaaaa",
	epoch: 1,
	kind: "card",
	title: "I'm back with the new version (sw_aaaaaa).",
	lines: ["Greets louder"],
	buttons: ["confirm", "rollback"],
	expiresAtMs: null,
	decided: false,
	phrase: null,
};

const nonces = { of: (swapId: string, epoch: number) => `${swapId}-${epoch}` };

let clock: MemoryClock;
let channel: AppChannel;
beforeEach(() => {
	clock = createMemoryClock();
	channel = createAppChannel({ name: "app", withinMs: 30_000, nonces, clock });
});

const anything = async () => true;

function take(
	runId = "run-1",
	mayHave: (about: About) => Promise<boolean> = anything,
	signal = new AbortController().signal,
) {
	return channel.mailbox.take({ runId, mayHave, holdMs: 25_000, signal });
}

async function taken(runId?: string): Promise<ProgramMessage> {
	const message = await take(runId);
	if (message === null) throw new Error("There was no message.");
	return message;
}

const receipt = (id: string, text: string, runId = "run-1") =>
	channel.mailbox.answer({ runId, id, answer: { receipt: text } });

const failure = async (work: Promise<unknown>): Promise<DeliveryFailed> => {
	const error = await work.then(
		() => null,
		(reason: unknown) => reason,
	);
	if (!(error instanceof DeliveryFailed)) throw new Error(`It did not fail as it should: ${String(error)}`);
	return error;
};

describe("a message", () => {
	it("goes to the program, and its receipt comes back", async () => {
		const sent = channel.send(card, ownPlace);
		const message = await taken();
		expect(message).toEqual({ id: "sw_aaaaaa.1.card", kind: "card", card, text: null, receipt: null });
		expect(receipt(message.id, "chat-7")).toBe(true);
		expect(await sent).toBe("chat-7");
	});

	it("carries no nonce: the program is on trial", async () => {
		const sent = channel.send(card, ownPlace);
		const message = await taken();
		expect(Object.keys(message).sort()).toEqual(["card", "id", "kind", "receipt", "text"]);
		expect(JSON.stringify(message)).not.toMatch(/nonce/i);
		receipt(message.id, "x");
		await sent;
	});

	it("wakes a program that waits", async () => {
		const waiting = take();
		await clock.advance(5_000);
		const sent = channel.notice("sw_aaaaaa was rejected.", ownPlace);
		const message = await waiting;
		expect(message).toMatchObject({ kind: "notice", card: null, text: "sw_aaaaaa was rejected.", receipt: null });
		receipt(message?.id ?? "", "n1");
		expect(await sent).toBe("n1");
	});

	it("says which message it edits, and is another one for each state", async () => {
		const first = channel.edit("chat-7", card, ownPlace);
		const one = await taken();
		expect(one.receipt).toBe("chat-7");
		receipt(one.id, "chat-7");
		await first;
		const second = channel.edit("chat-7", { ...card, title: "sw_aaaaaa was rolled back." }, ownPlace);
		const other = await taken();
		expect(other.id).not.toBe(one.id);
		receipt(other.id, "chat-8");
		expect(await second).toBe("chat-8");
	});

	it("comes again with its id when it was not answered, and the channel says unreachable", async () => {
		const sent = failure(channel.send(card, ownPlace));
		const message = await taken();
		await clock.advance(10_000);
		expect(await sent).toMatchObject({ code: "unreachable", message: expect.stringContaining("did not say") });
		const again = channel.send(card, ownPlace);
		expect((await taken()).id).toBe(message.id);
		receipt(message.id, "late or not");
		expect(await again).toBe("late or not");
	});

	it("is unreachable within the limit of a call where no program takes it", async () => {
		const sent = failure(channel.send(card, ownPlace));
		await clock.advance(9_499);
		let over = false;
		void sent.then(() => (over = true));
		await clock.settle();
		expect(over).toBe(false);
		await clock.advance(1);
		expect(await sent).toMatchObject({ code: "unreachable", message: "The program did not take the message." });
	});

	it("is not sent twice for an answer that came too late", async () => {
		const sent = failure(channel.send(card, ownPlace));
		const { id } = await taken();
		await clock.advance(10_000);
		await sent;
		expect(receipt(id, "chat-7")).toBe(true);
		expect(await channel.send(card, ownPlace)).toBe("chat-7");
	});

	it("that was posted too late is edited where it says something else by now", async () => {
		const sent = failure(channel.send(card, ownPlace));
		const { id } = await taken();
		await clock.advance(10_000);
		await sent;
		receipt(id, "chat-7");
		const again = channel.send({ ...card, title: "Two minutes more." }, ownPlace);
		expect(await taken()).toMatchObject({ id, receipt: "chat-7" });
		receipt(id, "chat-7");
		expect(await again).toBe("chat-7");
	});

	it("that is answered late, while it is asked for with other words, is edited into them", async () => {
		const sent = failure(channel.send(card, ownPlace));
		const { id } = await taken();
		await clock.advance(10_000);
		await sent;
		const again = channel.send({ ...card, title: "Two minutes more." }, ownPlace);
		expect(receipt(id, "chat-7")).toBe(true);
		expect(await taken()).toMatchObject({ id, receipt: "chat-7", card: { title: "Two minutes more." } });
		expect(receipt(id, "chat-7")).toBe(true);
		expect(await again).toBe("chat-7");
	});

	it("of the same words is another notice once it was delivered, and the same one before", async () => {
		const lost = failure(channel.notice("again", ownPlace));
		const { id } = await taken();
		await clock.advance(10_000);
		await lost;
		const first = channel.notice("again", ownPlace);
		expect((await taken()).id).toBe(id);
		receipt(id, "n1");
		await first;
		const second = channel.notice("again", ownPlace);
		const other = await taken();
		expect(other.id).not.toBe(id);
		receipt(other.id, "n2");
		expect(await second).toBe("n2");
	});
});

describe("what the program could not deliver", () => {
	it.each([
		[{ retryAfterMs: 7_000, gone: false }, "rate_limited", 7_000],
		[{ retryAfterMs: null, gone: false }, "refused", null],
		[{ retryAfterMs: null, gone: true }, "gone", null],
	] as const)("%j is %s", async (how, code, retryAfterMs) => {
		const sent = failure(channel.edit("chat-7", card, ownPlace));
		const { id } = await taken();
		expect(channel.mailbox.answer({ runId: "run-1", id, answer: { error: "no such chat", ...how } })).toBe(true);
		expect(await sent).toMatchObject({ code, retryAfterMs, message: expect.stringContaining("no such chat") });
	});
});

describe("a click that the program tells of", () => {
	const click = { swapId: "sw_aaaaaa", epoch: 2, verdict: "rollback", actor: "U1", eventId: "e1" } as const;

	it("is handed in with the nonce that the program does not know", async () => {
		const inbox = keptInbox();
		await channel.start(inbox);
		expect(await channel.mailbox.click(click)).toEqual({ sentence: clickAnswer, card: null });
		const { actor: actorId, ...rest } = click;
		expect(inbox.clicks).toEqual([{ ...rest, actorId, nonce: "sw_aaaaaa-2" }]);
	});

	it("is not taken before the channel is open, nor after its end", async () => {
		expect(await failure(channel.mailbox.click(click))).toMatchObject({ code: "unreachable" });
		await channel.start(keptInbox());
		await channel.stop();
		expect(await failure(channel.mailbox.click(click))).toMatchObject({ code: "unreachable" });
	});
});

describe("a run", () => {
	it("gets what it may have and nothing else", async () => {
		const sent = channel.send(card, ownPlace);
		const older = take("run-0", async () => false);
		const message = await taken("run-1");
		expect(message.card).toEqual(card);
		receipt(message.id, "chat-7");
		await sent;
		await clock.advance(25_000);
		expect(await older).toBeNull();
	});

	it("that was not given a message cannot answer it", async () => {
		const sent = channel.send(card, ownPlace);
		const { id } = await taken("run-1");
		expect(receipt(id, "forged", "run-0")).toBe(false);
		expect(receipt("sw_bbbbbb.1.card", "forged")).toBe(false);
		expect(receipt(id, "chat-7", "run-1")).toBe(true);
		expect(receipt(id, "twice", "run-1")).toBe(false);
		expect(await sent).toBe("chat-7");
	});

	it("that died with a message leaves it to the next one, and is not heard any more", async () => {
		const sent = channel.send(card, ownPlace);
		const { id } = await taken("run-1");
		expect((await taken("run-2")).id).toBe(id);
		expect(receipt(id, "of the dead", "run-1")).toBe(false);
		expect(receipt(id, "of the living", "run-2")).toBe(true);
		expect(await sent).toBe("of the living");
	});

	it("that asks twice at a time is given a message once", async () => {
		const both = [take(), take()];
		const sent = channel.send(card, ownPlace);
		await clock.advance(1_000);
		receipt("sw_aaaaaa.1.card", "chat-7");
		expect(await sent).toBe("chat-7");
		await clock.advance(25_000);
		expect((await Promise.all(both)).filter((message) => message !== null)).toHaveLength(1);
	});

	it("that asks without end is held so many times and no more", async () => {
		const asked = Array.from({ length: 40 }, () => take());
		expect(await Promise.all(asked.slice(0, 8))).toEqual(Array(8).fill(null));
		expect(clock.pending).toBe(32);
		await clock.advance(25_000);
		expect(await Promise.all(asked)).toEqual(Array(40).fill(null));
	});

	it("that hangs up or waits for long is answered with nothing", async () => {
		const hangup = new AbortController();
		const second = take("run-1", anything, hangup.signal);
		hangup.abort();
		expect(await second).toBeNull();
		const third = take();
		await clock.advance(25_000);
		expect(await third).toBeNull();
		expect(clock.pending).toBe(0);
	});

	it("is let go when the supervisor stops, and who sends is told", async () => {
		const [waiting, sent] = [take("run-0", async () => false), failure(channel.send(card, ownPlace))];
		await channel.stop();
		expect(await waiting).toBeNull();
		expect(await sent).toMatchObject({ code: "unreachable" });
		expect(clock.pending).toBe(0);
	});
});
