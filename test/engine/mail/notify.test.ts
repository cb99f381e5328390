// A test of the channels: each is tried for itself, what fails says why and what to do, and no swap, journal or outbox is touched.
import { describe, expect, it } from "vitest";
import { testCard, testSwapId } from "../../../src/core/words/test-card.js";
import { type Delivery, DeliveryFailed } from "../../../src/ports/ports.js";
import { createMemoryDelivery } from "../../support/memory/delivery.js";
import { accepted, createScene, expectRefusal, first, person, type Scene } from "../scene.js";

const ask = (scene: Scene, channel: string | null = null) => scene.supervisor.testChannels({ by: person, channel });

/** Asks, and lets the time pass that it takes. */
async function tested(scene: Scene, channel: string | null = null, waitMs = 1_000) {
	const asked = ask(scene, channel);
	await scene.clock.advance(waitMs);
	return accepted(await asked);
}

const diskOf = ({ disk }: Scene) => JSON.stringify([[...disk.swaps], [...disk.facts], disk.outbox, disk.mail]);

describe("a test", () => {
	it("sends a card to each channel and edits it where that can be", async () => {
		const chat = createMemoryDelivery({ name: "chat" });
		const paper = createMemoryDelivery({ name: "paper", can: { edit: false, buttons: false } });
		const scene = createScene({ channels: [chat, paper] });
		await scene.trial();
		const [before, shownBefore] = [diskOf(scene), paper.shown.length];
		const [one, other] = await tested(scene);
		expect(one).toMatchObject({ name: "chat", address: "memory:", failure: null, edited: true, can: chat.can });
		expect(other).toMatchObject({ name: "paper", failure: null, edited: false, can: { edit: false } });
		const cards = chat.shown.filter(({ swapId }) => swapId === testSwapId);
		expect(cards.map(({ lines }) => lines[0])).toEqual(["It arrived.", "It arrived, and so did this edit."]);
		expect(paper.shown.slice(shownBefore).map(({ buttons }) => buttons)).toEqual([[]]);
		expect(chat.sent.at(-1)?.to).toEqual({ conversation: null, thread: null, person: null });
		expect(diskOf(scene)).toBe(before);
	});

	it("is of one channel where it is named, and of a known one", async () => {
		const channels = ["one", "two"].map((name) => createMemoryDelivery({ name }));
		const scene = createScene({ channels });
		await scene.begin();
		expect((await tested(scene, "two")).map(({ name }) => name)).toEqual(["two"]);
		expect(channels[0]?.shown).toEqual([]);
		expect(expectRefusal(await ask(scene, "three"), "channel_unknown").next).toContain("one, two");
	});

	it("of nothing is an empty list", async () => {
		const scene = createScene({ channels: [] });
		await scene.begin();
		expect(await tested(scene)).toEqual([]);
	});

	it.each(["builder", "program", "slack", "app", "page"] as const)(
		"is not for a %s, and that is kept",
		async (surface) => {
			const scene = createScene();
			await scene.begin();
			expectRefusal(await scene.supervisor.testChannels({ by: { surface, id: "x" }, channel: null }), "not_authorised");
			expect(scene.chat.shown).toEqual([]);
			expect(await scene.supervisor.audits(null)).toMatchObject([{ verb: "notify test", by: { surface, id: "x" } }]);
		},
	);

	it("answers a press of its buttons with who pressed, and decides nothing", async () => {
		const scene = createScene();
		await scene.trial();
		await tested(scene);
		const nonce = `${testSwapId}.1`;
		const before = diskOf(scene);
		for (const verdict of ["confirm", "rollback"] as const) {
			const answer = await scene.chat.press({ swapId: testSwapId, epoch: 1, nonce, verdict, actorId: "42" });
			expect(answer).toEqual({ sentence: expect.stringContaining("page:42"), card: null });
		}
		expect(diskOf(scene)).toBe(before);
		expect((await scene.swap(first)).status).toBe("awaiting_confirmation");
	});
});

