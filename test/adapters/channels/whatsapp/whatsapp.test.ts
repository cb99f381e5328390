// WhatsApp over its wire, where things go wrong: closed windows, refusals, silence, and webhooks that are forged, old, repeated or odd.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ownPlace } from "../../../../src/core/place.js";
import type { Delivery, Reply } from "../../../../src/ports/ports.js";
import {
	aCard,
	clickAnswer,
	type KeptInbox,
	keptInbox,
	outcome,
	promotion,
} from "../../../contracts/mail/delivery.contract.js";
import { until } from "../../../support/until.js";
import type { How } from "../../../support/wire/faulty-server.js";
import { keptLog, nonces } from "../../../support/wire/telegram-channel.js";
import {
	serveWhatsapp,
	type Webhook,
	type WhatsappMessage,
	type WhatsappWire,
} from "../../../support/wire/whatsapp.js";
import { ana, mallory, receive, verifyToken, whatsappChannel } from "../../../support/wire/whatsapp-channel.js";

let wire: WhatsappWire;
let channel: Delivery;
let inbox: KeptInbox;
let make: (change?: object) => Delivery;

beforeEach(async () => {
	wire = await serveWhatsapp();
	make = (change = {}) => whatsappChannel({ wire, log: keptLog(), change });
	channel = make();
	inbox = keptInbox();
	await channel.start(inbox);
});
afterEach(async () => {
	await channel.stop();
	await wire.close();
});

const last = () => wire.messages.at(-1) as WhatsappMessage;
const post = (webhook: Webhook, to = channel): Promise<Reply> => receive(to, webhook);
const graph = (status: number, error: object): How => ({ status, body: { error } });

describe("what goes out", () => {
	test("three buttons with their values, and a fourth is refused aloud", async () => {
		await channel.send(aCard(), ownPlace);
		expect(last().buttons.map(({ title }) => title)).toEqual(["Confirm", "Rollback", "+2 min"]);
		expect(last().buttons[0]?.id).toBe(`chat:{"a":"confirm","v":"sw_aaaaaa.1.${nonces.of("sw_aaaaaa", 1)}"}`);
		await channel.send(aCard(promotion), ownPlace);
		expect(last().buttons.map(({ title }) => title)).toEqual(["Apply to template", "Keep local"]);
		const four = channel.send(aCard({ buttons: ["confirm", "rollback", "extend", "keep"] }), ownPlace);
		await expect(four).rejects.toMatchObject({ code: "refused", message: expect.stringContaining("this card has 4") });
		expect(wire.calls).toHaveLength(2);
	});

	test("what became of a card is a new message with its own receipt", async () => {
		const receipt = await channel.send(aCard(), ownPlace);
		const edited = await channel.edit(receipt, aCard(outcome), ownPlace);
		expect(edited).not.toBe(receipt);
		expect(last()).toMatchObject({ id: edited, buttons: [] });
		expect(wire.messages).toHaveLength(2);
	});

	test("the closed window is a sentence that says what to do", async () => {
		wire.silent.add(ana);
		await expect(channel.send(aCard(), ownPlace)).rejects.toMatchObject({
			code: "refused",
			message: expect.stringMatching(/131047.*24 hours.*let them write/),
		});
	});

	test.each<readonly [How, string]>([
		[graph(400, { code: 131056, message: "Pair rate limit hit" }), "rate_limited"],
		[graph(429, { code: 80007, message: "Rate limit" }), "rate_limited"],
		[graph(500, { code: 1, message: "An unknown error occurred" }), "unreachable"],
		[graph(400, { code: 131016, message: "Service unavailable" }), "unreachable"],
		[graph(400, { code: 131026, message: "Message undeliverable" }), "gone"],
		[graph(403, { code: 10, message: "Application does not have permission" }), "refused"],
		[graph(400, { code: 131030, message: "Recipient phone number not in allowed list" }), "refused"],
		[graph(401, { code: 190, message: "Access token has expired" }), "revoked"],
		["page", "unreachable"],
		["drop", "unreachable"],
		[{ status: 200, body: "<html>" }, "unreachable"],
		[{ status: 200, body: {} }, "unreachable"],
	])("%j is %s, and is not tried again", async (how, code) => {
		const fired = wire.server.fail("/messages", how, 5);
		await expect(channel.send(aCard(), ownPlace)).rejects.toMatchObject({ code });
		await expect(channel.notice("A notice.", ownPlace)).rejects.toMatchObject({ code });
		expect(fired()).toBe(2);
	});

	test("silence ends in time", async () => {
		wire.server.fail("/messages", "hang");
		const began = performance.now();
		await expect(channel.send(aCard(), ownPlace)).rejects.toMatchObject({ code: "unreachable" });
		expect(performance.now() - began).toBeLessThan(20_000);
	});

	test("nothing is read from the environment", async () => {
		const own = {
			WHATSAPP_ACCESS_TOKEN: "other",
			WHATSAPP_API_URL: "http://127.0.0.1:9",
			WHATSAPP_APP_SECRET: "other",
		};
		Object.assign(process.env, own, { WHATSAPP_PHONE_NUMBER_ID: "1", WHATSAPP_VERIFY_TOKEN: "other" });
		try {
			const other = make();
			await other.start(keptInbox());
			await other.send(aCard(), ownPlace);
			await other.stop();
		} finally {
			for (const key of Object.keys(process.env)) if (key.startsWith("WHATSAPP_")) delete process.env[key];
		}
		expect(wire.messages).toHaveLength(1);
	});
});

