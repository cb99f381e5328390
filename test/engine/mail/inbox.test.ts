// Clicks and words of people in a chat: who they are comes from the platform alone, who may not decide is told so and audited, and what is
// written counts only for the card that was sent there.
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/core/limits.js";
import type { Authority } from "../../../src/core/people/people.js";
import { openAuthority } from "../../../src/core/people/people.js";
import { createMemoryPlatform } from "../../support/memory/platform.js";
import { createScene, expectEnd, first } from "../scene.js";

const people: Authority = {
	...openAuthority,
	people: [
		{ name: "ana", identities: ["slack:U1", "cli:1000"], roles: ["owner"], targets: [] },
		{ name: "ben", identities: ["slack:U2"], roles: [], targets: [] },
	],
};

async function inSlack(settings: { approval?: "required" | "auto"; authority?: Authority } = {}) {
	const platform = createMemoryPlatform({ surface: "slack", name: "slack" });
	const scene = createScene({ channels: [platform.delivery as never], settings: { authority: people, ...settings } });
	await scene.trial();
	const card = platform.cards().at(-1);
	if (card === undefined) throw new Error("There is no card.");
	return { platform, scene, card };
}

describe("a click in a chat", () => {
	it("is of the person that the platform names", async () => {
		const { platform, scene, card } = await inSlack();
		const { sentence, card: now } = await platform.press(card, "confirm", "U1");
		expect(sentence).toBe(`${first} is confirmed: the new version stays.`);
		expect(now).toMatchObject({ swapId: first, buttons: [] });
		await scene.clock.advance(5_000);
		expect((await expectEnd(scene, "finalized")).decidedBy).toBe("slack:U1");
	});

	it.each([
		["a stranger", "U9", "not_authorised"],
		["a member without the role", "U2", "role_missing"],
	])("of %s is refused with a sentence, and audited (F6)", async (_, actor, code) => {
		const { platform, scene, card } = await inSlack();
		const { sentence } = await platform.press(card, "confirm", actor);
		expect(sentence.length).toBeGreaterThan(10);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		expect(await scene.supervisor.audits(first)).toMatchObject([
			{ code, verb: "confirm", by: { surface: "slack", id: actor } },
		]);
	});

	it("without people decides nothing: in a chat anybody may be there", async () => {
		const { platform, scene, card } = await inSlack({ authority: openAuthority });
		await platform.press(card, "confirm", "U1");
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		expect(await scene.supervisor.audits(first)).toMatchObject([{ code: "not_authorised" }]);
	});

	it("again and again of a stranger costs nothing more, and others still decide", async () => {
		const { platform, scene, card } = await inSlack();
		const answers = [];
		for (let nth = 0; nth < 50; nth += 1) answers.push((await platform.press(card, "rollback", "U9")).sentence);
		expect(answers.at(-1)).toContain("Wait a minute");
		expect(scene.disk.mail.clicks).toHaveLength(limits.strangerClicks);
		expect(await scene.supervisor.audits(first)).toHaveLength(limits.strangerClicks);
		await scene.clock.advance(61_000);
		expect((await platform.press(card, "rollback", "U9")).sentence).not.toContain("Wait a minute");
		expect((await platform.press(card, "rollback", "U1")).sentence).toContain("is being rolled back");
		await scene.clock.advance(5_000);
		await expectEnd(scene, "rolled_back");
	});

	it("that the platform repeats has one effect and the same answer", async () => {
		const { platform, scene, card } = await inSlack();
		const again = { eventId: "event-1", receipt: card.id };
		const click = { swapId: first, epoch: 1, nonce: `${first}.1`, verdict: "extend", actorId: "U1", ...again } as const;
		const inbox = platform.inbox();
		const answers = [await inbox.click(click), await inbox.click(click), await inbox.click(click)];
		expect(new Set(answers.map(({ sentence }) => sentence)).size).toBe(1);
		expect((await scene.types()).filter((type) => type === "extended")).toHaveLength(1);
		expect(answers[2]?.card?.expiresAtMs).toBe(answers[0]?.card?.expiresAtMs);
	});

	it("cannot be forged: the nonce is of one swap and one try", async () => {
		const { platform, scene } = await inSlack();
		const inbox = platform.inbox();
		for (const nonce of ["", "guess", `${first}.2`, `${first}.1 `]) {
			const click = { swapId: first, epoch: 1, nonce, verdict: "confirm", actorId: "U1", eventId: null } as const;
			const { sentence, card } = await inbox.click(click);
			expect(sentence).toContain("does not belong to this swap");
			expect(card).toBeNull();
		}
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
		expect(JSON.stringify(scene.disk.mail.clicks)).not.toContain("guess");
	});

	it("counts on a full disk: going back does not depend on what can be written", async () => {
		const { platform, scene, card } = await inSlack();
		scene.failAt("mail.click");
		expect((await platform.press(card, "rollback", "U1")).sentence).toContain("is being rolled back");
		await scene.clock.advance(5_000);
		await expectEnd(scene, "rolled_back");
	});
});

