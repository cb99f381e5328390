// Discord's API and gateway when they fail: each failure is named, nothing is tried twice, the gateway comes back by itself, and whoever
// presses a button is answered within 3 s.
import { afterEach, beforeEach, describe, expect, it, test, vi } from "vitest";
import { ownPlace } from "../../../../src/core/place.js";
import { type Answer, DeliveryFailed } from "../../../../src/ports/ports.js";
import {
	aCard,
	approval,
	clickAnswer,
	type KeptInbox,
	keptInbox,
	outcome,
	wordsAnswer,
} from "../../../contracts/mail/delivery.contract.js";
import { until } from "../../../support/until.js";
import {
	channel,
	closedUser,
	type DiscordMessage,
	otherChannel,
	rateLimited,
	thread,
} from "../../../support/wire/discord.js";
import { type DiscordUnderTest, openDiscord } from "../../../support/wire/discord-channel.js";
import { acting } from "../../../support/wire/discord-messages.js";

const user = "53908232506183680";
let one: DiscordUnderTest;
let inbox: KeptInbox;

beforeEach(async () => {
	one = await openDiscord();
	inbox = keptInbox();
});
afterEach(() => one.cleanUp());

async function failure(work: Promise<unknown>): Promise<DeliveryFailed> {
	const error = await work.then(
		() => null,
		(reason: unknown) => reason,
	);
	expect(error).toBeInstanceOf(DeliveryFailed);
	return error as DeliveryFailed;
}

const newest = () => one.wire.messages.at(-1) as DiscordMessage;
const press = () => one.press(newest(), { user, verdict: "confirm" });

