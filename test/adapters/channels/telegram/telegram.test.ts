// Telegram over its wire, where things go wrong: storms of refusals, silence, lost answers, a revoked bot, hostile presses, and an API that
// is down while the channel starts.
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { ownPlace, type Place } from "../../../../src/core/place.js";
import type { Delivery } from "../../../../src/ports/ports.js";
import {
	aCard,
	approval,
	clickAnswer,
	type KeptInbox,
	keptInbox,
	outcome,
} from "../../../contracts/mail/delivery.contract.js";
import { until } from "../../../support/until.js";
import type { How } from "../../../support/wire/faulty-server.js";
import { group, serveTelegram, type TelegramMessage, type TelegramWire } from "../../../support/wire/telegram.js";
import { type KeptLog, keptLog, nonces, telegramChannel } from "../../../support/wire/telegram-channel.js";

const ana = { id: 4711, first_name: "Ana", username: "ana" };
const mallory = { id: 1313, first_name: "Mallory" };
const at = (change: Partial<Place>): Place => ({ ...ownPlace, ...change });
const telling = (error_code: number, description: string, parameters?: object): How => ({
	status: error_code,
	body: { ok: false, error_code, description, parameters },
});

let wire: TelegramWire;
let log: KeptLog;
let channel: Delivery;
let inbox: KeptInbox;

const make = (change: object = {}) => telegramChannel({ apiUrl: wire.url, token: wire.token, log, change });

beforeEach(async () => {
	wire = await serveTelegram();
	log = keptLog();
	channel = make();
	inbox = keptInbox();
});
afterEach(async () => {
	await channel.stop();
	await wire.close();
});

const last = () => wire.messages.at(-1) as TelegramMessage;
async function pressed(message: TelegramMessage, press: Parameters<TelegramWire["press"]>[1]): Promise<string> {
	const query = wire.press(message, press);
	await until("the press is answered", () => wire.answers.has(query), 5_000);
	return wire.answers.get(query)?.text ?? "";
}

describe("what goes out", () => {
	beforeEach(() => channel.start(inbox));

	test("a button carries at most 64 bytes, for any epoch and any verdict", async () => {
		const buttons = ["rollback", "confirm", "extend"] as const;
		await channel.send(aCard({ epoch: 999_999_999, buttons }), ownPlace);
		const sizes = last()
			.buttons.flat()
			.map(({ callback_data: data }) => Buffer.byteLength(data));
		expect(Math.max(...sizes)).toBeLessThanOrEqual(64);
		expect(Math.max(...sizes)).toBeGreaterThanOrEqual(60);
		const longer = channel.send(aCard({ swapId: "sw_aaaaaaaaaaaaaaaa" }), ownPlace);
		await expect(longer).rejects.toMatchObject({
			code: "refused",
			message: expect.stringContaining("Telegram takes 64"),
		});
		expect(wire.messages).toHaveLength(1);
	});

	test("what it shows already counts as edited", async () => {
		const receipt = await channel.send(aCard(), ownPlace);
		expect(await channel.edit(receipt, aCard(), ownPlace)).toBe(receipt);
		expect(wire.calls("editMessageText")).toHaveLength(1);
		expect(last().edits).toBe(0);
	});

	test("a 429 says how long to wait, and nothing is tried again by itself", async () => {
		const fired = wire.server.fail(
			"/sendMessage",
			telling(429, "Too Many Requests: retry after 31", { retry_after: 31 }),
			5,
		);
		await expect(channel.send(aCard(), ownPlace)).rejects.toMatchObject({ code: "rate_limited", retryAfterMs: 31_000 });
		expect(fired()).toBe(1);
		expect(wire.messages).toEqual([]);
	});

	test.each<readonly [How, string, RegExp]>([
		[telling(500, "Internal Server Error"), "unreachable", /500/],
		["page", "unreachable", /sendMessage|JSON|parse/i],
		["drop", "unreachable", /./],
		[telling(403, "Forbidden: bot was kicked from the supergroup chat"), "refused", /bot was kicked/],
		[telling(400, "Bad Request: chat not found"), "gone", /chat not found/],
		[telling(400, "Bad Request: message thread not found"), "gone", /thread not found/],
		[
			telling(400, "Bad Request: group chat was upgraded to a supergroup chat", { migrate_to_chat_id: -100777 }),
			"gone",
			/-100777/,
		],
		[telling(400, "Bad Request: not enough rights to send text messages to the chat"), "refused", /not enough rights/],
		[telling(404, "Not Found"), "revoked", /404/],
	])("%j is %s", async (how, code, message) => {
		const fired = wire.server.fail("/sendMessage", how);
		await expect(channel.send(aCard(), ownPlace)).rejects.toMatchObject({
			code,
			message: expect.stringMatching(message),
		});
		expect(fired()).toBe(1);
	});

	test("silence ends in time", async () => {
		wire.server.fail("/sendMessage", "hang");
		const began = performance.now();
		await expect(channel.send(aCard(), ownPlace)).rejects.toMatchObject({ code: "unreachable" });
		expect(performance.now() - began).toBeLessThan(20_000);
	});

	test("to somebody who never wrote to it, it may not write", async () => {
		const sent = channel.send(aCard(), at({ person: "1313" }));
		await expect(sent).rejects.toMatchObject({ code: "refused", message: expect.stringContaining("can't initiate") });
	});

	test("a card is edited where it is, also when the channel has another chat by now", async () => {
		const receipt = await channel.send(aCard(), ownPlace);
		const moved = make({ chat: "-100999" });
		await moved.start(keptInbox());
		expect(await moved.edit(receipt, aCard(outcome), ownPlace)).toBe(receipt);
		await moved.stop();
		expect(last()).toMatchObject({ chatId: group, edits: 1, buttons: [] });
		await expect(channel.edit("nonsense", aCard(outcome), ownPlace)).rejects.toMatchObject({ code: "gone" });
	});

	test("an edit in a topic stays there, and the topic is the card's place", async () => {
		const receipt = await channel.send(aCard(), at({ thread: "77" }));
		await channel.edit(receipt, aCard({ lines: ["Again"] }), at({ thread: "77" }));
		expect(last()).toMatchObject({ threadId: 77, edits: 1 });
		await pressed(last(), { from: ana, label: "Confirm" });
		expect(inbox.clicks[0]).toMatchObject({ place: at({ thread: "77" }), receipt });
	});
});