describe("what comes in", () => {
	beforeEach(async () => void (await channel.send(aCard(), ownPlace)));

	test("a press is stored when it is taken; its card is that of the context, its event the reply's own", async () => {
		const card = last();
		const webhook = wire.press(card, { from: ana, title: "Confirm" });
		expect((await post(webhook)).status).toBe(200);
		expect(inbox.clicks).toMatchObject([{ actorId: ana, verdict: "confirm", receipt: card.id, place: ownPlace }]);
		expect(inbox.clicks[0]?.eventId).toMatch(/^wamid\./);
		expect(inbox.clicks[0]?.eventId).not.toBe(card.id);
		await until("it is answered", () => last().text === clickAnswer);
	});

	test("a stranger is handed in as who they are, and told in their own conversation", async () => {
		await post(wire.press(last(), { from: mallory, title: "Confirm" }));
		expect(inbox.clicks).toMatchObject([{ actorId: mallory, place: { ...ownPlace, person: mallory } }]);
		await until("they are told", () => wire.messages.length === 2);
		expect(last()).toMatchObject({ to: mallory, text: clickAnswer });
	});

	test("whoever has a number now is not who had it before", async () => {
		const body = (from: string, user: string, id: string) => {
			const webhook = wire.press(last(), { from, title: "Rollback" });
			const event = JSON.parse(Buffer.from(webhook.body).toString());
			Object.assign(event.entry[0].changes[0].value.messages[0], { from_user_id: user, id });
			return wire.sign(JSON.stringify(event));
		};
		await post(body(ana, "US.111", "wamid.1"));
		await post(body(mallory, "US.111", "wamid.2"));
		await post(body(ana, "US.222", "wamid.3"));
		expect(inbox.clicks.map(({ actorId }) => actorId)).toEqual([ana, mallory, ana]);
	});

	test("words are handed in, and pictures are not", async () => {
		await post(wire.say("host sw_aaaaaa", ana));
		const picture = JSON.parse(Buffer.from(wire.say("x", ana).body).toString());
		const [message] = picture.entry[0].changes[0].value.messages;
		Object.assign(message, { type: "sticker", sticker: { id: "1", mime_type: "image/webp" } });
		expect((await post(wire.sign(JSON.stringify(picture)))).status).toBe(200);
		expect(inbox.sayings.filter(({ text }) => text.includes("sw_"))).toMatchObject([{ actorId: ana, place: ownPlace }]);
		expect(inbox.clicks).toEqual([]);
	});

	test.each([
		["no signature", (one: Webhook) => ({ ...one, headers: {} })],
		["another secret", (one: Webhook) => wire.sign(Buffer.from(one.body).toString(), "another")],
		["a tampered body", (one: Webhook) => ({ ...one, body: Buffer.from(one.body).fill("x", 50, 51) })],
		["a body with an end", (one: Webhook) => ({ ...one, body: Buffer.concat([one.body, Buffer.from(" ")]) })],
		["sha1", (one: Webhook) => ({ ...one, headers: { "x-hub-signature-256": "sha1=0000" } })],
	])("is not heard: %s", async (_name, forge) => {
		const forged = forge(wire.press(last(), { from: ana, title: "Confirm" })) as Webhook;
		expect(await post(forged)).toMatchObject({ status: 401, forged: true });
		expect([inbox.clicks, inbox.refusals]).toEqual([[], ["bad_signature"]]);
		expect(wire.messages).toHaveLength(1);
	});

	test.each([
		["no JSON", "{"],
		["nothing", ""],
		["null", "null"],
		["no entry", "{}"],
		["entries that are none", '{"entry":[1]}'],
		["no metadata", '{"entry":[{"changes":[{"field":"messages","value":{"messages":[]}}]}]}'],
		[
			"a message without an id",
			'{"entry":[{"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"1"},"messages":[{}]}}]}]}',
		],
	])("signed, and no event: %s", async (_name, body) => {
		expect((await post(wire.sign(body))).status).toBe(400);
		expect([inbox.clicks, inbox.refusals]).toEqual([[], ["malformed"]]);
	});

	test.each([
		["an unknown action", 'chat:{"a":"explode","v":"sw_aaaaaa.1.0123456789abcdef"}'],
		["another bot's", "menu_1"],
		["no JSON", "chat:{"],
		["no value", 'chat:{"a":"confirm"}'],
		["nothing", ""],
	])("a press that is none of ours decides nothing, and is told so: %s", async (_name, id) => {
		expect((await post(wire.press(last(), { from: ana, id }))).status).toBe(200);
		await until("it is told", () => last().text.includes("Nothing was decided"));
		expect([inbox.clicks, inbox.refusals]).toEqual([[], ["click_malformed"]]);
	});

	test("a press for another number of the same business", async () => {
		await post(wire.press(last(), { from: ana, title: "Confirm", phoneNumberId: "999" }));
		expect([inbox.clicks, inbox.refusals]).toEqual([[], ["conversation_foreign"]]);
	});

	test("an old one is taken and not handed on; the same one again is the same event", async () => {
		const dayAgo = Math.floor(Date.now() / 1_000) - 25 * 3_600;
		expect((await post(wire.press(last(), { from: ana, title: "Confirm", timestamp: dayAgo }))).status).toBe(200);
		expect([inbox.clicks, inbox.refusals]).toEqual([[], ["old_event"]]);
		const webhook = wire.press(last(), { from: ana, title: "Confirm" });
		await post(webhook);
		await post(webhook);
		expect(inbox.clicks).toHaveLength(1);
		await channel.stop();
		const next = make();
		const later = keptInbox();
		await next.start(later);
		await post(webhook, next);
		await next.stop();
		expect(later.clicks[0]?.eventId).toBe(inbox.clicks[0]?.eventId);
	});

	test("a click that cannot be stored is not taken, so that Meta sends it again", async () => {
		const webhook = wire.press(last(), { from: ana, title: "Confirm" });
		const { click } = inbox;
		inbox.click = async () => {
			throw new Error("The disk is full.");
		};
		expect((await post(webhook)).status).toBe(503);
		inbox.click = click;
		expect((await post(webhook)).status).toBe(200);
		expect(inbox.clicks).toHaveLength(1);
	});

	test("what was taken and not delivered is told", async () => {
		const details: string[] = [];
		inbox.refused = ({ code, detail }) => void details.push(`${code}: ${detail}`);
		expect((await post(wire.failed(last(), 131047, "Re-engagement message"))).status).toBe(200);
		expect(details).toEqual([expect.stringMatching(/^undelivered: .*131047.*let them write/)]);
	});

	test("the handshake answers with the challenge, and only to who knows the token", async () => {
		const ask = (token: string) =>
			`/v1/channels/whatsapp?hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=1158201444`;
		const hello = (url: string) => receive(channel, { method: "GET", url, headers: {}, body: new Uint8Array() });
		const { status, body } = await hello(ask(verifyToken));
		expect([status, Buffer.from(body).toString()]).toEqual([200, "1158201444"]);
		expect(await hello(ask("wrong"))).toMatchObject({ status: 403, forged: true });
		expect(await hello("/v1/channels/whatsapp")).toMatchObject({ status: 403, forged: true });
		expect(inbox.refusals).toEqual(["bad_signature", "bad_signature"]);
	});
});
