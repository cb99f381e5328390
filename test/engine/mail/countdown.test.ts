// The countdown on the cards: what is shown is what is stored (F8), as often as the channel allows and never oftener, through outages, deleted
// messages and restarts, and not once after the end.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expiresAtMs, remainingMs } from "../../../src/core/deadman.js";
import type { Actor } from "../../../src/core/swap.js";
import type { Card } from "../../../src/core/words/card.js";
import { createCountdown } from "../../../src/engine/mail/countdown.js";
import { type Delivery, DeliveryFailed } from "../../../src/ports/ports.js";
import { createMemoryDelivery } from "../../support/memory/delivery.js";
import { accepted, createScene, expectEnd, first } from "../scene.js";

const refreshMs = 30_000;
const down = new DeliveryFailed({ code: "unreachable", message: "The service is down." });
const owner: Actor = { surface: "cli", id: "1" };

interface Shown {
	readonly atMs: number;
	readonly card: Card;
}

/** A chat that counts down and writes down what it showed when, and each time it was asked to. */
function counting(can: Partial<Delivery["can"]> = {}) {
	const shown: Shown[] = [];
	const asked: number[] = [];
	const chat = createMemoryDelivery({ name: "chat", can: { refreshMs, ...can } });
	const nowMs = () => scene.clock.now().bootMs;
	let held: Promise<void> | null = null;
	async function show(card: Card, work: () => Promise<string>): Promise<string> {
		asked.push(nowMs());
		const waiting = held;
		held = null;
		await waiting;
		const receipt = await work();
		shown.push({ atMs: nowMs(), card });
		return receipt;
	}
	const channel: Delivery = {
		...chat,
		send: (card, to) => show(card, () => chat.send(card, to)),
		edit: (receipt, card, to) => show(card, () => chat.edit(receipt, card, to)),
	};
	const scene = createScene({ channels: [channel as never], settings: { approval: "auto" } });
	/** The next call takes effect when the returned function is called. */
	function hold(): () => void {
		let release = () => {};
		held = new Promise((resolve) => (release = resolve));
		return () => release();
	}
	return { scene, chat, shown, asked, hold };
}

function gaps(times: readonly number[]): number[] {
	return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}

