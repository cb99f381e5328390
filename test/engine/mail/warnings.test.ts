// What people are told beside the cards: the restart, that the window ends, and an end that nobody was looking at. Each once, over restarts
// and outages, and never when it is not true any more.
import { describe, expect, it } from "vitest";
import type { Actor } from "../../../src/core/swap.js";
import { DeliveryFailed } from "../../../src/ports/ports.js";
import { createMemoryDelivery } from "../../support/memory/delivery.js";
import { accepted, createScene, expectEnd, first, type Scene } from "../scene.js";

const down = new DeliveryFailed({ code: "unreachable", message: "The service is down." });
const owner: Actor = { surface: "cli", id: "1" };
const restarting = `${first}: restarting with the new version now.`;
const backIn = (time: string) => `${first} rolls back in ${time} unless somebody confirms it.`;
const ended = `${first} was rolled back: the previous version serves again. Cause: Nobody confirmed before the window ended.`;

/** As far as the time at which so much is left. */
async function untilLeft(scene: Scene, ms: number): Promise<void> {
	await scene.clock.advance((await scene.leftMs()) - ms);
}

async function warnings(scene: Scene) {
	return (await scene.facts()).flatMap((fact) => (fact.type === "warned" ? [fact.leftMs] : []));
}

/** Without what was to be read before the approval. */
const heard = ({ chat }: Scene) => chat.notices.filter((text) => !text.includes("asks for approval"));

describe("the window's end", () => {
	it("is announced a minute and twenty seconds before it, once each", async () => {
		const scene = createScene();
		await scene.trial();
		await untilLeft(scene, 60_001);
		expect(heard(scene)).toEqual([restarting]);
		await untilLeft(scene, 59_900);
		expect(heard(scene)).toEqual([restarting, backIn("1 min")]);
		await untilLeft(scene, 100);
		expect(heard(scene)).toEqual([restarting, backIn("1 min"), backIn("20 s")]);
		expect(await warnings(scene)).toEqual([60_000, 20_000]);
		await scene.clock.advance(10_000);
		await expectEnd(scene, "rolled_back");
		expect(await warnings(scene)).toHaveLength(2);
	});

	it("is announced on every channel", async () => {
		const channels = [createMemoryDelivery({ name: "one" }), createMemoryDelivery({ name: "two" })];
		const scene = createScene({ channels });
		await scene.trial();
		await untilLeft(scene, 50_000);
		for (const channel of channels) expect(channel.notices).toContain(backIn("1 min"));
	});

	it("is announced anew after an extension, with its own times", async () => {
		const scene = createScene();
		await scene.trial();
		await untilLeft(scene, 50_000);
		accepted(await scene.supervisor.extend({ id: first, by: owner, epoch: null, byMs: 120_000 }));
		await untilLeft(scene, 100);
		expect(await warnings(scene)).toEqual([60_000, 60_000, 20_000]);
		expect(heard(scene)).toEqual([restarting, backIn("1 min"), backIn("1 min"), backIn("20 s")]);
	});

	it("is not announced again by another life", async () => {
		const scene = createScene();
		await scene.trial();
		await untilLeft(scene, 58_000);
		await scene.restart();
		await untilLeft(scene, 30_000);
		expect(await warnings(scene)).toEqual([60_000]);
		await scene.reboot(5_000);
		await untilLeft(scene, 5_000);
		expect(await warnings(scene)).toHaveLength(2);
		expect(heard(scene)).toHaveLength(3);
	});

	it.each(["before", "after"] as const)("is announced once where a life ends %s it is written", async (moment) => {
		const scene = createScene();
		await scene.trial();
		scene.killAt("fact.warned", moment);
		await untilLeft(scene, 59_000);
		await scene.begin();
		await untilLeft(scene, 30_000);
		expect(await warnings(scene)).toHaveLength(1);
		expect(heard(scene).filter((text) => text.includes("rolls back in"))).toHaveLength(1);
	});

	it("that was slept through is told with the time that is left, not as if it were new", async () => {
		const scene = createScene();
		await scene.trial();
		scene.suspend((await scene.leftMs()) - 13_000);
		await scene.clock.advance(1_500);
		const [leftMs = 0, ...more] = await warnings(scene);
		expect(more).toEqual([]);
		expect(leftMs).toBeGreaterThan(11_000);
		expect(leftMs).toBeLessThanOrEqual(13_000);
		expect(heard(scene)).toEqual([restarting, backIn(`${Math.round(leftMs / 1_000)} s`)]);
		await scene.clock.advance(8_000);
		expect(await warnings(scene)).toHaveLength(1);
	});

	it("is nobody's matter once it is decided", async () => {
		const scene = createScene();
		await scene.trial();
		await untilLeft(scene, 60_001);
		accepted(await scene.confirm(first));
		await scene.clock.advance(120_000);
		await expectEnd(scene, "finalized");
		expect(await warnings(scene)).toEqual([]);
		expect(heard(scene)).toEqual([restarting]);
	});

	it("is not announced where no card ever arrived: nobody could do anything", async () => {
		const scene = createScene();
		scene.chat.failWith(down);
		await scene.trial({}, 130);
		await expectEnd(scene, "rolled_back");
		expect(await warnings(scene)).toEqual([]);
	});

	it("is announced when the journal takes it again", async () => {
		const scene = createScene();
		await scene.trial();
		scene.failAt("fact.warned", { times: 3 });
		await untilLeft(scene, 50_000);
		const [leftMs = 0] = await warnings(scene);
		expect(leftMs).toBeLessThanOrEqual(58_000);
		expect(heard(scene).at(-1)).toBe(backIn(`${Math.round(leftMs / 1_000)} s`));
		expect(scene.logged.filter(({ event }) => event === "warning.failed")).toHaveLength(3);
	});
});

