// The recorded wire of Telegram: documented updates are read, documented refusals understood, and what we send is what was captured.
import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { failureFrom } from "../../../../src/adapters/channels/telegram/telegram-failure.js";
import { ownPlace } from "../../../../src/core/place.js";
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
import { recorded } from "../../../support/wire/recorded.js";
import { group, serveTelegram, type TelegramWire } from "../../../support/wire/telegram.js";
import { keptLog, telegramChannel } from "../../../support/wire/telegram-channel.js";
import { serveThirdParty } from "../../../support/wire/telegram-third-party.js";

const folderUrl = new URL("../../../../fixtures/wire/telegram/", import.meta.url);
const documented = async (name: string) => JSON.parse(await readFile(new URL(`${name}.json`, folderUrl), "utf8"));
const ana = { id: 1111111, first_name: "Ana" };

let wire: TelegramWire;
let channel: Delivery;
let inbox: KeptInbox;

beforeEach(async () => {
	wire = await serveTelegram();
	channel = telegramChannel({ apiUrl: wire.url, token: wire.token, log: keptLog() });
	inbox = keptInbox();
	await channel.start(inbox);
});
afterEach(async () => {
	await channel.stop();
	await wire.close();
});

test.each([
	[
		"update_callback_query",
		{ verdict: "confirm", actorId: "1111111", nonce: "0123456789abcdef", receipt: `${group}:1366` },
	],
	["update_callback_query_inaccessible", { verdict: "rollback", actorId: "1111111", receipt: `${group}:12` }],
])("%s is a click", async (name, click) => {
	wire.push(await documented(name));
	await until("it is in", () => inbox.clicks.length === 1);
	expect(inbox.clicks[0]).toMatchObject({ swapId: "sw_aaaaaa", epoch: 1, place: ownPlace, ...click });
	expect(inbox.clicks[0]?.eventId).toMatch(/^press:4382bfdwdsb323b2d/);
	await until("it is answered", () => wire.calls("answerCallbackQuery").length === 1);
	expect(wire.calls("answerCallbackQuery")[0]).toMatchObject({ text: clickAnswer });
});

test("update_callback_query_inline is refused, and answered", async () => {
	wire.push(await documented("update_callback_query_inline"));
	await until("it is answered", () => wire.calls("answerCallbackQuery").length === 1);
	expect([inbox.clicks, inbox.refusals]).toEqual([[], ["click_malformed"]]);
});

test("update_message is words", async () => {
	wire.push(await documented("update_message"));
	await until("it is in", () => inbox.sayings.length === 1);
	expect(inbox.sayings[0]).toMatchObject({
		text: "confirm sw_aaaaaa",
		actorId: "1111111",
		place: { ...ownPlace, person: "1111111" },
		eventId: "message:1111111:1365",
	});
});

test("errors are what the outbox can act on", async () => {
	const errors: { error_code: number }[] = await documented("errors");
	const codes = errors.map((body) => failureFrom("sendMessage", body.error_code, body).code);
	expect(codes).toEqual([
		"rate_limited",
		"revoked",
		"gone",
		"refused",
		"gone",
		"gone",
		"refused",
		"refused",
		"unreachable",
	]);
	expect(failureFrom("sendMessage", 429, errors[0]).retryAfterMs).toBe(5_000);
});

test("what we send is what was captured", async () => {
	const receipt = await channel.send(aCard(), ownPlace);
	await channel.edit(receipt, aCard(outcome), ownPlace);
	await channel.send(aCard(approval), { ...ownPlace, thread: "77" });
	await channel.notice("Proposed by `builder:a`.\n```\n-old @ana\n+new\n```", ownPlace);
	const [message] = wire.messages;
	if (message === undefined) throw new Error("Nothing was sent.");
	const query = wire.press(message, { from: ana, data: 'chat:{"a":"confirm","v":"sw_aaaaaa.1.0123456789abcdef"}' });
	await until("it is answered", () => wire.answers.has(query));
	const methods = ["getWebhookInfo", "getMe", "getUpdates", "sendMessage", "editMessageText", "answerCallbackQuery"];
	const requests = methods.flatMap((method) => {
		const calls = wire.calls(method);
		return (method === "getUpdates" ? calls.slice(0, 1) : calls).map((body) => ({ method, body }));
	});
	expect(requests).toEqual(await recorded("wire/telegram/requests.json", requests));
});

test("what the package telegram-test-api hands out is what was captured", async () => {
	const api = await serveThirdParty();
	const call = async (method: string, body: object) => {
		const headers = { "content-type": "application/json" };
		const url = `${api.url}/bot${api.token}/${method}`;
		const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
		return response.json() as Promise<{ result: { message_id: number } }>;
	};
	const buttons = [[{ text: "Confirm", callback_data: "x" }]];
	const sent = await call("sendMessage", { chat_id: group, text: "Hello", reply_markup: { inline_keyboard: buttons } });
	await api.press(sent.result.message_id, { label: "Confirm", from: ana });
	await api.say("confirm sw_aaaaaa", ana, group);
	const updates = await call("getUpdates", { timeout: 1 });
	await api.close();
	const timeless = JSON.parse(JSON.stringify({ sent, updates }).replace(/"date":\d+/g, '"date":0'));
	expect(timeless).toEqual(await recorded("wire/telegram/third_party.json", timeless));
});
