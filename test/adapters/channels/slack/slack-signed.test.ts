// Slack's signed posts: what is genuine counts, everything else is refused in words and decides nothing.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ownPlace } from "../../../../src/core/place.js";
import { aCard, approval, type KeptInbox, keptInbox, wordsAnswer } from "../../../contracts/mail/delivery.contract.js";
import { until } from "../../../support/until.js";
import { rateLimited, type SlackMessage, type Wrong } from "../../../support/wire/slack.js";
import { openSlack, type SlackUnderTest } from "../../../support/wire/slack-channel.js";

const user = "U0OWNER01";
const nowSeconds = () => Math.floor(Date.now() / 1_000);

let one: SlackUnderTest;
let inbox: KeptInbox;
let message: SlackMessage;

beforeEach(async () => {
	one = await openSlack({ mode: "webhook", conversations: ["C0OTHER01"] });
	inbox = keptInbox();
	await one.delivery.start(inbox);
	await one.delivery.send(aCard(), ownPlace);
	message = one.wire.messages[0] as SlackMessage;
});
afterEach(() => one.cleanUp());

const press = (more: object = {}) => one.wire.pressed(message, { user, label: "Confirm", ...more });
const header = (name: string, value: string) => async () => {
	const { body, headers } = one.wire.signed(await press());
	return one.receive({ body, headers: { ...headers, [name]: value } });
};
const signed = (wrong: Wrong) => async () => one.receive(one.wire.signed(await press(), wrong));

describe("a request that is not Slack's", () => {
	const { body: altered } = { body: "payload=%7B%22type%22%3A%22block_actions%22%7D" };
	const cases: Readonly<Record<string, readonly [() => ReturnType<SlackUnderTest["receive"]>, string]>> = {
		"another secret": [signed({ secret: "another" }), "bad_signature"],
		"no hexadecimal signature": [signed({ signature: "v0=zz" }), "bad_signature"],
		"a short signature": [signed({ signature: "v0=00" }), "bad_signature"],
		"another version": [signed({ signature: `v1=${"0".repeat(64)}` }), "bad_signature"],
		"an old timestamp": [signed({ timestamp: nowSeconds() - 301 }), "old_timestamp"],
		"a timestamp of the future": [signed({ timestamp: nowSeconds() + 400 }), "old_timestamp"],
		"another timestamp than the signed one": [
			header("x-slack-request-timestamp", String(nowSeconds() - 1)),
			"bad_signature",
		],
		"no number as timestamp": [header("x-slack-request-timestamp", "NaN"), "bad_signature"],
		"a tampered body": [async () => one.receive({ ...one.wire.signed(await press()), body: altered }), "bad_signature"],
		"no headers": [async () => one.receive({ body: altered, headers: {} }), "bad_signature"],
		"the socket's header": [header("x-slack-socket-token", "guess"), "bad_signature"],
	};
	it.each(Object.keys(cases))("is refused: %s", async (name) => {
		const [send, code] = cases[name] ?? [];
		expect(await send?.()).toMatchObject({ status: 401, forged: true });
		expect(inbox.refusals).toEqual([code]);
		expect([inbox.clicks, inbox.sayings, one.wire.told]).toEqual([[], [], []]);
	});
});