describe("a channel that does not work", () => {
	it.each(["rate_limited", "unreachable", "refused", "revoked", "gone", "not_installed"] as const)(
		"says %s, with what to do",
		async (code) => {
			const chat = createMemoryDelivery({ name: "chat" });
			const well = createMemoryDelivery({ name: "well" });
			const scene = createScene({ channels: [chat, well] });
			await scene.begin();
			chat.failWith(new DeliveryFailed({ code, message: "The service says no." }));
			const [failed, fine] = await tested(scene);
			expect(failed).toMatchObject({ edited: false, failure: { code, message: "The service says no." } });
			expect(failed?.failure?.next).toMatch(/\w.{10}\.$/);
			expect(fine?.failure).toBeNull();
		},
	);

	it("tells no secret", async () => {
		const scene = createScene({ scrub: (text) => text.replaceAll("xoxb-1", "[REDACTED]") });
		await scene.begin();
		scene.chat.failWith(new Error("The token xoxb-1 is wrong."));
		const [failed] = await tested(scene);
		expect(failed?.failure).toMatchObject({ code: "failed", message: "The token [REDACTED] is wrong." });
	});

	it("that hangs is given up within the limit of a call", async () => {
		const scene = createScene();
		await scene.begin();
		const release = scene.chat.hang();
		const [failed] = await tested(scene, null, 10_000);
		expect(failed).toMatchObject({ failure: { code: "unreachable" }, tookMs: 10_000 });
		release();
	});

	it("that is still opening is waited for, and said to be when it does not open", async () => {
		for (const opensAfterMs of [4_000, 60_000]) {
			const chat = createMemoryDelivery({ name: "chat" });
			const slow: Delivery = {
				...chat,
				start: async (inbox) => {
					await scene.clock.sleep(opensAfterMs);
					await chat.start(inbox);
				},
			};
			const scene: Scene = createScene({ channels: [slow as never] });
			await scene.begin();
			const [result] = await tested(scene, null, 11_000);
			if (opensAfterMs === 4_000) expect(result).toMatchObject({ failure: null, tookMs: 2_000 });
			else expect(result).toMatchObject({ failure: { code: "opening" } });
		}
	});

	it("that cannot be opened says why, and is not tried", async () => {
		const scene = createScene();
		scene.chat.failWith(new DeliveryFailed({ code: "revoked", message: "The token was taken back." }));
		await scene.begin();
		const [failed] = await tested(scene);
		expect(failed).toMatchObject({ address: null, failure: { code: "not_open" } });
		expect(failed?.failure?.message).toBe("It cannot be opened: The token was taken back.");
		expect(scene.chat.sent).toEqual([]);
	});

	it("works again at once for everything that waits, when its test worked", async () => {
		const scene = createScene();
		await scene.begin();
		scene.chat.failWith(new DeliveryFailed({ code: "unreachable", message: "down" }));
		await scene.trial({}, 60);
		expect((await scene.supervisor.status()).channels).toMatchObject([{ state: "failing", error: "down" }]);
		scene.chat.failWith(null);
		expect((await tested(scene, null, 100))[0]?.failure).toBeNull();
		expect((await scene.supervisor.status()).channels).toMatchObject([{ state: "open" }]);
	});
});

describe("how a channel stands", () => {
	it("tells what waits, since when and why, and what it can do", async () => {
		const scene = createScene();
		await scene.begin();
		expect((await scene.supervisor.status()).channels).toEqual([
			{
				...{ name: "chat", surface: "page", address: "memory:", state: "open", error: null },
				...{ pending: 0, oldestAtMs: null, refused: 0, lastRefusal: null, can: scene.chat.can },
			},
		]);
		scene.chat.failWith(new DeliveryFailed({ code: "revoked", message: "The token was taken back." }));
		const sinceMs = scene.clock.now().wallMs;
		await scene.trial({}, 60);
		const [channel] = (await scene.supervisor.status()).channels;
		expect(channel).toMatchObject({ state: "failing", error: "The token was taken back." });
		expect(channel?.pending).toBeGreaterThan(0);
		expect(channel?.oldestAtMs).toBeGreaterThanOrEqual(sinceMs);
		expect(channel?.oldestAtMs).toBeLessThan(sinceMs + 10_000);
	});

	it("counts what was refused", async () => {
		const chat = createMemoryDelivery({ name: "chat" });
		const hostile: Delivery = {
			...chat,
			start: async (inbox) => {
				await chat.start(inbox);
				inbox.refused({ code: "bad_signature", detail: "from 127.0.0.1" });
				inbox.refused({ code: "old_timestamp", detail: "an hour old" });
			},
		};
		const scene = createScene({ channels: [hostile as never] });
		await scene.begin();
		expect((await scene.supervisor.status()).channels).toMatchObject([
			{ refused: 2, lastRefusal: "old_timestamp: an hour old" },
		]);
	});
});

it("the card of a test fits what it says of the channel", () => {
	expect(testCard({ channel: "chat", buttons: true, edited: false })).toMatchObject({ swapId: "sw_test00", epoch: 1 });
	expect(testCard({ channel: "chat", buttons: false, edited: true }).lines.join(" ")).not.toContain("Press");
});
