// Telegram's webhook: only who knows the secret is heard, a click is stored before it counts as taken, and what is repeated or odd decides
// nothing.
import { afterEach, beforeEach, expect, test } from "vitest";
import { ownPlace } from "../../../../src/core/place.js";
import type { Delivery, Received, Reply } from "../../../../src/ports/ports.js";
import { aCard, clickAnswer, type KeptInbox, keptInbox } from "../../../contracts/mail/delivery.contract.js";
import { until } from "../../../support/until.js";
import { serveTelegram, type TelegramWire } from "../../../support/wire/telegram.js";
import { type KeptLog, keptLog, telegramChannel, webhookSecret } from "../../../support/wire/telegram-channel.js";

const ana = { id: 4711, first_name: "Ana" };

let wire: TelegramWire;
let log: KeptLog;
let channel: Delivery;
let inbox: KeptInbox;
let make: () => Delivery;

beforeEach(async () => {
	wire = await serveTelegram();
	log = keptLog();
	make = () => telegramChannel({ apiUrl: wire.url, token: wire.token, log, change: { mode: "webhook" } });
	channel = make();
	inbox = keptInbox();
});
afterEach(async () => {
	await channel.stop();
	await wire.close();
});

function request(body: unknown, secret: string | null = webhookSecret): Received {
	const text = typeof body === "string" ? body : JSON.stringify(body);
	const headers = { "content-type": "application/json" };
	const signed = secret === null ? headers : { ...headers, "x-telegram-bot-api-secret-token": secret };
	return { method: "POST", url: "/v1/channels/telegram", headers: signed, body: Buffer.from(text) };
}

const post = (body: unknown, secret?: string | null, to: Delivery = channel): Promise<Reply> => {
	if (to.receive === undefined) throw new Error("It takes no requests.");
	return to.receive(request(body, secret));
};

async function aPress(): Promise<object> {
	await channel.send(aCard(), ownPlace);
	const message = wire.messages.at(-1);
	if (message === undefined) throw new Error("Nothing was sent.");
	wire.press(message, { from: ana, label: "Confirm" });
	return wire.take();
}

test("a press is stored when it counts as taken, and answered", async () => {
	await channel.start(inbox);
	expect((await post(await aPress())).status).toBe(200);
	expect(inbox.clicks).toMatchObject([{ actorId: "4711", verdict: "confirm", place: ownPlace }]);
	await until("it is answered", () => [...wire.answers.values()].some(({ text }) => text === clickAnswer));
	expect(wire.calls("getUpdates")).toEqual([]);
});

test.each([
	["none", null],
	["a wrong one", "a-secret-of-another"],
	["one of the same length", "b-secret-of-the-webhook"],
	["an empty one", ""],
])("without the secret nobody is heard: %s", async (_name, secret) => {
	await channel.start(inbox);
	expect(await post(await aPress(), secret)).toMatchObject({ status: 401, forged: true });
	expect(inbox.clicks).toEqual([]);
	expect(inbox.refusals).toEqual(["bad_signature"]);
	expect(wire.answers.size).toBe(0);
});

test.each([
	["no JSON", "{"],
	["nothing", ""],
	["a list", "[]"],
	["null", "null"],
	["no number", { callback_query: {} }],
	["a press by nobody", { update_id: 1, callback_query: { id: "1", data: "x" } }],
	["a press of an odd message", { update_id: 1, callback_query: { id: "1", from: { id: 1 }, message: { chat: 5 } } }],
	["a message without a chat", { update_id: 1, message: { message_id: 1 } }],
	["a number that is none", { update_id: "1; drop table", message: {} }],
])("what is no update is refused: %s", async (_name, body) => {
	await channel.start(inbox);
	expect((await post(body)).status).toBe(400);
	expect([inbox.clicks, inbox.sayings, inbox.refusals]).toEqual([[], [], ["malformed"]]);
});

test("the same body again, and again in the next life, is the same event", async () => {
	await channel.start(inbox);
	const body = await aPress();
	expect([(await post(body)).status, (await post(body)).status]).toEqual([200, 200]);
	expect(inbox.clicks).toHaveLength(1);
	await channel.stop();
	const next = make();
	const later = keptInbox();
	await next.start(later);
	expect((await post(body, webhookSecret, next)).status).toBe(200);
	await next.stop();
	expect(later.clicks[0]?.eventId).toBe(inbox.clicks[0]?.eventId);
	expect(later.clicks[0]?.eventId).toMatch(/^press:\d+$/);
});

test("a click that cannot be stored is not taken, so that Telegram sends it again", async () => {
	await channel.start(inbox);
	const body = await aPress();
	const { click } = inbox;
	inbox.click = async () => {
		throw new Error("The disk is full.");
	};
	expect((await post(body)).status).toBeGreaterThanOrEqual(500);
	inbox.click = click;
	expect((await post(body)).status).toBe(200);
	expect(inbox.clicks).toHaveLength(1);
});

test("before it is open, and by polling, it takes nothing", async () => {
	expect((await post({ update_id: 1 })).status).toBe(503);
	const polling = telegramChannel({ apiUrl: wire.url, token: wire.token, log });
	expect(polling.receive).toBeUndefined();
});

test("a webhook that nobody has set is told", async () => {
	await channel.start(inbox);
	expect(log.lines.join()).toContain("telegram_webhook_unset");
});
