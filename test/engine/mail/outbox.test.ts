// Delivery: at least once, each channel for itself and in order, with back-off; it never blocks a swap and decides nothing but the one extension.
import { describe, expect, it } from "vitest";
import { expiresAtMs } from "../../../src/core/deadman.js";
import { limits } from "../../../src/core/limits.js";
import type { Delivery } from "../../../src/ports/ports.js";
import { createMemoryDelivery } from "../../support/memory/delivery.js";
import { accepted, createScene, expectEnd, first } from "../scene.js";

const down = new Error("The service is down.");
const titles = (channel: { shown: readonly { title: string }[] }) =>
	channel.shown.map((card) => card.title.split(":")[0]);

/** A channel that writes down when it was asked for what. */
function timed(clock: () => number, answer: (nth: number) => Promise<void> = async () => {}) {
	const sends: number[] = [];
	const delivery: Delivery = {
		...createMemoryDelivery({ name: "timed" }),
		start: async () => {},
		send: async () => {
			sends.push(clock());
			await answer(sends.length);
			return "receipt";
		},
		edit: async (receipt) => receipt,
		notice: async () => null,
		stop: async () => {},
		address: () => null,
	};
	return { delivery, sends };
}

describe("a card", () => {
	it("is edited to each later state, and sent once", async () => {
		const scene = createScene();
		await scene.trial();
		accepted(await scene.confirm(first));
		await scene.clock.advance(5_000);
		await expectEnd(scene, "finalized");
		expect(scene.chat.cards.size).toBe(1);
		expect([...scene.chat.cards.values()][0]).toMatchObject({ decided: true, buttons: [], expiresAtMs: null });
		expect(scene.chat.shown.at(-1)?.lines).toContain("Decided by cli:1000.");
	});

	it("shows the expiry that is stored, also after its delivery has moved it (F8)", async () => {
		const scene = createScene();
		await scene.trial({ readyAfterMs: 20_000 }, 60);
		const { deadman } = await scene.swap();
		if (deadman === null) throw new Error("no deadman");
		expect(scene.chat.shown.at(-1)?.expiresAtMs).toBe(expiresAtMs(deadman));
		accepted(await scene.supervisor.extend({ id: first, by: { surface: "cli", id: "1" }, epoch: null, byMs: 60_000 }));
		await scene.clock.advance(1_000);
		const longer = (await scene.swap()).deadman;
		expect(scene.chat.shown.at(-1)?.expiresAtMs).toBe(longer === null ? null : expiresAtMs(longer));
		expect(longer?.lengthMs).toBeGreaterThan(deadman.lengthMs - 60_000);
	});

	it("that fails to be edited after the promotion changes nothing, and is tried again (F5)", async () => {
		const scene = createScene();
		await scene.trial();
		scene.chat.failWith(down);
		accepted(await scene.confirm(first));
		await scene.clock.advance(120_000);
		await expectEnd(scene, "finalized");
		expect(titles(scene.chat).at(-1)).not.toContain("confirmed");
		scene.chat.failWith(null);
		await scene.clock.advance(limits.outboxBackoffCapMs + 1_000);
		expect(scene.chat.shown.at(-1)?.title).toContain("is confirmed");
		expect((await scene.swap()).status).toBe("finalized");
	});

	it("that was never sent and came late tells only what is true by then", async () => {
		const scene = createScene();
		scene.chat.failWith(down);
		await scene.trial();
		await scene.clock.advance(125_000);
		expect((await scene.swap()).status).toBe("rolled_back");
		scene.chat.failWith(null);
		await scene.clock.advance(limits.outboxBackoffCapMs + 1_000);
		expect(scene.chat.shown.map((card) => card.buttons)).toEqual([[]]);
		expect(scene.chat.shown[0]?.title).toContain("was rolled back");
	});
});

