// The Telegram channel over a Bot API that somebody else wrote: a card, a press by a stranger and one by the right person, and the edit.
import { afterEach, beforeEach, expect, test } from "vitest";
import { ownPlace } from "../../../../src/core/place.js";
import type { Delivery } from "../../../../src/ports/ports.js";
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
import { group } from "../../../support/wire/telegram.js";
import { keptLog, telegramChannel } from "../../../support/wire/telegram-channel.js";
import { serveThirdParty, type ThirdParty } from "../../../support/wire/telegram-third-party.js";

const ana = { id: 4711, first_name: "Ana", username: "ana" };
const mallory = { id: 1313, first_name: "Mallory" };

let api: ThirdParty;
let channel: Delivery;
let inbox: KeptInbox;

beforeEach(async () => {
	api = await serveThirdParty();
	channel = telegramChannel({ apiUrl: api.url, token: api.token, log: keptLog() });
	inbox = keptInbox();
	await channel.start(inbox);
});

afterEach(async () => {
	await channel.stop();
	await api.close();
});

const idOf = (receipt: string) => Number(receipt.split(":")[1]);

test("a card, presses by two people, and the outcome in its place", async () => {
	const receipt = await channel.send(aCard(), ownPlace);
	const [sent] = api.stored();
	expect(sent?.message).toMatchObject({ chat_id: String(group), link_preview_options: { is_disabled: true } });
	expect(sent?.message.text).toContain("Greets louder");
	for (const from of [mallory, ana]) {
		const query = await api.press(idOf(receipt), { label: "Confirm", from });
		await until("it is answered", () => api.answers.has(query));
		expect(api.answers.get(query)).toBe(clickAnswer);
	}
	expect(inbox.clicks.map(({ actorId, verdict }) => [actorId, verdict])).toEqual([
		["1313", "confirm"],
		["4711", "confirm"],
	]);
	expect(new Set(inbox.clicks.map(({ eventId }) => eventId)).size).toBe(2);
	expect(await channel.edit(receipt, aCard(outcome), ownPlace)).toBe(receipt);
	expect(api.stored()).toHaveLength(1);
	expect(api.stored()[0]?.message).toMatchObject({ reply_markup: { inline_keyboard: [] } });
	expect(api.stored()[0]?.message.text).toContain("was rolled back");
});

test("words, in the group and directly", async () => {
	await channel.send(aCard(approval), ownPlace);
	await api.say("host sw_aaaaaa", ana, group);
	await until("it is answered", () => api.stored().length === 2);
	await api.say("host sw_aaaaaa", ana, ana.id);
	await until("it is answered", () => api.stored().length === 3);
	expect(inbox.sayings.map(({ place, actorId }) => [place.person, actorId])).toEqual([
		[null, "4711"],
		["4711", "4711"],
	]);
	expect(
		api
			.stored()
			.slice(1)
			.map(({ message }) => [message.chat_id, message.text]),
	).toEqual([
		[String(group), wordsAnswer],
		["4711", wordsAnswer],
	]);
});

test("a message that is not there", async () => {
	await expect(channel.edit(`${group}:4040`, aCard(outcome), ownPlace)).rejects.toMatchObject({ code: "gone" });
});