describe("a phrase", () => {
	const ask = async () => {
		await one.delivery.send(aCard(approval), { conversation: null, thread: "1763700000.000001", person: null });
		const asking = one.wire.messages.at(-1) as SlackMessage;
		const press = await one.wire.pressed(asking, { user, label: "Approve" });
		expect((await one.receive(one.wire.signed(press))).status).toBe(200);
	};

	it("is asked for in a form, and nothing is decided by opening it", async () => {
		await ask();
		expect(one.wire.calls("views.open")).toMatchObject([
			{ view: { type: "modal", title: { text: "Approve sw_aaaaaa" } } },
		]);
		expect([inbox.clicks, inbox.sayings, inbox.refusals]).toEqual([[], [], []]);
	});

	it("that was typed arrives as words of the person, once", async () => {
		await ask();
		const sent = one.wire.signed(await one.wire.submitted(user, "host sw_aaaaaa"));
		for (const _ of [1, 2]) expect(await one.receive(sent)).toMatchObject({ status: 200, body: "" });
		const place = { conversation: null, thread: "1763700000.000001", person: null };
		expect(inbox.sayings).toEqual([{ text: "host sw_aaaaaa", actorId: user, place, eventId: expect.any(String) }]);
		await until("it is answered", () => one.wire.text(one.wire.messages.at(-1) as SlackMessage) === wordsAnswer);
	});

	it.each(["", "yes", "host sw_bbbbbb"])("that is another stays in the form: %j", async (words) => {
		await ask();
		const reply = await one.receive(one.wire.signed(await one.wire.submitted(user, words)));
		expect(JSON.parse(String(reply.body))).toMatchObject({ response_action: "errors" });
		expect(inbox.sayings).toEqual([]);
	});

	it("that cannot be stored stays in the form", async () => {
		await one.delivery.stop();
		await one.delivery.start({ ...keptInbox(), say: () => Promise.reject(new Error("The disk is full.")) });
		await ask();
		expect((await one.receive(one.wire.signed(await one.wire.submitted(user, "host sw_aaaaaa")))).status).toBe(500);
	});

	it("is not asked for where the form does not open", async () => {
		one.wire.server.fail("views.open", { body: { ok: false, error: "expired_trigger_id" } });
		await one.delivery.send(aCard(approval), ownPlace);
		const press = await one.wire.pressed(one.wire.messages.at(-1) as SlackMessage, { user, label: "Approve" });
		expect((await one.receive(one.wire.signed(press))).status).toBe(500);
		expect(inbox.refusals).toEqual(["form_failed"]);
	});
});