describe("a service that was down", () => {
	it("says what is left when it is back, once", async () => {
		const scene = createScene();
		await scene.trial();
		await untilLeft(scene, 65_000);
		scene.chat.failWith(new DeliveryFailed({ code: "rate_limited", message: "Wait.", retryAfterMs: 1_000 }));
		await untilLeft(scene, 15_000);
		scene.chat.failWith(null);
		await untilLeft(scene, 5_000);
		expect(await warnings(scene)).toEqual([60_000, 20_000]);
		const told = heard(scene).filter((text) => text.includes("rolls back in"));
		expect(told).toHaveLength(1);
		expect(told[0]).toMatch(/ in (1[0-5]|[5-9]) s unless /);
	});

	it("says nothing of a window that is over, and nothing of a restart that is", async () => {
		const scene = createScene();
		await scene.begin();
		scene.chat.failWith(down);
		await scene.trial({}, 3);
		scene.chat.failWith(null);
		await scene.clock.advance(60_000);
		scene.chat.failWith(down);
		await scene.clock.advance(200_000);
		await expectEnd(scene, "rolled_back");
		scene.chat.failWith(null);
		const before = heard(scene).length;
		await scene.clock.advance(120_000);
		expect(heard(scene).slice(before)).toEqual([ended]);
	});
});

describe("the user is told", () => {
	const kinds = (scene: Scene) => scene.chat.sent.map(({ text, edited }) => `${edited ? "edited" : "new"}: ${text}`);
	const title = `I'm back with the new version (${first}). Confirm to keep it, or Rollback.`;

	it("of the restart, that it is back, and of the end that came by itself", async () => {
		const scene = createScene();
		await scene.trial({}, 130);
		await expectEnd(scene, "rolled_back");
		const told = kinds(scene).filter((text) => !text.includes("rolls back in"));
		expect(told).toEqual([
			`new: ${restarting}`,
			`new: ${title}`,
			`edited: ${title}`,
			`edited: ${first} is being decided: it is being rolled back.`,
			`edited: ${first} was rolled back: the previous version serves again.`,
			`new: ${ended}`,
		]);
	});

	it("at once who decided, and then how it went; nobody is told twice", async () => {
		const scene = createScene();
		await scene.trial();
		accepted(await scene.confirm(first));
		await scene.clock.advance(5_000);
		expect(kinds(scene).slice(3)).toEqual([
			`edited: ${first} is being decided: cli:1000 confirmed it, and it is being kept.`,
			`edited: ${first} is confirmed: the new version stays.`,
		]);
	});

	it("that it is stranded, whoever asked to go back", async () => {
		const scene = createScene();
		await scene.trial();
		scene.failAt("rollBack.start", { times: Number.POSITIVE_INFINITY });
		accepted(await scene.supervisor.rollback({ id: first, by: owner, epoch: null, reason: "" }));
		await scene.clock.advance(60_000);
		expect((await scene.swap()).status).toBe("stranded");
		expect(heard(scene).filter((text) => text.includes("STRANDED"))).toHaveLength(1);
		expect(scene.chat.shown.at(-1)?.title).toContain("is STRANDED");
	});

	it("by a new card alone where cards are not edited", async () => {
		const channel = createMemoryDelivery({ name: "plain", can: { edit: false } });
		const scene = createScene({ channels: [channel] });
		await scene.trial({}, 130);
		expect(channel.notices).not.toContain(ended);
		expect(channel.shown.filter((card) => card.title.includes("was rolled back"))).toHaveLength(1);
	});

	it("by one card alone where it never came so far that a card was sent", async () => {
		const scene = createScene();
		await scene.trial({ diesAfterMs: 100 }, 60);
		expect((await scene.swap()).status).toBe("rolled_back");
		expect(kinds(scene)).toEqual([
			`new: ${restarting}`,
			`new: ${first} was rolled back: the previous version serves again.`,
		]);
	});
});