describe("sending", () => {
	beforeEach(() => one.delivery.start(inbox));

	it.each([
		["a 429", rateLimited(1.5), ["rate_limited", 1_500]],
		["a 429 of a proxy", { status: 429, headers: { "retry-after": "4" }, body: "<html>" }, ["rate_limited", 4_000]],
		["a 429 without a time", { status: 429, body: "" }, ["rate_limited", null]],
		["a 503", { status: 503, body: "" }, ["unreachable", null]],
		["a page in place of JSON", "page", ["unreachable", null]],
		["a dropped connection", "drop", ["unreachable", null]],
		["a token that does not hold", { status: 401, body: { message: "401: Unauthorized", code: 0 } }, ["revoked", null]],
		["a channel that is gone", { status: 404, body: { message: "Unknown Channel", code: 10003 } }, ["gone", null]],
		["a channel without the bot", { status: 403, body: { message: "Missing Access", code: 50001 } }, ["refused", null]],
		["a redirect", { status: 302, headers: { location: "http://127.0.0.1:1/" }, body: "" }, ["unreachable", null]],
	] as const)("says what failed, after one try: %s", async (_, how, expected) => {
		const fired = one.wire.server.fail("/messages", how, 10);
		const { code, retryAfterMs, message } = await failure(one.delivery.send(aCard(), ownPlace));
		expect([code, retryAfterMs]).toEqual(expected);
		expect(message).not.toContain(one.wire.token);
		expect(fired()).toBe(1);
		one.wire.server.mend();
		expect(await one.delivery.send(aCard(), ownPlace)).not.toBe("");
	});

	it("ends in time, when there is no answer", { timeout: 20_000 }, async () => {
		one.wire.server.fail("/messages", "hang");
		const begun = performance.now();
		expect((await failure(one.delivery.send(aCard(), ownPlace))).code).toBe("unreachable");
		expect(performance.now() - begun).toBeLessThan(20_000);
	});

	it("does not queue up in a storm of 429", async () => {
		one.wire.server.fail("/messages", rateLimited(60), 1_000);
		const all = await Promise.all(Array.from({ length: 40 }, () => failure(one.delivery.send(aCard(), ownPlace))));
		expect(new Set(all.map(({ code }) => code))).toEqual(new Set(["rate_limited"]));
	});

	it("leaves no button after an edit, and nothing that acts", async () => {
		const receipt = await one.delivery.send(aCard(), ownPlace);
		const message = newest();
		expect(one.wire.labels(message)).toEqual(["Confirm", "Rollback", "+2 min"]);
		await one.delivery.edit(receipt, aCard({ ...outcome, lines: ["<@1> @everyone [x](https://evil)"] }), ownPlace);
		expect([one.wire.labels(message), message.edits]).toEqual([[], 1]);
		await one.delivery.notice("<@&1> **bold** https://evil @here", ownPlace);
		for (const { sent } of one.wire.messages) expect(acting(sent)).toEqual([]);
	});

	it("leaves nothing of an earlier embed after an edit", async () => {
		const receipt = await one.delivery.send(aCard({ lines: ["An earlier line"] }), ownPlace);
		await one.delivery.edit(receipt, aCard({ ...outcome, lines: [] }), ownPlace);
		expect(one.wire.text(newest())).toBe("sw_aaaaaa was rolled back.");
	});

	it("says that a person takes no direct messages; opens the others' once", async () => {
		const to = (person: string) => ({ conversation: null, thread: null, person });
		expect((await failure(one.delivery.send(aCard(), to(closedUser)))).code).toBe("refused");
		for (const _ of [1, 2]) await one.delivery.notice("Hello", to(user));
		expect(one.wire.calls("POST", /^\/users\/@me\/channels$/)).toHaveLength(2);
	});

	it("goes on without the permission to read the history", async () => {
		const receipt = await one.delivery.send(aCard(), ownPlace);
		one.wire.server.fail("limit=100", { status: 403, body: { message: "Missing Access", code: 50001 } });
		expect(await one.delivery.find?.(aCard(), ownPlace)).toBeNull();
		expect(await one.delivery.find?.(aCard(), ownPlace)).toBe(receipt);
	});

	it("finds a card behind many other messages, and only its own", async () => {
		const receipt = await one.delivery.send(aCard(), ownPlace);
		for (let count = 0; count < 120; count++) await one.delivery.notice("More", ownPlace);
		expect(await one.delivery.find?.(aCard(), ownPlace)).toBe(receipt);
		expect(await one.delivery.find?.(aCard({ epoch: 2 }), ownPlace)).toBeNull();
		expect(await one.delivery.find?.(aCard(), { conversation: null, thread, person: null })).toBeNull();
	});
});

describe("starting", () => {
	it.each([
		["the API is down", "unreachable", () => one.wire.server.fall()],
		["the token does not hold", "revoked", async () => one.wire.revoke()],
		["the gateway is down", "unreachable", () => one.wire.gateway.fall()],
		["the gateway does not take the token", "revoked", async () => one.wire.gateway.refuse(true)],
		[
			"the API names no gateway",
			"unreachable",
			async () => void one.wire.server.fail("/gateway/bot", { body: { url: "nowhere", shards: 1 } }),
		],
		[
			"there are too many requests",
			"rate_limited",
			async () => void one.wire.server.fail("/gateway/bot", rateLimited(3)),
		],
	])("rejects while it cannot, and works afterwards: %s", { timeout: 40_000 }, async (_, code, begin) => {
		await begin();
		expect((await failure(one.delivery.start(inbox))).code).toBe(code);
		expect(one.delivery.address()).toBeNull();
		one.wire.restore();
		one.wire.gateway.refuse(false);
		if (_ === "the API is down") await one.wire.server.raise();
		if (_ === "the gateway is down") await one.wire.gateway.raise();
		await one.delivery.start(inbox);
		expect(one.wire.gateway.identified.at(-1)).toMatchObject({ token: one.wire.token, intents: (1 << 9) | (1 << 12) });
		expect(one.delivery.address()).toContain(`/${channel}`);
	});

	it("reads nothing from the environment", async () => {
		for (const name of [
			"API_URL",
			"BOT_TOKEN",
			"PUBLIC_KEY",
			"APPLICATION_ID",
			"RESPOND_TO_CHANNEL_IDS",
			"MENTION_ROLE_IDS",
		])
			vi.stubEnv(`DISCORD_${name}`, "http://127.0.0.1:1/");
		await one.delivery.start(inbox);
		expect(await one.delivery.send(aCard(), ownPlace)).not.toBe("");
	});
});