describe("a genuine request", () => {
	it("is one click, however often it is replayed", async () => {
		const request = one.wire.signed(await press());
		const replies = await Promise.all([one.receive(request), one.receive(request)]);
		replies.push(await one.receive(request));
		expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
		expect(inbox.clicks).toHaveLength(1);
		expect(inbox.clicks[0]).toMatchObject({ actorId: user, verdict: "confirm", receipt: message.ts });
		expect(inbox.clicks[0]?.eventId).toEqual(expect.any(String));
	});

	it("of another press is another click", async () => {
		for (const _ of [1, 2]) expect((await one.receive(one.wire.signed(await press()))).status).toBe(200);
		expect(new Set(inbox.clicks.map(({ eventId }) => eventId)).size).toBe(2);
	});

	it("that asks for the address is answered", async () => {
		const reply = await one.receive(one.wire.signed({ type: "url_verification", challenge: "3eZb" }, { json: true }));
		expect([reply.status, JSON.parse(Buffer.from(reply.body).toString())]).toEqual([200, { challenge: "3eZb" }]);
	});

	it.each([
		["an unknown action", { action: "drop_tables" }, "click_malformed"],
		["a value that was changed", { value: "sw_aaaaaa.1.short" }, "click_malformed"],
		["a value with a line end", { value: "sw_aaaaaa.1.0123456789abcdef\n" }, "click_malformed"],
		["no value", { value: "" }, "click_malformed"],
		["a conversation that is none of ours", { channel: "C0FOREIGN" }, "conversation_foreign"],
	])("with %s decides nothing, and the person is told", async (_, change, code) => {
		expect((await one.receive(one.wire.signed(await press(change)))).status).toBe(200);
		expect([inbox.refusals, inbox.clicks]).toEqual([[code], []]);
		await until("the person is told", () => one.wire.told.length > 0 || one.wire.messages.length > 1);
		const told = [
			...one.wire.told.map(({ text }) => text),
			...one.wire.messages.slice(1).map((each) => one.wire.text(each)),
		];
		expect(told.join()).toContain("Nothing was decided.");
	});

	it.each([
		["no JSON", "payload=%7B", 400],
		["no payload", "nothing=here", 400],
		["an unknown type", `payload=${encodeURIComponent('{"type":"shortcut"}')}`, 200],
		[
			"no actions",
			`payload=${encodeURIComponent('{"type":"block_actions","user":{"id":"U1"},"channel":{"id":"C0CHANNEL"}}')}`,
			500,
		],
	])("with %s changes nothing", async (_, body, status) => {
		const { headers } = await resigned(body);
		expect((await one.receive({ body, headers })).status).toBe(status);
		expect(inbox.clicks).toEqual([]);
		expect((await one.receive(one.wire.signed(await press()))).status).toBe(200);
		expect(inbox.clicks).toHaveLength(1);
	});

	async function resigned(body: string) {
		const { createHmac } = await import("node:crypto");
		const at = String(nowSeconds());
		const signature = createHmac("sha256", one.wire.signingSecret).update(`v0:${at}:${body}`).digest("hex");
		const type = "application/x-www-form-urlencoded";
		return {
			headers: { "content-type": type, "x-slack-request-timestamp": at, "x-slack-signature": `v0=${signature}` },
		};
	}

	it("in one of the other conversations carries its place", async () => {
		await one.delivery.send(aCard(), { conversation: "C0OTHER01", thread: "1763700000.000001", person: null });
		const other = one.wire.messages.at(-1) as SlackMessage;
		await one.receive(one.wire.signed(await one.wire.pressed(other, { user, label: "Rollback" })));
		expect(inbox.clicks[0]?.place).toEqual({ conversation: "C0OTHER01", thread: "1763700000.000001", person: null });
		await until("the person is told", () => one.wire.told.length === 1);
		expect(one.wire.calls("chat.postEphemeral")[0]).toMatchObject({
			channel: "C0OTHER01",
			thread_ts: "1763700000.000001",
		});
	});

	it("that cannot be stored is sent again by Slack", async () => {
		const broken = { ...keptInbox(), click: () => Promise.reject(new Error("The disk is full.")) };
		await one.delivery.stop();
		await one.delivery.start(broken);
		const request = one.wire.signed(await press());
		expect((await one.receive(request)).status).toBe(503);
		await one.delivery.stop();
		await one.delivery.start(inbox);
		expect((await one.receive(request)).status).toBe(200);
		expect(inbox.clicks).toHaveLength(1);
	});

	it("of words that could not be stored are heard when Slack sends them again", async () => {
		await one.delivery.stop();
		await one.delivery.start({ ...keptInbox(), say: () => Promise.reject(new Error("The disk is full.")) });
		const { body, headers } = one.wire.signed(await one.wire.said("host sw_aaaaaa", { user }), { json: true });
		expect((await one.receive({ body, headers })).status).toBe(503);
		await one.delivery.stop();
		await one.delivery.start(inbox);
		expect((await one.receive({ body, headers: { ...headers, "x-slack-retry-num": "1" } })).status).toBe(200);
		expect(inbox.sayings).toHaveLength(1);
	});

	it("is told to come again while the channel is closed", async () => {
		await one.delivery.stop();
		expect((await one.receive(one.wire.signed(await press()))).status).toBe(503);
		expect(inbox.clicks).toEqual([]);
	});
});

describe("the person who pressed", () => {
	it("is told by the address in the press, where the bot is no member", async () => {
		one.wire.outside.add(user);
		await one.receive(one.wire.signed(await press()));
		await until("the person is told", () => one.wire.told.length > 0);
		expect(one.wire.told).toMatchObject([{ user, via: "response_url", text: expect.stringContaining("Taken") }]);
	});

	it("is not told at an address that is not Slack's", async () => {
		one.wire.outside.add(user);
		const payload = await press();
		payload.response_url = "http://169.254.169.254/latest";
		await one.receive(one.wire.signed(payload));
		await until(
			"it gave up",
			() => one.log.lines.some((line) => line.startsWith("chat.answer_not_shown")) || one.wire.messages.length > 1,
		);
		expect(one.wire.told).toEqual([]);
		expect(inbox.clicks).toHaveLength(1);
	});

	it("has decided, also when nothing can be said", async () => {
		one.wire.server.fail("/", rateLimited(30), 100);
		expect((await one.receive(one.wire.signed(await press()))).status).toBe(200);
		expect(inbox.clicks).toHaveLength(1);
		await until("it is logged", () => one.log.lines.some((line) => line.startsWith("chat.answer_not_shown")));
		expect(one.wire.calls("chat.postEphemeral")).toEqual([]);
	});
});