describe("words", () => {
	it("confirm, where the card was sent, by who may", async () => {
		const { platform, scene } = await inSlack();
		expect(await platform.say(`confirm ${first}`, "U9")).toContain("slack:U9");
		expect(await platform.say(`  Confirm   ${first}. `, "U1")).toContain("is confirmed");
		await scene.clock.advance(5_000);
		await expectEnd(scene, "finalized");
	});

	it("that are not for us get no answer", async () => {
		const { platform } = await inSlack();
		for (const text of ["hello", "confirm", "confirm everything", "please confirm sw_000001", "host", ""]) {
			expect(await platform.say(text, "U1")).toBeNull();
		}
	});

	it("approve with the phrase that the card asks for, and with no other", async () => {
		const { platform, scene, card } = await inSlack({ approval: "required" });
		expect((await platform.press(card, "approve", "U1")).sentence).toContain(`"host ${first}"`);
		expect(await platform.say(`group ${first}`, "U1")).toContain("is not the phrase");
		expect(await platform.say(`approve ${first}`, "U1")).toContain(`"host ${first}"`);
		expect((await scene.swap()).status).toBe("pending_approval");
		expect(await platform.say(`Host ${first}`, "U1")).toBe(`${first} is approved.`);
		await scene.clock.advance(5_000);
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
	});

	it("of a swap whose card was never sent there decide nothing", async () => {
		const platform = createMemoryPlatform({ surface: "slack", name: "slack" });
		const scene = createScene({ channels: [platform.delivery as never], settings: { authority: people } });
		await scene.begin();
		platform.failWith(new Error("down"));
		await scene.trial();
		platform.failWith(null);
		expect(await platform.say(`confirm ${first}`, "U1")).toContain("does not belong to this swap");
		expect((await scene.swap()).status).toBe("awaiting_confirmation");
	});
});

it("what comes in and is no click is counted, and shown in the log without its secrets", async () => {
	const { platform, scene } = await inSlack();
	platform.inbox().refused({ code: "bad_signature", detail: "v0=abc from 10.0.0.1" });
	expect(scene.logged.at(-1)).toMatchObject({ event: "delivery.refused" });
	const told = () => scene.logged.filter(({ event }) => event === "delivery.refused").length;
	for (let nth = 0; nth < 500; nth += 1) platform.inbox().refused({ code: "bad_signature", detail: "again" });
	expect(told()).toBe(limits.auditsPerMinute);
	const [channel] = (await scene.supervisor.status()).channels;
	expect(channel).toMatchObject({ refused: 501, lastRefusal: "bad_signature: again" });
	await scene.clock.advance(61_000);
	platform.inbox().refused({ code: "bad_signature", detail: "later" });
	expect(told()).toBe(limits.auditsPerMinute + 1);
});