describe("what comes in", () => {
	beforeEach(() => channel.start(inbox));

	test("strangers are handed in like everybody, and told", async () => {
		await channel.send(aCard(), ownPlace);
		expect(await pressed(last(), { from: mallory, label: "Confirm" })).toBe(clickAnswer);
		expect(inbox.clicks).toMatchObject([{ actorId: "1313", verdict: "confirm", receipt: `${group}:100` }]);
	});

	test.each([
		["no data at all", undefined],
		["no JSON", "chat:{"],
		["another bot's", "menu_1"],
		["an unknown action", 'chat:{"a":"explode","v":"sw_aaaaaa.1.0123456789abcdef"}'],
		["no value", 'chat:{"a":"confirm"}'],
		["a value of another kind", 'chat:{"a":"confirm","v":7}'],
		["a longer value", 'chat:{"a":"confirm","v":"sw_aaaaaa.1.0123456789abcdef.more"}'],
		["two lines", 'chat:{"a":"confirm","v":"sw_aaaaaa.1.0123456789abcdef\\n"}'],
		["an action that every object has", 'chat:{"a":"constructor","v":"sw_aaaaaa.1.0123456789abcdef"}'],
	])("decides nothing and leaves no wheel turning: %s", async (_name, data) => {
		await channel.send(aCard(), ownPlace);
		expect(await pressed(last(), { from: ana, data })).toContain("Nothing was decided");
		expect(inbox.clicks).toEqual([]);
		expect(inbox.refusals).toEqual(["click_malformed"]);
	});

	test("a press in a chat that is none of ours", async () => {
		await channel.send(aCard(), ownPlace);
		const foreign = { ...last(), chatId: -100555 };
		expect(await pressed(foreign, { from: ana, label: "Confirm" })).toContain("Nothing was decided");
		expect([inbox.clicks, inbox.refusals]).toEqual([[], ["conversation_foreign"]]);
	});

	test("a flood of presses that are none leaves no wheel turning, and costs a sentence for a few", async () => {
		await channel.send(aCard(), ownPlace);
		const told: string[] = [];
		for (let n = 0; n < 8; n += 1) told.push(await pressed(last(), { from: mallory, data: `flood ${n}` }));
		expect(told.filter((text) => text !== "").length).toBeLessThan(8);
		expect(inbox.refusals).toHaveLength(8);
		expect(inbox.clicks).toEqual([]);
	});

	test.each<readonly [string, object, number, Place]>([
		["another conversation of the channel's", { conversations: ["-100555"] }, -100555, at({ conversation: "-100555" })],
		["the channel's own, where that is a person's", { chat: "4711" }, 4711, ownPlace],
		["a person's own", {}, 4711, at({ person: "4711" })],
	])("a press in %s is there", async (_name, change, chatId, place) => {
		await channel.send(aCard(), ownPlace);
		const card = { ...last(), chatId };
		await channel.stop();
		const other = make(change);
		const heard = keptInbox();
		await other.start(heard);
		await pressed(card, { from: ana, label: "Confirm" });
		await other.stop();
		expect(heard.clicks).toMatchObject([{ actorId: "4711", place, receipt: `${chatId}:${card.messageId}` }]);
	});

	test("a press of an inline message, which comes without its message", async () => {
		wire.acquainted.add(ana.id);
		wire.push({
			callback_query: { id: "4382bfdwdsb323b2d9", from: ana, inline_message_id: "1234csdbsk4839", data: "x" },
		});
		await until("it is refused", () => inbox.refusals.length === 1);
		await until("it is answered", () => wire.calls("answerCallbackQuery").length === 1);
		expect(inbox.clicks).toEqual([]);
	});

	test("updates that cannot be read stop nothing", async () => {
		await channel.send(aCard(), ownPlace);
		wire.push({ callback_query: { id: 7, from: "nobody" } });
		wire.push({ message: { text: "no chat" } });
		wire.push({ message: "no message" });
		wire.push({ poll_answer: {} });
		await pressed(last(), { from: ana, label: "Confirm" });
		expect(inbox.clicks).toHaveLength(1);
		expect(inbox.refusals).toEqual(["malformed", "malformed", "malformed"]);
	});

	test("an update that is delivered again is one click; a second press is another", async () => {
		await channel.send(aCard(), ownPlace);
		wire.server.fail("/getUpdates", "lost", 1);
		await pressed(last(), { from: ana, label: "Confirm" });
		await pressed(last(), { from: ana, label: "Confirm" });
		expect(inbox.clicks).toHaveLength(2);
		expect(new Set(inbox.clicks.map(({ eventId }) => eventId)).size).toBe(2);
	});

	test("a click that could not be stored comes again", async () => {
		await channel.send(aCard(), ownPlace);
		let failures = 1;
		const { click } = inbox;
		inbox.click = async (one) => {
			if (failures-- > 0) throw new Error("The disk is full.");
			return click(one);
		};
		expect(await pressed(last(), { from: ana, label: "Rollback" })).toBe(clickAnswer);
		expect(inbox.clicks).toMatchObject([{ verdict: "rollback" }]);
	});

	test("a click that this life could not store comes to the next one, and holds up no other", async () => {
		await channel.send(aCard(), ownPlace);
		let tries = 0;
		const { click } = inbox;
		inbox.click = async (one) => {
			if (one.verdict === "confirm") return click(one);
			tries += 1;
			throw new Error("The disk is full.");
		};
		wire.press(last(), { from: ana, label: "Rollback" });
		await until("it was tried", () => tries > 0);
		await pressed(last(), { from: ana, label: "Confirm" });
		await until("it was tried again", () => tries > 1, 10_000);
		await channel.stop();
		const next = make();
		onTestFinished(() => next.stop());
		const later = keptInbox();
		await next.start(later);
		await until("it came", () => later.clicks.some(({ verdict }) => verdict === "rollback"));
		expect(inbox.clicks).toMatchObject([{ verdict: "confirm" }]);
	});

	test("an answer that comes too late is told directly", async () => {
		wire.acquainted.add(ana.id);
		await channel.send(aCard(), ownPlace);
		const card = last();
		const late = telling(400, "Bad Request: query is too old and response timeout expired or query ID is invalid");
		wire.server.fail("/answerCallbackQuery", late);
		wire.press(card, { from: ana, label: "Confirm" });
		await until("it is told", () => wire.messages.length === 2);
		expect(last()).toMatchObject({ chatId: ana.id, text: clickAnswer });
	});

	test("commands and words are handed in; what people write elsewhere is not", async () => {
		wire.say("/confirm@deadman_test_bot sw_aaaaaa", { from: ana });
		wire.say("confirm sw_aaaaaa", { from: ana, thread: 77 });
		wire.say("confirm sw_bbbbbb", { from: mallory, chat: -100555 });
		wire.say("confirm sw_cccccc", { from: mallory, chat: mallory.id });
		await until("three are in", () => inbox.sayings.length === 3);
		const heard = inbox.sayings.map(({ text, actorId, place }) => [text, actorId, place.thread ?? place.person]);
		expect(new Set(heard.map((one) => JSON.stringify(one)))).toEqual(
			new Set([
				'["confirm sw_aaaaaa","4711",null]',
				'["confirm sw_aaaaaa","4711","77"]',
				'["confirm sw_cccccc","1313","1313"]',
			]),
		);
		expect(wire.calls("sendChatAction")).toEqual([]);
	});

	test("an answer to a message in a group without topics belongs to the group", async () => {
		const reply = { message_id: 9, date: 1, chat: { id: group, type: "supergroup" }, from: ana, message_thread_id: 5 };
		wire.push({ message: { ...reply, text: "confirm sw_aaaaaa" } });
		await until("it is in", () => inbox.sayings.length === 1);
		expect(inbox.sayings[0]?.place).toEqual(ownPlace);
	});
});

