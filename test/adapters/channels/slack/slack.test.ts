// Slack's API and socket when they fail: each failure is named, nothing is tried twice, and the socket comes back by itself.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ownPlace } from "../../../../src/core/place.js";
import { DeliveryFailed } from "../../../../src/ports/ports.js";
import { aCard, approval, type KeptInbox, keptInbox, outcome } from "../../../contracts/mail/delivery.contract.js";
import { until } from "../../../support/until.js";
import { rateLimited, type SlackMessage } from "../../../support/wire/slack.js";
import { acting } from "../../../support/wire/slack-blocks.js";
import { openSlack, type SlackUnderTest } from "../../../support/wire/slack-channel.js";

const user = "U0OWNER01";
let one: SlackUnderTest;
let inbox: KeptInbox;

beforeEach(async () => {
	one = await openSlack();
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

/** Presses until it arrives: a socket may just be coming back. */
async function press(label = "Confirm"): Promise<void> {
	const message = one.wire.messages.at(-1) as SlackMessage;
	const before = inbox.clicks.length;
	await one.arrive("interactive", await one.wire.pressed(message, { user, label }));
	await until("the click is there", () => inbox.clicks.length > before, 5_000);
}

describe("sending", () => {
	beforeEach(() => one.delivery.start(inbox));

	it.each([
		["a 429", rateLimited(7), ["rate_limited", 7_000]],
		["a 429 without a time", { status: 429, body: "" }, ["rate_limited", null]],
		["ratelimited with status 200", { body: { ok: false, error: "ratelimited" } }, ["rate_limited", null]],
		["a 503", { status: 503, body: "" }, ["unreachable", null]],
		["a page in place of JSON", "page", ["unreachable", null]],
		["a dropped connection", "drop", ["unreachable", null]],
		["a token that was revoked", { body: { ok: false, error: "token_revoked" } }, ["revoked", null]],
		["an account that was deactivated", { body: { ok: false, error: "account_inactive" } }, ["revoked", null]],
		["a conversation that is gone", { body: { ok: false, error: "channel_not_found" } }, ["gone", null]],
		["a conversation without the bot", { body: { ok: false, error: "not_in_channel" } }, ["refused", null]],
	] as const)("says what failed, after one try: %s", async (_, how, expected) => {
		const fired = one.wire.server.fail("chat.postMessage", how, 10);
		const { code, retryAfterMs, message } = await failure(one.delivery.send(aCard(), ownPlace));
		expect([code, retryAfterMs]).toEqual(expected);
		expect(message).not.toContain(one.wire.token);
		expect(fired()).toBe(1);
		one.wire.server.mend();
		expect(await one.delivery.send(aCard(), ownPlace)).not.toBe("");
	});

	it("ends in time, when there is no answer", { timeout: 20_000 }, async () => {
		one.wire.server.fail("chat.postMessage", "hang");
		const begun = performance.now();
		expect((await failure(one.delivery.send(aCard(), ownPlace))).code).toBe("unreachable");
		expect(performance.now() - begun).toBeLessThan(20_000);
	});

	it("does not queue up in a storm of 429", async () => {
		one.wire.server.fail("chat.postMessage", rateLimited(60), 1_000);
		const begun = performance.now();
		const all = await Promise.all(Array.from({ length: 40 }, () => failure(one.delivery.send(aCard(), ownPlace))));
		expect(new Set(all.map(({ code }) => code))).toEqual(new Set(["rate_limited"]));
		expect(performance.now() - begun).toBeLessThan(9_000);
	});

	it("takes a late answer's receipt", async () => {
		one.wire.server.fail("chat.postMessage", { delayMs: 800 });
		expect(await one.delivery.send(aCard(), ownPlace)).toBe(one.wire.messages[0]?.ts);
	});

	it("leaves no button after an edit, and nothing that acts", async () => {
		const receipt = await one.delivery.send(aCard(), ownPlace);
		const [message] = one.wire.messages as [SlackMessage];
		expect(one.wire.labels(message)).toEqual(["Confirm", "Rollback", "+2 min"]);
		await one.delivery.edit(receipt, aCard({ ...outcome, lines: ["<!channel> @here [x](https://evil)"] }), ownPlace);
		expect([one.wire.labels(message), message.edits]).toEqual([[], 1]);
		await one.delivery.notice("<@U1> *bold* https://evil", ownPlace);
		for (const { sent } of one.wire.messages) expect(acting(sent)).toEqual([]);
	});

	it("says that a person cannot be written to", async () => {
		one.wire.outside.add("U0NOBODY1");
		const to = { conversation: null, thread: null, person: "U0NOBODY1" };
		expect((await failure(one.delivery.send(aCard(), to))).code).toBe("gone");
	});

	it("goes on without the scope to look into the history", async () => {
		await one.delivery.send(aCard(), ownPlace);
		one.wire.server.fail("conversations.history", { body: { ok: false, error: "missing_scope" } });
		expect(await one.delivery.find?.(aCard(), ownPlace)).toBeNull();
		expect(await one.delivery.find?.(aCard(), ownPlace)).toBe(one.wire.messages[0]?.ts);
	});

	it("finds a card in its thread, and no other's", async () => {
		const to = { conversation: null, thread: "1763700000.000001", person: null };
		const receipt = await one.delivery.send(aCard(approval), to);
		await one.delivery.send(aCard({ epoch: 3 }), to);
		expect(await one.delivery.find?.(aCard(approval), to)).toBe(receipt);
		expect(await one.delivery.find?.(aCard(approval), ownPlace)).toBeNull();
	});
});

describe("starting", () => {
	it.each([
		["the API is down", "unreachable", () => one.wire.server.fall()],
		["the bot's token does not hold", "revoked", async () => one.wire.revoke()],
		[
			"the app's token does not hold",
			"revoked",
			async () => void one.wire.server.fail("apps.connections.open", { body: { ok: false, error: "invalid_auth" } }),
		],
		[
			"the socket is refused",
			"unreachable",
			async () => void one.wire.server.fail("apps.connections.open", { body: { ok: true, url: "ws://127.0.0.1:1/" } }),
		],
		[
			"there are too many connections",
			"rate_limited",
			async () => void one.wire.server.fail("apps.connections.open", rateLimited(3)),
		],
	])("rejects while it cannot, and works afterwards: %s", async (_, code, begin) => {
		await begin();
		expect((await failure(one.delivery.start(inbox))).code).toBe(code);
		expect(one.delivery.address()).toBeNull();
		one.wire.restore();
		one.wire.server.mend();
		if (code === "unreachable") await one.wire.server.raise().catch(() => {});
		await one.delivery.start(inbox);
		expect(one.wire.socket.open).toBe(1);
		expect(one.delivery.address()).toBe("https://app.slack.com/client/T0TEAM001/C0CHANNEL");
	});

	it("reads nothing from the environment", async () => {
		vi.stubEnv("SLACK_API_URL", "http://127.0.0.1:1/");
		vi.stubEnv("SLACK_BOT_TOKEN", "xoxb-of-somebody-else");
		vi.stubEnv("SLACK_APP_TOKEN", "xapp-of-somebody-else");
		vi.stubEnv("SLACK_SIGNING_SECRET", "of-somebody-else");
		vi.stubEnv("SLACK_ENCRYPTION_KEY", "no key at all");
		await one.delivery.start(inbox);
		expect(await one.delivery.send(aCard(), ownPlace)).not.toBe("");
	});

	it("leaves nothing open after a stop", async () => {
		await one.delivery.start(inbox);
		expect(one.wire.socket.open).toBe(1);
		await one.delivery.stop();
		await until("the socket is closed", () => one.wire.socket.open === 0, 5_000);
		await one.delivery.start(inbox);
		expect(one.wire.socket.open).toBe(1);
	});
});

describe("the socket", () => {
	beforeEach(async () => {
		await one.delivery.start(inbox);
		await one.delivery.send(aCard(), ownPlace);
	});
	const greetedAgain = (times: number) =>
		until("it is back", () => one.wire.socket.greeted >= times && one.wire.socket.open === 1);

	it("comes back when it is dropped", async () => {
		one.wire.socket.drop();
		await greetedAgain(2);
		await press();
		expect(inbox.clicks).toHaveLength(1);
	});

	it("comes back when Slack recycles it, as often as it does", async () => {
		for (const times of [2, 3, 4]) {
			await one.wire.socket.refresh();
			await greetedAgain(times);
		}
		await press("Rollback");
		expect(inbox.clicks.map(({ verdict }) => verdict)).toEqual(["rollback"]);
	});

	it("comes back after an outage of the API, without a busy loop", async () => {
		await one.wire.server.fall();
		one.wire.socket.drop();
		await until(
			"it has failed twice",
			() => one.log.lines.filter((line) => line.startsWith("chat.socket")).length >= 2,
		);
		await one.wire.server.raise();
		await greetedAgain(2);
		await press();
		expect(one.log.lines.filter((line) => line.startsWith("chat.socket")).length).toBeLessThan(6);
	});

	it("survives a token that was revoked, and comes back with a new life of it", async () => {
		one.wire.revoke();
		one.wire.socket.drop();
		await until("it says so", () => one.log.lines.some((line) => line.includes('"code":"revoked"')));
		one.wire.restore();
		await greetedAgain(2);
		await press();
		expect(inbox.clicks).toHaveLength(1);
	});

	it("waits as long as Slack asks", async () => {
		one.wire.server.fail("apps.connections.open", rateLimited(1));
		const begun = performance.now();
		one.wire.socket.drop();
		await greetedAgain(2);
		expect(performance.now() - begun).toBeGreaterThan(1_000);
	});

	it.each([
		"{",
		"[]",
		'{"type":"interactive","envelope_id":"1"}',
		'{"type":"interactive","envelope_id":"2","payload":{"type":"block_actions"}}',
		'{"type":"events_api","envelope_id":"3","payload":{"event":{}}}',
		'{"type":"nonsense"}',
	])("is not broken by what makes no sense: %s", async (text) => {
		one.wire.socket.raw(text);
		await press();
		expect(inbox.clicks).toHaveLength(1);
	});

	it("does not acknowledge what could not be stored", async () => {
		const broken = { ...keptInbox(), click: () => Promise.reject(new Error("The disk is full.")) };
		await one.delivery.stop();
		await one.delivery.start(broken);
		const message = one.wire.messages.at(-1) as SlackMessage;
		const before = one.wire.socket.acknowledged.size;
		one.wire.socket.raw(
			JSON.stringify({
				type: "interactive",
				envelope_id: "e1",
				payload: await one.wire.pressed(message, { user, label: "Confirm" }),
			}),
		);
		await until("it is logged", () => one.log.lines.some((line) => line.startsWith("chat.socket_unanswered")));
		expect(one.wire.socket.acknowledged.size).toBe(before);
	});

	it("acknowledges a click that takes long before Slack warns", async () => {
		let go = (): void => {};
		const slow = {
			...keptInbox(),
			click: () =>
				new Promise<never>((_, reject) => {
					go = () => reject(new Error("late"));
				}),
		};
		await one.delivery.stop();
		await one.delivery.start(slow);
		const message = one.wire.messages.at(-1) as SlackMessage;
		const begun = performance.now();
		await one.arrive("interactive", await one.wire.pressed(message, { user, label: "Confirm" }));
		expect(performance.now() - begun).toBeLessThan(9_000);
		go();
	});

	it("asks for a phrase in a form, and hears what was typed there", async () => {
		await one.delivery.send(aCard(approval), ownPlace);
		const message = one.wire.messages.at(-1) as SlackMessage;
		await one.arrive("interactive", await one.wire.pressed(message, { user, label: "Approve" }));
		expect(one.wire.calls("views.open")).toHaveLength(1);
		await one.arrive("interactive", await one.wire.submitted(user, "host sw_aaaaaa"));
		expect(inbox.sayings).toMatchObject([{ text: "host sw_aaaaaa", actorId: user, place: ownPlace }]);
		expect(inbox.clicks).toEqual([]);
	});

	it("hears words in a thread and in direct messages, and neither bots nor other conversations", async () => {
		const threaded = await one.wire.said("host sw_aaaaaa", { user });
		threaded.event.thread_ts = "1763700000.000001";
		await one.arrive("events_api", threaded);
		await one.arrive("events_api", await one.wire.said("confirm sw_aaaaaa", { user, channel: "D0OWNER01" }));
		const bot = await one.wire.said("confirm sw_aaaaaa", { user: "U0BOTHER1" });
		Object.assign(bot.event, { bot_id: "B0OTHER01", subtype: "bot_message" });
		await one.arrive("events_api", bot);
		await one.arrive("events_api", await one.wire.said("confirm sw_aaaaaa", { user, channel: "C0FOREIGN" }));
		await until("both are heard", () => inbox.sayings.length >= 2);
		// Of different conversations either may be heard first.
		expect(new Set(inbox.sayings.map(({ place }) => place))).toEqual(
			new Set([
				{ conversation: null, thread: "1763700000.000001", person: null },
				{ conversation: "D0OWNER01", thread: null, person: null },
			]),
		);
		expect(inbox.sayings).toHaveLength(2);
	});
});