describe("the card of a trial", () => {
	it("counts down in the steps that its channel allows, to the end and not beyond it", async () => {
		const { scene, shown } = counting();
		await scene.trial({}, 100);
		const [sent, ...edits] = shown.map(({ card }) => card);
		expect(edits.map(({ leftMs }) => leftMs)).toEqual([120_000, 90_000, 60_000, 30_000]);
		expect(new Set(edits.map(({ expiresAtMs }) => expiresAtMs)).size).toBe(1);
		expect(sent?.expiresAtMs).toBeLessThanOrEqual(edits[0]?.expiresAtMs ?? 0);
		await scene.clock.advance(25_000);
		await expectEnd(scene, "rolled_back");
		const count = shown.length;
		expect(shown.at(-1)?.card).toMatchObject({ buttons: [], expiresAtMs: null });
		await scene.clock.advance(600_000);
		expect(shown).toHaveLength(count);
	});

	it("writes no fact and no message for it", async () => {
		const { scene } = counting();
		await scene.trial({}, 35);
		const before = [(await scene.facts()).length, scene.disk.lastMessage];
		await scene.clock.advance(20_000);
		expect([(await scene.facts()).length, scene.disk.lastMessage]).toEqual(before);
	});

	it("is left alone for as long as its channel wants, whatever it was edited for", async () => {
		const { scene, shown } = counting();
		await scene.trial({}, 50);
		const extendedAtMs = scene.clock.now().bootMs;
		accepted(await scene.supervisor.extend({ id: first, by: owner, epoch: null, byMs: 120_000 }));
		await scene.clock.advance(29_000);
		expect(shown.filter(({ atMs }) => atMs >= extendedAtMs)).toHaveLength(1);
		await scene.clock.advance(2_000);
		expect(shown.filter(({ atMs }) => atMs >= extendedAtMs)).toHaveLength(2);
		await scene.clock.advance(60_000);
		for (const gap of gaps(shown.map(({ atMs }) => atMs).filter((atMs) => atMs >= extendedAtMs))) {
			expect(gap).toBeGreaterThanOrEqual(refreshMs);
		}
	});

	it.each([
		["does not count down", { refreshMs: null }],
		["cannot edit", { edit: false }],
	])("is never shown anew on a channel that %s", async (_, can) => {
		const { scene, shown } = counting(can);
		await scene.trial({}, 100);
		expect(shown.length).toBeLessThanOrEqual(2);
		expect(new Set(shown.map(({ card }) => card.title)).size).toBe(1);
	});

	it("shows the new expiry after +2 min, with who in the journal, and says so at the cap", async () => {
		const { scene, shown, chat } = counting();
		await scene.trial();
		const before = (await scene.swap()).deadman;
		const click = (verdict: "extend") =>
			chat.click({ swapId: first, epoch: 1, nonce: `${first}.1`, verdict, actorId: "ann" });
		expect(await click("extend")).toContain("2m");
		await scene.clock.advance(1_000);
		const { deadman } = await scene.swap();
		if (before === null || deadman === null) throw new Error("no deadman");
		expect(expiresAtMs(deadman)).toBe(expiresAtMs(before) + 120_000);
		expect(shown.at(-1)?.card.expiresAtMs).toBe(expiresAtMs(deadman));
		expect((await scene.facts()).find(({ type }) => type === "extended")).toMatchObject({
			by: { surface: "page", id: "ann" },
		});
		for (let nth = 0; nth < 4; nth += 1) await click("extend");
		const full = await scene.swap();
		expect(await click("extend")).toMatch(/cap/i);
		expect((await scene.swap()).version).toBe(full.version);
	});
});

