// kill -9 around every message and every click: before a send, between a send and its receipt, before a click is stored, between the store
// and the verdict, around an edit. Each time one verdict, and a card that tells it.
import { describe, expect, it } from "vitest";
import type { Site } from "../../../src/core/machine/sites.js";
import { createMemoryPlatform, type MemoryPlatform } from "../../support/memory/platform.js";
import { createScene, expectEnd, first, type Scene } from "../scene.js";

const asks = (platform: MemoryPlatform) => platform.cards().filter(({ card }) => card?.buttons.includes("confirm"));

function play(lookup: boolean) {
	const platform = createMemoryPlatform({ can: { lookup } });
	return { platform, scene: createScene({ channels: [platform.delivery as never] }) };
}

/** Somebody clicks until it is decided: a click that was lost is made again. */
async function clickTillDecided(scene: Scene, platform: MemoryPlatform): Promise<void> {
	for (let tries = 0; tries < 5; tries += 1) {
		const newest = asks(platform).at(-1);
		if (newest === undefined) break;
		void platform.press(newest, "confirm").catch(() => {});
		await scene.clock.advance(2_000);
		if ((await scene.swap()).status !== "awaiting_confirmation") break;
	}
	await scene.clock.advance(5_000);
}

async function expectOneVerdict(scene: Scene): Promise<void> {
	await expectEnd(scene, "finalized");
	expect((await scene.types()).filter((type) => type === "confirmed" || type === "deadlinePassed")).toEqual([
		"confirmed",
	]);
}

const beforeTheCard: readonly (readonly [Site, "before" | "after"])[] = [
	["mail.send", "before"],
	["mail.send", "after"],
	["fact.cardDelivered", "before"],
	["fact.cardDelivered", "after"],
];

describe.each([
	["can be looked up", true],
	["cannot be looked up", false],
] as const)("where a sent card %s", (_, lookup) => {
	it.each(beforeTheCard)("killed at %s %s: the next life asks, and the answer counts", async (site, moment) => {
		const { platform, scene } = play(lookup);
		await scene.begin();
		if (site === "mail.send") scene.doAt("fact.ready", () => scene.killAt("mail.send", moment), "after");
		else scene.killAt(site, moment);
		await scene.trial();
		await scene.begin();
		await scene.clock.advance(5_000);
		expect(asks(platform).length).toBeGreaterThanOrEqual(1);
		const lost = site === "mail.send" && moment === "after" && !lookup;
		expect(platform.cards()).toHaveLength(lost ? 2 : 1);
		await clickTillDecided(scene, platform);
		await expectOneVerdict(scene);
		expect(platform.cards().at(-1)?.card).toMatchObject({ decided: true, buttons: [] });
		expect(platform.cards().at(-1)?.text).toContain("is confirmed");
	});

	it.each([
		["mail.click", "before"],
		["mail.click", "after"],
		["fact.confirmed", "before"],
		["fact.confirmed", "after"],
		["mail.edit", "before"],
		["mail.edit", "after"],
		["fact.promoted", "before"],
		["fact.promoted", "after"],
	] as const)("killed at %s %s around a click: one verdict, and the card tells it", async (site, moment) => {
		const { platform, scene } = play(lookup);
		await scene.trial();
		scene.killAt(site, moment);
		const [card] = asks(platform);
		if (card === undefined) throw new Error("There is no card.");
		void platform.press(card, "confirm").catch(() => {});
		await scene.clock.advance(3_000);
		await scene.begin();
		await clickTillDecided(scene, platform);
		await expectOneVerdict(scene);
		expect(platform.cards()).toHaveLength(1);
		expect(platform.cards()[0]?.card).toMatchObject({ decided: true, buttons: [] });
		expect(platform.cards()[0]?.text).toContain("is confirmed");
	});
});

it("a second copy whose receipt was lost answers with what happened, and is closed once it turns up", async () => {
	const { platform, scene } = play(false);
	await scene.begin();
	scene.doAt("fact.ready", () => scene.killAt("mail.send", "after"), "after");
	await scene.trial();
	await scene.begin();
	await scene.clock.advance(5_000);
	const [older, newer] = platform.cards();
	if (older === undefined || newer === undefined) throw new Error("There are not two.");
	await platform.press(newer, "confirm");
	await scene.clock.advance(5_000);
	expect(platform.cards()[1]?.card?.decided).toBe(true);
	expect(platform.cards()[0]?.card?.decided).toBe(false);
	expect((await platform.press(older, "rollback")).sentence).toContain("It was confirmed by page:ana");
	await scene.clock.advance(5_000);
	expect(platform.cards()[0]).toMatchObject({ card: { decided: true, buttons: [] } });
	expect(platform.cards()[0]?.text).toContain("is confirmed");
	await expectOneVerdict(scene);
});

it("a copy that is clicked while the window is open counts, and both copies tell it", async () => {
	const { platform, scene } = play(false);
	await scene.begin();
	scene.doAt("fact.ready", () => scene.killAt("mail.send", "after"), "after");
	await scene.trial();
	await scene.begin();
	await scene.clock.advance(5_000);
	const [older] = platform.cards();
	if (older === undefined) throw new Error("There is no card.");
	await platform.press(older, "confirm");
	await scene.clock.advance(10_000);
	await expectOneVerdict(scene);
	for (const { text, card } of platform.cards()) {
		expect(card).toMatchObject({ decided: true, buttons: [] });
		expect(text).toContain("is confirmed");
	}
});

it("a card that was deleted is sent again, and only the new one counts as out", async () => {
	const { platform, scene } = play(false);
	await scene.trial();
	const [deleted] = platform.cards();
	platform.remove(deleted?.id ?? "");
	await scene.supervisor.extend({ id: first, by: { surface: "cli", id: "1" }, epoch: null, byMs: 60_000 });
	await scene.clock.advance(3_000);
	expect(platform.cards()).toHaveLength(1);
	expect(platform.cards()[0]?.id).not.toBe(deleted?.id);
	await clickTillDecided(scene, platform);
	await expectOneVerdict(scene);
});

it.each(["fact.extended", "mail.click"] as const)("an extension is given once, killed after %s", async (site) => {
	const { platform, scene } = play(false);
	await scene.trial();
	const leftMs = await scene.leftMs();
	scene.killAt(site, "after");
	const [card] = asks(platform);
	if (card === undefined) throw new Error("There is no card.");
	void platform.press(card, "extend").catch(() => {});
	await scene.clock.settle();
	await scene.begin();
	expect((await scene.types()).filter((type) => type === "extended")).toHaveLength(1);
	expect(await scene.leftMs()).toBeGreaterThan(leftMs + 100_000);
	expect(await scene.leftMs()).toBeLessThanOrEqual(leftMs + 120_000);
});