describe("the gateway", () => {
	beforeEach(async () => {
		await one.delivery.start(inbox);
		await one.delivery.send(aCard(), ownPlace);
	});

	it("beats as often as it is told", async () => {
		await one.cleanUp();
		one = await openDiscord({ heartbeatMs: 200 });
		await one.delivery.start(inbox);
		await until("it has beaten", () => one.wire.gateway.heartbeats >= 3, 5_000);
	});

	it.each(["drop", "ask"] as const)("resumes after a connection ends, and misses no click: %s", async (how) => {
		one.wire.gateway[how]();
		const missed = await one.wire.pressed(newest(), { user, label: "Confirm" });
		one.wire.gateway.push("INTERACTION_CREATE", missed);
		await until("it has resumed", () => one.wire.gateway.resumed === 1, 10_000);
		await until("the click is there", () => inbox.clicks.length >= 1, 5_000);
		expect(inbox.clicks).toHaveLength(1);
		expect(one.wire.gateway.identified).toHaveLength(1);
	});

	it("identifies anew when the session is over", { timeout: 20_000 }, async () => {
		one.wire.gateway.invalidate();
		await until("it has identified again", () => one.wire.gateway.identified.length === 2, 15_000);
		expect(await press()).toBe(clickAnswer);
	});

	it("comes back after an outage, without a busy loop", { timeout: 40_000 }, async () => {
		await one.wire.gateway.fall();
		await new Promise((resolve) => setTimeout(resolve, 3_000));
		const before = one.wire.gateway.connections;
		await one.wire.gateway.raise();
		await until("it is back", () => one.wire.gateway.resumed + one.wire.gateway.identified.length > 1, 30_000);
		expect(one.wire.gateway.connections - before).toBe(1);
		expect(await press()).toBe(clickAnswer);
	});

	it("survives a token that was revoked, and says so", async () => {
		one.wire.gateway.refuse(true);
		one.wire.gateway.closeWith(4004);
		await until("it says so", () => one.log.lines.some((line) => line.includes("the token does not hold")), 5_000);
		expect(await one.delivery.send(aCard(), ownPlace)).not.toBe("");
	});

	it.each([
		"{",
		"null",
		'{"op":0,"t":"INTERACTION_CREATE","s":90,"d":null}',
		'{"op":0,"t":"INTERACTION_CREATE","s":91,"d":{"type":3}}',
		'{"op":0,"t":"MESSAGE_CREATE","s":92,"d":{}}',
	])("is not broken by what makes no sense: %s", async (text) => {
		one.wire.gateway.raw(text);
		expect(await press()).toBe(clickAnswer);
	});

	it("leaves nothing open after a stop", async () => {
		await one.delivery.stop();
		one.wire.gateway.push("INTERACTION_CREATE", await one.wire.pressed(newest(), { user, label: "Confirm" }));
		await new Promise((resolve) => setTimeout(resolve, 100));
		expect(inbox.clicks).toEqual([]);
	});
});