describe("delivery and the window (F7)", () => {
	it("acknowledged opens a fresh window, once, whatever the number of channels and edits", async () => {
		const channels = [createMemoryDelivery({ name: "one" }), createMemoryDelivery({ name: "two" })];
		const scene = createScene({ channels });
		const unsent = channels[1];
		unsent?.failWith(down);
		await scene.trial({ readyAfterMs: 30_000 }, 32);
		const leftMs = await scene.leftMs();
		expect(leftMs).toBeGreaterThan(115_000);
		unsent?.failWith(null);
		await scene.clock.advance(60_000);
		expect(unsent?.shown).not.toEqual([]);
		expect(await scene.leftMs()).toBe(leftMs - 60_000);
		expect((await scene.types()).filter((type) => type === "cardDelivered")).toHaveLength(1);
	});

	it("that never happens leaves the short window, then it rolls back", async () => {
		const scene = createScene();
		scene.chat.failWith(down);
		await scene.trial({ readyAfterMs: 20_000 }, 119);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		await scene.clock.advance(5_000);
		expect((await expectEnd(scene, "rolled_back")).cause?.code).toBe("deadline_passed");
		expect(await scene.types()).not.toContain("cardDelivered");
	});

	it("late, in the last seconds, still gives the user a whole window", async () => {
		const scene = createScene();
		scene.chat.failWith(down);
		await scene.trial({}, 60);
		scene.chat.failWith(null);
		await scene.clock.advance(50_000);
		expect((await scene.swap()).handshake).toBe("message1_sent");
		expect(await scene.leftMs()).toBeGreaterThan(70_000);
	});

	it("and extensions never lead beyond the cap", async () => {
		const scene = createScene({
			settings: { deadman: { initialMs: 120_000, afterDeliveryMs: 120_000, capMs: 150_000 } },
		});
		await scene.trial({}, 20);
		await scene.supervisor.extend({ id: first, by: { surface: "cli", id: "1" }, epoch: null, byMs: 3_600_000 });
		await scene.clock.advance(129_000);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		await scene.clock.advance(5_000);
		await expectEnd(scene, "rolled_back");
	});

	it("of a life that died between settling and acknowledging counts in the next one", async () => {
		const scene = createScene();
		scene.killAt("fact.cardDelivered");
		await scene.trial({ readyAfterMs: 30_000 }, 40);
		await scene.begin();
		expect(await scene.swap()).toMatchObject({ status: "awaiting_confirmation", handshake: "message1_sent" });
		expect(await scene.leftMs()).toBeGreaterThan(110_000);
		expect(scene.chat.cards.size).toBe(1);
	});
});

describe("a death around a send", () => {
	it("after the service took the card, before the receipt was stored: it is sent again, never lost", async () => {
		let kill = true;
		const scene = createScene({
			adapt: ({ journal }) => ({
				journal: {
					...journal,
					keepCard: async (card) => {
						if (kill) scene.kill();
						return kill ? new Promise(() => {}) : journal.keepCard(card);
					},
				},
			}),
		});
		await scene.trial();
		expect(scene.chat.shown).toHaveLength(1);
		kill = false;
		await scene.begin();
		expect(scene.chat.shown.length).toBeGreaterThan(1);
		expect((await scene.swap()).handshake).toBe("message1_sent");
	});

	it("keeps the receipt: the next life edits the card that the last one sent", async () => {
		const sent: string[] = [];
		const edited: string[] = [];
		let number = 0;
		const service: Delivery = {
			...createMemoryDelivery({ name: "service" }),
			send: async () => {
				number += 1;
				sent.push(`m${number}`);
				return `m${number}`;
			},
			edit: async (receipt) => {
				edited.push(receipt);
				return receipt;
			},
		};
		const scene = createScene({ channels: [service as never] });
		await scene.trial();
		await scene.restart();
		accepted(await scene.confirm(first));
		await scene.clock.advance(5_000);
		expect(sent).toEqual(["m1"]);
		expect(new Set(edited)).toEqual(new Set(["m1"]));
	});
});