describe("a service that is down", () => {
	it("meets no crowd of edits, and shows the time that is true when it is back", async () => {
		const { scene, chat, shown, asked } = counting();
		await scene.trial({}, 10);
		accepted(await scene.supervisor.extend({ id: first, by: owner, epoch: null, byMs: 400_000 }));
		await scene.clock.advance(5_000);
		chat.failWith(down);
		const [tries, messages] = [asked.length, scene.disk.lastMessage];
		await scene.clock.advance(180_000);
		expect(asked.length - tries).toBeGreaterThan(1);
		expect(asked.length - tries).toBeLessThanOrEqual(6);
		expect(scene.disk.lastMessage).toBe(messages);
		const count = shown.length;
		chat.failWith(null);
		await scene.clock.advance(65_000);
		expect(shown.length - count).toBeLessThanOrEqual(2);
		const { deadman } = await scene.swap();
		const leftMs = deadman === null ? 0 : remainingMs(deadman, scene.clock.now());
		expect((shown.at(-1)?.card.leftMs ?? 0) - leftMs).toBeLessThan(2 * refreshMs);
	});

	it("is asked again only when the pause is over that it asked for", async () => {
		const { scene, chat, asked } = counting();
		await scene.trial({}, 10);
		accepted(await scene.supervisor.extend({ id: first, by: owner, epoch: null, byMs: 400_000 }));
		await scene.clock.advance(1_000);
		const count = asked.length;
		chat.failWith(new DeliveryFailed({ code: "rate_limited", message: "Slow down.", retryAfterMs: 70_000 }));
		await scene.clock.advance(300_000);
		const later = gaps(asked.slice(count));
		expect(later.length).toBeGreaterThanOrEqual(2);
		for (const gap of later) expect(gap).toBeGreaterThanOrEqual(70_000);
	});

	it("that never answers holds up nothing but its own channel, and the outcome comes after it", async () => {
		const { scene, chat, shown } = counting();
		await scene.trial({}, 20);
		const release = chat.hang();
		await scene.clock.advance(15_000);
		accepted(await scene.confirm(first));
		await scene.clock.advance(2_000);
		await expectEnd(scene, "finalized");
		release();
		await scene.clock.advance(120_000);
		expect(shown.at(-1)?.card).toMatchObject({ title: expect.stringContaining("is confirmed"), buttons: [] });
	});

	it("is asked for one thing at a time", async () => {
		const { scene, chat, asked } = counting({ refreshMs: 2_000 });
		await scene.trial({}, 9);
		const release = chat.hang();
		const count = asked.length;
		await scene.clock.advance(9_500);
		expect(asked.length - count).toBe(1);
		release();
	});

	it("that was busy with something else counts down right after it", async () => {
		const { scene, chat, shown } = counting({ refreshMs: 31_000 });
		await scene.trial();
		await scene.clock.advance((await scene.leftMs()) - 61_000);
		const release = chat.hang();
		await scene.clock.advance(6_000);
		const [count, told] = [shown.length, chat.notices.length];
		release();
		await scene.clock.advance(2_500);
		expect(chat.notices.length - told).toBe(1);
		expect(shown.length - count).toBe(1);
	});

	it("that takes an edit after all, after the end was shown, is shown the end again", async () => {
		const { scene, chat, shown, hold } = counting();
		await scene.trial({}, 25);
		const release = hold();
		await scene.clock.advance(10_000);
		accepted(await scene.confirm(first));
		await scene.clock.advance(90_000);
		const title = () => [...chat.cards.values()].at(-1)?.title;
		expect(title()).toContain("is confirmed");
		release();
		await scene.clock.advance(1_000);
		expect(shown.slice(-2).map(({ card }) => card.buttons.length)).toEqual([3, 0]);
		expect(title()).toContain("is confirmed");
	});

	it("and of two edits takes the earlier one last is shown the end again", async () => {
		const { scene, chat, shown, hold } = counting();
		await scene.trial({}, 5);
		const release = hold();
		accepted(await scene.supervisor.extend({ id: first, by: owner, epoch: null, byMs: 60_000 }));
		await scene.clock.advance(1_000);
		accepted(await scene.confirm(first));
		await scene.clock.advance(90_000);
		expect(shown.at(-1)?.card.buttons).toEqual([]);
		release();
		await scene.clock.advance(1_000);
		expect(shown.slice(-2).map(({ card }) => card.buttons.length)).toEqual([3, 0]);
		expect([...chat.cards.values()].at(-1)?.title).toContain("is confirmed");
	});
});

describe("a card that was deleted", () => {
	it("is posted again, so that nobody is left without buttons", async () => {
		const { scene, chat } = counting();
		await scene.trial({}, 10);
		const [receipt = ""] = chat.cards.keys();
		chat.lose(receipt);
		await scene.clock.advance(32_000);
		expect([...chat.cards.values()]).toMatchObject([{ buttons: ["confirm", "rollback", "extend"] }]);
	});
});

describe("another life", () => {
	it("goes on with the countdown, and not sooner than the channel allows", async () => {
		const { scene, shown } = counting();
		await scene.trial({}, 15);
		const begunMs = scene.clock.now().bootMs;
		await scene.restart();
		const count = shown.length;
		await scene.clock.advance(65_000);
		const later = shown.slice(count);
		expect(later.length).toBeGreaterThanOrEqual(1);
		for (const { atMs } of later) expect(atMs - begunMs).toBeGreaterThanOrEqual(refreshMs);
		expect(later.at(-1)?.card.leftMs).toBeLessThanOrEqual(60_000);
	});

	it("ends with its timers", async () => {
		const { scene, shown } = counting();
		await scene.trial({}, 15);
		await scene.supervisor.stop();
		const count = shown.length;
		await scene.clock.advance(600_000);
		expect(shown).toHaveLength(count);
	});

	it("leaves no timer behind once it is stopped, or once its swap has moved on", async () => {
		const { scene } = counting();
		const swap = await scene.trial();
		const timers = new Set<object>();
		const clock = {
			...scene.clock,
			timer: () => {
				const timer = {};
				timers.add(timer);
				return () => void timers.delete(timer);
			},
		};
		const { log, deliveries } = { log: { info() {}, warn() {}, error() {} }, deliveries: [] };
		const engine = { ports: { clock, deliveries, log, scrub: (text: string) => text } };
		const countdown = createCountdown({ engine: engine as never, store: {} as never, refresh: () => false });
		countdown.follow(swap);
		countdown.follow(swap);
		expect(timers.size).toBe(1);
		countdown.follow({ ...swap, status: "promoting" });
		expect(timers.size).toBe(0);
		countdown.follow(swap);
		countdown.stop();
		expect(timers.size).toBe(0);
	});
});

