// What every kind of card looks like on Telegram, as it goes over the wire: compared with a fixture, and looked at by the rules of the Bot API.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ownPlace } from "../../../../src/core/place.js";
import type { Card } from "../../../../src/core/words/card.js";
import type { Delivery } from "../../../../src/ports/ports.js";
import { keptInbox } from "../../../contracts/mail/delivery.contract.js";
import {
	approvalSaying,
	cardSaying,
	everyCard,
	hostileSummaries,
	hugeSummary,
} from "../../../support/wire/every-card.js";
import { recorded } from "../../../support/wire/recorded.js";
import { serveTelegram, type TelegramMessage, type TelegramWire } from "../../../support/wire/telegram.js";
import { keptLog, telegramChannel } from "../../../support/wire/telegram-channel.js";

const everything = hostileSummaries.at(-1) ?? "";

let wire: TelegramWire;
let channel: Delivery;

beforeAll(async () => {
	wire = await serveTelegram();
	channel = telegramChannel({ apiUrl: wire.url, token: wire.token, log: keptLog() });
	await channel.start(keptInbox());
});
afterAll(async () => {
	await channel.stop();
	await wire.close();
});

async function sent(card: Card): Promise<TelegramMessage> {
	await channel.send(card, ownPlace);
	return wire.messages.at(-1) as TelegramMessage;
}

const acting = ({ entities }: TelegramMessage) =>
	entities.map(({ type }) => type).filter((type) => !["bold", "code", "pre"].includes(type));

test("every kind of card", async () => {
	const cards: Record<string, Card> = {
		...everyCard,
		"asks for approval, with text that wants to act": approvalSaying(everything),
		"on trial, with text that wants to act": cardSaying(everything),
	};
	const shown: Record<string, object> = {};
	for (const [name, card] of Object.entries(cards)) {
		const message = await sent(card);
		expect(acting(message)).toEqual([]);
		shown[name] = {
			lines: message.text.split("\n"),
			marked: message.entities.map(
				({ type, offset, length }) => `${type}: ${message.text.slice(offset, offset + length)}`,
			),
			buttons: message.buttons.map((row) => row.map(({ text, callback_data: data }) => `${text} = ${data}`)),
		};
	}
	expect(shown).toEqual(await recorded("cards/telegram.json", shown));
});

describe.each([
	["a card on trial", cardSaying],
	["a card that asks", approvalSaying],
])("%s", (_name, saying) => {
	test("no summary of a builder's acts, and none hides our own lines", async () => {
		for (const summary of hostileSummaries) {
			const card = saying(summary);
			const message = await sent(card);
			expect(acting(message), summary).toEqual([]);
			expect(message.text.split("\n")[0]).toBe(card.title);
			expect(message.buttons.flat()).toHaveLength(card.buttons.length);
		}
	});

	test("100 kB of summary leave room for every line of ours", async () => {
		const card = saying(hugeSummary);
		const { text } = await sent(card);
		expect(text.length).toBeLessThanOrEqual(4_096);
		for (const line of [card.title, ...card.lines.slice(1)]) expect(text).toContain(line);
		expect(text).toMatch(/Begin .*…\n/);
	});
});
