// A service that is away for an hour, that asks for a pause, or that is slow: nothing is lost, nothing comes twice or out of order, no swap
// waits for it, and nobody knocks without end.
import { describe, expect, it } from "vitest";
import { DeliveryFailed } from "../../../src/ports/ports.js";
import { createMemoryDelivery } from "../../support/memory/delivery.js";
import { createMemoryPlatform } from "../../support/memory/platform.js";
import { accepted, createScene, expectEnd, first } from "../scene.js";

const down = new DeliveryFailed({ code: "unreachable", message: "connect ECONNREFUSED" });
const hourMs = 60 * 60 * 1_000;
const asking = { approval: "required" } as const;

describe("an hour without the service", () => {
	it("with twenty messages waiting: all come once, in the order of their thread, and the swap never waited", async () => {
		const platform = createMemoryPlatform();
		const other = createMemoryDelivery({ name: "other" });
		const scene = createScene({ channels: [platform.delivery as never, other], settings: asking });
		await scene.begin();
		platform.failWith(down);
		const by = { surface: "cli", id: "1000" } as const;
		for (let nth = 1; nth <= 5; nth += 1) {
			const { id } = await scene.propose(`change ${nth}`);
			await scene.clock.advance(500);
			if (nth < 5) accepted(await scene.supervisor.reject({ id, by, epoch: null, reason: "not now" }));
		}
		const waiting = scene.disk.outbox.filter(({ state, message }) => state === "pending" && message.channel === "chat");
		expect(waiting.length).toBeGreaterThanOrEqual(20);
		const id = "sw_000005";
		accepted(await scene.supervisor.approve({ id, by, epoch: null, insist: false, typed: `host ${id}` }));
		await scene.clock.advance(10_000);
		accepted(await scene.confirm(id));
		await scene.clock.advance(5_000);
		expect((await scene.swap(id)).status).toBe("finalized");
		const before = platform.calls();
		await scene.clock.advance(hourMs);
		// At most one knock a minute once the pauses have grown; each knock is one call.
		expect(platform.calls() - before).toBeLessThanOrEqual(2 * 60 + 20);
		expect(platform.messages()).toEqual([]);
		platform.failWith(null);
		await scene.clock.advance(3 * 60_000);
		const seen = platform.messages().map(({ text }) => text.split("\n")[0] ?? "");
		expect(new Set(seen).size).toBe(seen.length);
		for (const id of ["sw_000001", "sw_000002", "sw_000005"]) {
			const mine = seen.filter((text) => text.startsWith(id) || text.includes(`(${id})`));
			expect(mine[0]).toContain("asks for approval: a host change of host, proposed by");
			expect(mine.findIndex((text) => text.includes("diff"))).toBeGreaterThan(0);
		}
		expect(scene.disk.outbox.filter(({ state }) => state === "pending")).toEqual([]);
		expect(other.shown.length).toBeGreaterThan(0);
	});

	it("the pauses are jittered, but never longer than their cap", async () => {
		const platform = createMemoryPlatform();
		const half = { fraction: () => 0 };
		const scene = createScene({
			channels: [platform.delivery as never],
			adapt: ({ ids }) => ({ ids: { ...ids, ...half } }),
		});
		await scene.begin();
		platform.failWith(down);
		await scene.trial({}, 10);
		// 0.5 + 1 + 2 + 4 seconds: four calls and one that is under way.
		expect(platform.calls()).toBeLessThanOrEqual(7);
		expect(platform.calls()).toBeGreaterThanOrEqual(4);
	});
});

describe("a service that asks for a pause", () => {
	it("is given it, for all that waits on that channel, and no other channel waits", async () => {
		const platform = createMemoryPlatform();
		const other = createMemoryDelivery({ name: "other" });
		const scene = createScene({ channels: [platform.delivery as never, other] });
		await scene.begin();
		platform.failWith(new DeliveryFailed({ code: "rate_limited", message: "Too many.", retryAfterMs: 45_000 }));
		const before = platform.calls();
		await scene.trial({}, 40);
		expect(platform.calls() - before).toBe(1);
		expect(other.shown.length).toBeGreaterThan(0);
		platform.failWith(null);
		await scene.clock.advance(10_000);
		expect(platform.cards()).toHaveLength(1);
		expect(platform.cards()[0]?.card?.buttons).toContain("confirm");
	});

	it("cannot silence a channel for longer than an hour", async () => {
		const platform = createMemoryPlatform();
		const scene = createScene({ channels: [platform.delivery as never] });
		await scene.begin();
		platform.failWith(new DeliveryFailed({ code: "rate_limited", message: "Later.", retryAfterMs: 10 * 24 * hourMs }));
		await scene.trial({}, 5);
		platform.failWith(null);
		await scene.clock.advance(hourMs + 120_000);
		expect(platform.messages().length).toBeGreaterThan(0);
	});
});

it("an answer that comes after its time limit is not lost: the message is not sent a second time", async () => {
	const platform = createMemoryPlatform();
	const { send } = platform.delivery;
	let slow = true;
	const delivery = {
		...platform.delivery,
		send: async (...given: Parameters<typeof send>) => {
			const receipt = await send(...given);
			if (slow) await scene.clock.sleep(10_400);
			return receipt;
		},
	};
	const scene = createScene({ channels: [delivery as never] });
	await scene.trial({}, 10);
	slow = false;
	await scene.clock.advance(20_000);
	expect(platform.cards()).toHaveLength(1);
	accepted(await scene.confirm(first));
	await scene.clock.advance(5_000);
	await expectEnd(scene, "finalized");
	expect(platform.cards()[0]?.text).toContain("is confirmed");
});