describe("at every moment", () => {
	const step = fc.oneof(
		fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 50_000 }) }),
		fc.record({ do: fc.constant("extend" as const), ms: fc.integer({ min: 1_000, max: 200_000 }) }),
		fc.record({ do: fc.constant("outage" as const), ms: fc.integer({ min: 1, max: 40_000 }) }),
		fc.record({ do: fc.constant("wall" as const), ms: fc.integer({ min: -3_600_000, max: 3_600_000 }) }),
		fc.record({ do: fc.constant("restart" as const), ms: fc.constant(0) }),
		fc.record({ do: fc.constant("lose" as const), ms: fc.constant(0) }),
	);

	type World = ReturnType<typeof counting>;

	async function play({ scene, chat }: World, { do: what, ms }: { readonly do: string; readonly ms: number }) {
		if (what === "wait") await scene.clock.advance(ms);
		if (what === "extend") await scene.supervisor.extend({ id: first, by: owner, epoch: null, byMs: ms });
		if (what === "wall") scene.clock.setWall(scene.clock.now().wallMs + ms);
		if (what === "restart") await scene.restart();
		if (what === "lose") for (const receipt of [...chat.cards.keys()].slice(-1)) chat.lose(receipt);
		if (what !== "outage") return;
		chat.failWith(down);
		await scene.clock.advance(ms);
		chat.failWith(null);
		await scene.clock.advance(61_000);
	}

	/** The newest card shows the stored expiry, and the time that was left when it was shown, rounded up. */
	async function expectTrue({ scene, shown }: World) {
		const swap = await scene.swap();
		const { card, atMs } = shown.at(-1) ?? {};
		const open = swap.status === "awaiting_confirmation" && swap.deadman !== null;
		expect(card?.buttons.length !== 0).toBe(open);
		if (!open || swap.deadman === null || card === undefined || atMs === undefined) return;
		expect(card.expiresAtMs).toBe(expiresAtMs(swap.deadman));
		const leftMs = remainingMs(swap.deadman, { ...scene.clock.now(), bootMs: atMs });
		expect(card.leftMs).toBe(Math.ceil(leftMs / refreshMs) * refreshMs);
	}

	/** What differs in the time alone comes no oftener than the channel allows. */
	function expectCalm({ shown }: World) {
		const faces = shown.map(({ card: { leftMs: _, ...rest } }) => JSON.stringify(rest));
		for (let nth = 1; nth < shown.length; nth += 1) {
			if (faces[nth] !== faces[nth - 1]) continue;
			expect((shown[nth]?.atMs ?? 0) - (shown[nth - 1]?.atMs ?? 0)).toBeGreaterThanOrEqual(refreshMs);
		}
	}

	it("the newest card shows the stored expiry, rounded", { timeout: 60_000 }, async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
				const world = counting();
				await world.scene.trial();
				for (const one of steps) {
					await play(world, one);
					await world.scene.clock.advance(1_500);
					await expectTrue(world);
				}
				if (steps.every((one) => one.do !== "lose")) expectCalm(world);
			}),
			{ numRuns: 60 },
		);
	});
});