describe("a person who presses", () => {
	const begin = async (click: () => Promise<Answer>) => {
		await one.delivery.start({ ...keptInbox(), click });
		await one.delivery.send(aCard(), ownPlace);
		const payload = await one.wire.pressed(newest(), { user, label: "Confirm" });
		one.wire.gateway.push("INTERACTION_CREATE", payload);
		return payload.token as string;
	};

	it("is answered at once, alone, with one call", async () => {
		const token = await begin(async () => ({ sentence: "Taken. @everyone <@1>", card: null }));
		await until("the person is told", () => one.wire.told(token).length > 0, 5_000);
		expect(one.wire.told(token)).toEqual([{ text: "Taken. @everyone <@1>", ephemeral: true, via: "callback" }]);
		expect(one.wire.callbacks(token)).toEqual([4]);
		for (const { data } of one.wire.calls("POST", /callback$/)) expect(acting(data)).toEqual([]);
	});

	it("sees no spinner when it takes long, and is answered then", async () => {
		let go = (_: Answer): void => {};
		const waits = new Promise<Answer>((resolve) => {
			go = resolve;
		});
		const token = await begin(() => waits);
		await until("it is acknowledged", () => one.wire.callbacks(token).length > 0, 2_800);
		expect(one.wire.callbacks(token)).toEqual([6]);
		go({ sentence: "At last.", card: null });
		await until("the person is told", () => one.wire.told(token).length > 0, 5_000);
		expect(one.wire.told(token)).toEqual([{ text: "At last.", ephemeral: true, via: "followup" }]);
	});

	it("is told when it could not be stored", async () => {
		const token = await begin(() => Promise.reject(new Error("The disk is full.")));
		await until("the person is told", () => one.wire.told(token).length > 0, 5_000);
		expect(one.wire.told(token)[0]).toMatchObject({
			ephemeral: true,
			text: expect.stringContaining("could not be stored"),
		});
	});
});

test("a phrase is asked for in a form over the gateway too, and its words are heard", async () => {
	await one.delivery.start(inbox);
	await one.delivery.send(aCard(approval), { conversation: null, thread, person: null });
	const payload = await one.wire.pressed(newest(), { user, label: "Approve" });
	one.wire.gateway.push("INTERACTION_CREATE", payload);
	await until("the form is open", () => one.wire.callbacks(payload.token).includes(9), 5_000);
	const form = one.wire.calls("POST", /callback$/).at(-1);
	const sent = one.wire.submitted(payload, form, "host sw_aaaaaa");
	one.wire.gateway.push("INTERACTION_CREATE", sent);
	await until("the person is told", () => one.wire.told(sent.token).length > 0, 5_000);
	expect(one.wire.told(sent.token)).toMatchObject([{ ephemeral: true, text: expect.stringContaining("Handed in") }]);
	expect(inbox.sayings).toMatchObject([{ text: "host sw_aaaaaa", actorId: user, place: { thread } }]);
	expect(inbox.clicks).toEqual([]);
});

describe("words", () => {
	beforeEach(() => one.delivery.start(inbox));
	const say = async (where: string | undefined, change: object = {}) => {
		const payload = await one.wire.said("host sw_aaaaaa", { user, ...(where === undefined ? {} : { channel: where }) });
		one.wire.gateway.push("MESSAGE_CREATE", { ...payload, ...change });
	};

	it("that mention the bot are heard, in a thread too, and no thread is made of them", async () => {
		await say(undefined);
		await say(thread);
		await until("both are answered", () => one.wire.messages.length === 2, 5_000);
		expect(inbox.sayings.map(({ text, place }) => [text, place.thread])).toEqual([
			["host sw_aaaaaa", null],
			["host sw_aaaaaa", thread],
		]);
		expect(one.wire.messages.map((message) => [message.channel, one.wire.text(message)])).toEqual([
			[channel, wordsAnswer],
			[thread, wordsAnswer],
		]);
		expect(one.wire.calls("POST", /threads/)).toEqual([]);
	});

	it("that are not for the bot, of bots, or elsewhere, are not", async () => {
		await say(undefined, { mentions: [] });
		await say(undefined, { author: { id: user, username: "robot", bot: true } });
		await say(otherChannel);
		await say(undefined);
		await until("the last is heard", () => inbox.sayings.length > 0, 5_000);
		expect(inbox.sayings).toHaveLength(1);
	});
});