describe("starting and going on", () => {
	test("it starts while the API is down, and goes on when it is back", async () => {
		await wire.server.fall();
		await channel.start(inbox);
		await expect(channel.send(aCard(), ownPlace)).rejects.toMatchObject({ code: "unreachable" });
		await wire.server.raise();
		await channel.send(aCard(), ownPlace);
		await pressed(last(), { from: ana, label: "Confirm" });
		expect(inbox.clicks).toHaveLength(1);
	});

	test("a token that does not hold says so, at the start and later", async () => {
		const wrong = telegramChannel({ apiUrl: wire.url, token: "1:wrong", log });
		await expect(wrong.start(inbox)).rejects.toMatchObject({ code: "revoked" });
		await channel.start(inbox);
		wire.revoke();
		await expect(channel.send(aCard(), ownPlace)).rejects.toMatchObject({ code: "revoked" });
		await until("it is told", () => inbox.refusals.length > 0, 5_000);
		expect(inbox.refusals).toEqual(["polling_refused"]);
		expect(log.lines.join()).not.toContain(wire.token);
	});

	test("where a webhook takes the updates, polling does not pretend to work", async () => {
		wire.server.fail("/getWebhookInfo", { body: { ok: true, result: { url: "https://bot.example/hook" } } });
		await expect(channel.start(inbox)).rejects.toMatchObject({
			code: "refused",
			message: expect.stringContaining("webhook"),
		});
		await channel.start(inbox);
		expect(wire.calls("deleteWebhook")).toEqual([]);
	});

	test("another bot that polls with the same token is told once, and over when it has gone", async () => {
		await channel.start(inbox);
		const words = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
		const fired = wire.server.fail("/getUpdates", telling(409, words), 2);
		wire.say("wakes the poll", { from: ana });
		await until("it was turned away twice", () => fired() === 2, 10_000);
		wire.say("confirm sw_aaaaaa", { from: ana });
		await until("it hears again", () => inbox.sayings.some(({ text }) => text.includes("sw_aaaaaa")), 10_000);
		expect(inbox.refusals).toEqual(["polling_refused"]);
	});

	test("nothing is read from the environment", async () => {
		const own = { TELEGRAM_BOT_TOKEN: "2:other", TELEGRAM_ALLOWED_USER_IDS: "1", TELEGRAM_BOT_USERNAME: "other" };
		const more = { TELEGRAM_API_BASE_URL: "http://127.0.0.1:9", TELEGRAM_WEBHOOK_SECRET_TOKEN: "other" };
		const before = { ...process.env };
		Object.assign(process.env, own, more, { TELEGRAM_ALLOW_UNVERIFIED_WEBHOOKS: "true" });
		try {
			await channel.start(inbox);
		} finally {
			for (const key of Object.keys(process.env)) if (!(key in before)) delete process.env[key];
		}
		await channel.send(aCard(approval), ownPlace);
		await pressed(last(), { from: mallory, label: "Reject" });
		expect(inbox.clicks).toMatchObject([{ actorId: "1313", nonce: nonces.of("sw_aaaaaa", 1) }]);
	});

	test("a storm of 429 to the polls makes no busy loop, and a stop ends it", async () => {
		await channel.start(inbox);
		const storm = telling(429, "Too Many Requests: retry after 30", { retry_after: 30 });
		const fired = wire.server.fail("/getUpdates", storm, 1_000);
		wire.say("wakes the poll", { from: ana });
		await until("the storm began", () => fired() > 0);
		await new Promise((resolve) => {
			setTimeout(resolve, 1_500);
		});
		expect(fired()).toBe(1);
		const began = performance.now();
		await channel.stop();
		expect(performance.now() - began).toBeLessThan(8_000);
	});
});