describe("a channel that is down", () => {
	it("is tried again after 1, 2, 4, 8 seconds and so on", async () => {
		const { delivery, sends } = timed(
			() => scene.clock.now().bootMs,
			async () => {
				throw down;
			},
		);
		const scene = createScene({ channels: [delivery as never] });
		await scene.trial({}, 100);
		const pauses = sends.slice(1).map((ms, index) => ms - (sends[index] ?? 0));
		expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000]);
	});

	it("delays no other, though it never answers", async () => {
		const dead = createMemoryDelivery({ name: "a-dead" });
		const alive = createMemoryDelivery({ name: "b-alive" });
		const scene = createScene({ channels: [dead, alive] });
		await scene.begin();
		dead.hang();
		await scene.trial({}, 3);
		expect(titles(alive)).not.toEqual([]);
		accepted(await scene.confirm(first));
		await scene.clock.advance(1_000);
		expect(alive.shown.at(-1)?.title).toContain("is confirmed");
		await expectEnd(scene, "finalized");
	});

	it("delays no swap: cut-over, verdict and end take as long as ever", async () => {
		const scene = createScene();
		await scene.begin();
		const answer = scene.chat.hang();
		await scene.trial({}, 2);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		accepted(await scene.confirm(first));
		await scene.clock.advance(1_000);
		await expectEnd(scene, "finalized");
		answer();
	});

	it("is not waited for longer than its time limit, then tried again", async () => {
		const { delivery, sends } = timed(
			() => scene.clock.now().bootMs,
			(nth) => (nth === 1 ? new Promise(() => {}) : Promise.resolve()),
		);
		const scene = createScene({ channels: [delivery as never] });
		await scene.trial({}, 30);
		expect(sends).toHaveLength(2);
		expect((sends[1] ?? 0) - (sends[0] ?? 0)).toBe(limits.sendTimeoutMs + limits.outboxBackoffMs);
		expect((await scene.swap()).handshake).toBe("message1_sent");
	});

	it("at the start is opened again later, and clicks work from then on", async () => {
		const scene = createScene();
		scene.chat.failWith(down);
		await scene.begin();
		expect(scene.chat.address()).toBeNull();
		scene.chat.failWith(null);
		await scene.clock.advance(10_000);
		expect(scene.chat.address()).toBe("memory:");
	});
});

describe("the order on one channel", () => {
	it("is that of the facts, also when the first message has to be tried again", async () => {
		const seen: string[] = [];
		let failures = 2;
		const chat = createMemoryDelivery({ name: "chat" });
		const channel: Delivery = {
			...chat,
			notice: async (text) => {
				if (failures-- > 0) throw down;
				seen.push(text.split("\n")[0] ?? "");
				return null;
			},
			send: async (card) => {
				seen.push(card.title);
				return "r";
			},
			edit: async (receipt, card) => {
				seen.push(card.title);
				return receipt;
			},
		};
		const scene = createScene({ channels: [channel as never], settings: { approval: "required" } });
		await scene.trial();
		accepted(
			await scene.supervisor.approve({
				id: first,
				by: { surface: "cli", id: "1" },
				epoch: null,
				insist: false,
				typed: null,
			}),
		);
		await scene.clock.advance(20_000);
		expect(seen.map((line) => line.replace(/, \d+ of.*/, ""))).toEqual([
			`${first} asks for approval: a host change of host, proposed by \`builder:1000\`.`,
			`${first}: files`,
			`${first}: diff`,
			`${first} asks for approval: a host change of host.`,
			`${first} was approved, and is being tried.`,
			`${first}: restarting with the new version now.`,
			expect.stringContaining("I'm back"),
			expect.stringContaining("I'm back"),
		]);
	});
});

describe("text", () => {
	it("that leaves is scrubbed: notices, reasons on cards, causes", async () => {
		const scene = createScene({
			scrub: (text) => text.replaceAll("hunter2", "[gone]"),
			settings: { approval: "required" },
		});
		await scene.begin();
		await scene.supervisor.propose({
			revision: scene.git.commit({ "server.js": "v2" }, [scene.base]),
			summary: "with hunter2",
			fileSummaries: { "server.js": "hunter2 too" },
			by: { surface: "builder", id: "claude" },
		});
		accepted(
			await scene.supervisor.approve({
				id: first,
				by: { surface: "cli", id: "1" },
				epoch: null,
				insist: false,
				typed: null,
			}),
		);
		await scene.clock.advance(5_000);
		const by = { surface: "cli", id: "1" } as const;
		accepted(await scene.supervisor.rollback({ id: first, by, epoch: null, reason: "it prints hunter2" }));
		await scene.clock.advance(5_000);
		const everything = JSON.stringify([scene.chat.shown, scene.chat.notices, [...scene.disk.facts.values()]]);
		expect(everything).not.toContain("hunter2");
		expect(everything).toContain("it prints [gone]");
	});
});
