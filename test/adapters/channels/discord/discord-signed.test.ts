// Discord's signed interactions: what is genuine counts, everything else is refused in words and decides nothing.
import { generateKeyPairSync } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ownPlace } from "../../../../src/core/place.js";
import {
	aCard,
	approval,
	clickAnswer,
	type KeptInbox,
	keptInbox,
	wordsAnswer,
} from "../../../contracts/mail/delivery.contract.js";
import { until } from "../../../support/until.js";
import { type DiscordMessage, thread, type Wrong } from "../../../support/wire/discord.js";
import { type DiscordUnderTest, openDiscord } from "../../../support/wire/discord-channel.js";

const user = "53908232506183680";
const nowSeconds = () => Math.floor(Date.now() / 1_000);

let one: DiscordUnderTest;
let inbox: KeptInbox;
let message: DiscordMessage;

beforeEach(async () => {
	one = await openDiscord({ mode: "interactions" });
	inbox = keptInbox();
	await one.delivery.start(inbox);
	await one.delivery.send(aCard(), ownPlace);
	message = one.wire.messages[0] as DiscordMessage;
});
afterEach(() => one.cleanUp());

const press = (more: object = {}) => one.wire.pressed(message, { user, label: "Confirm", ...more });
const header = (name: string, value: string) => async () => {
	const { body, headers } = one.wire.signed(await press());
	return one.receive({ body, headers: { ...headers, [name]: value } });
};
const signed = (wrong: Wrong) => async () => one.receive(one.wire.signed(await press(), wrong));
const bodyOf = (reply: { readonly body: Uint8Array | string }) =>
	JSON.parse(Buffer.from(reply.body as string).toString());

describe("a request that is not Discord's", () => {
	const cases: Readonly<Record<string, readonly [() => ReturnType<DiscordUnderTest["receive"]>, string]>> = {
		"another key": [signed({ key: generateKeyPairSync("ed25519").privateKey }), "bad_signature"],
		"no hexadecimal signature": [signed({ signature: "zz" }), "bad_signature"],
		"a signature of zeros": [signed({ signature: "0".repeat(128) }), "bad_signature"],
		"an old timestamp": [signed({ timestamp: nowSeconds() - 301 }), "old_timestamp"],
		"a timestamp of the future": [signed({ timestamp: nowSeconds() + 400 }), "old_timestamp"],
		"another timestamp than the signed one": [
			header("x-signature-timestamp", String(nowSeconds() - 1)),
			"bad_signature",
		],
		"no number as timestamp": [header("x-signature-timestamp", "NaN"), "bad_signature"],
		"a tampered body": [
			async () =>
				one.receive({ ...one.wire.signed(await press()), body: JSON.stringify(await press({ label: "Rollback" })) }),
			"bad_signature",
		],
		"no headers": [async () => one.receive({ body: '{"type":1}', headers: {} }), "bad_signature"],
		"the gateway's header, even with the token": [
			header("x-discord-gateway-token", "discord-test-token"),
			"bad_signature",
		],
		"our own header": [
			async () => one.receive({ body: JSON.stringify(await press()), headers: { "x-deadman-gateway": "guess" } }),
			"bad_signature",
		],
	};
	it.each(Object.keys(cases))("is refused: %s", async (name) => {
		const [send, code] = cases[name] ?? [];
		expect(await send?.()).toMatchObject({ status: 401, forged: true });
		expect(inbox.refusals).toEqual([code]);
		expect([inbox.clicks, inbox.sayings]).toEqual([[], []]);
	});
});

describe("a phrase", () => {
	const ask = async () => {
		await one.delivery.send(aCard(approval), ownPlace);
		const asking = one.wire.messages.at(-1) as DiscordMessage;
		const payload = await one.wire.pressed(asking, { user, label: "Approve" });
		return { payload, form: bodyOf(await one.receive(one.wire.signed(payload))) };
	};

	it("is asked for in a form, and nothing is decided by opening it", async () => {
		const { form } = await ask();
		expect(form).toMatchObject({ type: 9, data: { title: "Approve sw_aaaaaa" } });
		expect([inbox.clicks, inbox.sayings, inbox.refusals]).toEqual([[], [], []]);
	});

	it("that was typed arrives as words of the person, once", async () => {
		const { payload, form } = await ask();
		const sent = one.wire.signed(one.wire.submitted(payload, form, "host sw_aaaaaa"));
		for (const _ of [1, 2]) {
			expect(bodyOf(await one.receive(sent))).toMatchObject({
				type: 4,
				data: { flags: 64, content: expect.stringContaining("Handed in"), allowed_mentions: { parse: [] } },
			});
		}
		expect(inbox.sayings).toEqual([
			{ text: "host sw_aaaaaa", actorId: user, place: ownPlace, eventId: expect.any(String) },
		]);
		await until("it is answered", () => one.wire.text(one.wire.messages.at(-1) as DiscordMessage) === wordsAnswer);
	});

	it.each(["", "yes", "host sw_bbbbbb"])("that is another is not handed in: %j", async (words) => {
		const { payload, form } = await ask();
		const reply = bodyOf(await one.receive(one.wire.signed(one.wire.submitted(payload, form, words))));
		expect(reply).toMatchObject({ type: 4, data: { content: expect.stringContaining("Nothing was decided") } });
		expect(inbox.sayings).toEqual([]);
	});
});

