// What every kind of card looks like on WhatsApp, as it goes over the wire: compared with a fixture, and looked at for what WhatsApp's apps
// would make of it.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inertText } from "../../../../src/adapters/channels/whatsapp/whatsapp-text.js";
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
import { keptLog } from "../../../support/wire/telegram-channel.js";
import { serveWhatsapp, type WhatsappMessage, type WhatsappWire } from "../../../support/wire/whatsapp.js";
import { whatsappChannel } from "../../../support/wire/whatsapp-channel.js";
import { actsIn } from "../../../support/wire/whatsapp-markup.js";

const everything = hostileSummaries.at(-1) ?? "";

let wire: WhatsappWire;
let channel: Delivery;

beforeAll(async () => {
	wire = await serveWhatsapp();
	channel = whatsappChannel({ wire, log: keptLog() });
	await channel.start(keptInbox());
});
afterAll(async () => {
	await channel.stop();
	await wire.close();
});

async function sent(card: Card): Promise<WhatsappMessage> {
	await channel.send(card, ownPlace);
	return wire.messages.at(-1) as WhatsappMessage;
}

/** The title is bold, and that is ours. */
const acting = ({ text }: WhatsappMessage) => actsIn(text.replace(/^\*(.*)\*$/m, "$1"));

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
		const buttons = message.buttons.map(({ title, id }) => `${title} = ${id}`);
		shown[name] = { lines: message.text.split("\n"), buttons };
	}
	expect(shown).toEqual(await recorded("cards/whatsapp.json", shown));
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
			expect(message.text.split("\n")[0]).toBe(`*${inertText(card.title)}*`);
			expect(message.buttons).toHaveLength(card.buttons.length);
		}
	});

	test("100 kB of summary leave room for every line of ours", async () => {
		const card = saying(hugeSummary);
		const { text } = await sent(card);
		expect(text.length).toBeLessThanOrEqual(1_024);
		for (const line of [card.title, ...card.lines.slice(1)]) expect(text).toContain(inertText(line));
		expect(text).toMatch(/Begin .*…\n/);
	});
});