describe("a genuine request", () => {
	it("that asks whether we are there is answered", async () => {
		const reply = await one.receive(one.wire.signed({ type: 1, id: "1", application_id: "2", token: "t", version: 1 }));
		expect([reply.status, bodyOf(reply)]).toEqual([200, { type: 1 }]);
		expect(inbox.refusals).toEqual([]);
	});

	it("is one click, however often it is replayed", async () => {
		const request = one.wire.signed(await press());
		const replies = await Promise.all([one.receive(request), one.receive(request)]);
		replies.push(await one.receive(request));
		expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
		expect(inbox.clicks).toHaveLength(1);
		expect(inbox.clicks[0]).toMatchObject({ actorId: user, verdict: "confirm", receipt: message.id });
	});

	it("is answered to the person alone, after the response has taken the spinner away", async () => {
		const payload = await press();
		const reply = await one.receive(one.wire.signed(payload));
		expect(bodyOf(reply)).toEqual({ type: 6 });
		expect(one.wire.told(payload.token)).toEqual([]);
		one.wire.responded(payload.token, 6);
		await until("the person is told", () => one.wire.told(payload.token).length > 0, 5_000);
		expect(one.wire.told(payload.token)).toEqual([{ text: clickAnswer, ephemeral: true, via: "followup" }]);
	});

	it("in a thread carries its place", async () => {
		await one.delivery.send(aCard(), { conversation: null, thread, person: null });
		const other = one.wire.messages.at(-1) as DiscordMessage;
		await one.press(other, { user, verdict: "rollback" });
		expect(inbox.clicks[0]?.place).toEqual({ conversation: null, thread, person: null });
	});

	it.each([
		["an unknown action", { customId: "drop_tables\nsw_aaaaaa.1.0123456789abcdef" }, "click_malformed"],
		["a value that was changed", { customId: "confirm\nsw_aaaaaa.1.short" }, "click_malformed"],
		["a value with a second part", { customId: "confirm\nsw_aaaaaa.1.0123456789abcdef\nx" }, "click_malformed"],
		["no value", { customId: "confirm" }, "click_malformed"],
		["a conversation that is none of ours", { channel: "345626669114982499" }, "conversation_foreign"],
	])("with %s decides nothing, and the person is told", async (_, change, code) => {
		const payload = await press(change);
		await one.arrive("INTERACTION_CREATE", payload);
		expect([inbox.refusals, inbox.clicks]).toEqual([[code], []]);
		await until("the person is told", () => one.wire.told(payload.token).length > 0, 5_000);
		expect(one.wire.told(payload.token)[0]).toMatchObject({
			ephemeral: true,
			text: expect.stringContaining("Nothing was decided."),
		});
	});

	it.each([
		["a command", { type: 2, data: { name: "confirm", type: 1 } }],
		["a form", { type: 5, data: { custom_id: "x" } }],
	])("of %s is answered without a spinner, and decides nothing", async (_, change) => {
		const reply = await one.receive(one.wire.signed({ ...(await press()), ...change }));
		expect(bodyOf(reply)).toMatchObject({ type: 4, data: { flags: 64, allowed_mentions: { parse: [] } } });
		expect([inbox.clicks, inbox.refusals]).toEqual([[], ["interaction_unknown"]]);
	});

	it.each(["null", "[]", '"x"', "{}", '{"type":3}', '{"type":3,"data":{}}'])(
		"that makes no sense changes nothing: %s",
		async (text) => {
			const reply = await one.receive(one.wire.signed(JSON.parse(text)));
			expect(reply.status).toBeGreaterThanOrEqual(200);
			expect(inbox.clicks).toEqual([]);
			await one.press(message, { user, verdict: "confirm" });
			expect(inbox.clicks).toHaveLength(1);
		},
	);

	it("that cannot be stored is not acknowledged", async () => {
		await one.delivery.stop();
		await one.delivery.start({ ...keptInbox(), click: () => Promise.reject(new Error("The disk is full.")) });
		expect((await one.receive(one.wire.signed(await press()))).status).toBe(503);
	});
});
