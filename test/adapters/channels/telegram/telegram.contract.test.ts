// The Telegram channel keeps the contract of a delivery: over our Bot API, and over the one of the npm package telegram-test-api.

import { labels } from "../../../../src/adapters/channels/chat/card-words.js";
import { ownPlace, type Place } from "../../../../src/core/place.js";
import {
	type DeliveryUnderTest,
	describeDeliveryContract,
	type Failing,
} from "../../../contracts/mail/delivery.contract.js";
import { until } from "../../../support/until.js";
import type { How } from "../../../support/wire/faulty-server.js";
import { group, serveTelegram, type TelegramMessage, type TelegramWire } from "../../../support/wire/telegram.js";
import { keptLog, nonces, telegramChannel } from "../../../support/wire/telegram-channel.js";
import { serveThirdParty } from "../../../support/wire/telegram-third-party.js";

const ana = { id: 4711, first_name: "Ana", username: "ana" };
const person: Place = { ...ownPlace, person: "4711" };
const topic: Place = { ...ownPlace, thread: "77" };

const answers: Readonly<Record<Failing, How>> = {
	rate_limited: {
		status: 429,
		body: {
			ok: false,
			error_code: 429,
			description: "Too Many Requests: retry after 7",
			parameters: { retry_after: 7 },
		},
	},
	unreachable: { status: 502, body: { ok: false, error_code: 502, description: "Bad Gateway" } },
	revoked: { status: 401, body: { ok: false, error_code: 401, description: "Unauthorized" } },
};

function textOf(wire: TelegramWire, fits: (message: TelegramMessage) => boolean): string {
	const there = wire.messages.filter((message) => !message.deleted && fits(message));
	return there.map(({ text, buttons }) => [text, ...buttons.flat().map((one) => one.text)].join("\n")).join("\n\n");
}

function messageOf(wire: TelegramWire, receipt: string): TelegramMessage {
	const found = wire.messages.find(({ chatId, messageId }) => `${chatId}:${messageId}` === receipt);
	if (found === undefined) throw new Error(`There is no message ${receipt}.`);
	return found;
}

async function underTest(): Promise<DeliveryUnderTest> {
	const wire = await serveTelegram();
	wire.acquainted.add(ana.id);
	const make = () => telegramChannel({ apiUrl: wire.url, token: wire.token, log: keptLog() });
	return {
		delivery: make(),
		reborn: make,
		nonces,
		actorId: String(ana.id),
		shown: async () => textOf(wire, ({ chatId, threadId }) => chatId === group && threadId === null),
		direct: { to: person, shown: async () => textOf(wire, ({ chatId }) => chatId === ana.id) },
		thread: { to: topic, shown: async () => textOf(wire, ({ threadId }) => threadId === 77) },
		async press({ receipt, verdict, actorId }) {
			const from = { ...ana, id: Number(actorId) };
			const query = wire.press(messageOf(wire, receipt), { from, label: labels[verdict] });
			await until("the press is answered", () => wire.answers.has(query));
			return wire.answers.get(query)?.text ?? "";
		},
		async write({ text, actorId }) {
			const before = wire.messages.length;
			wire.say(text, { from: { ...ana, id: Number(actorId) } });
			await until("the words are answered", () => wire.messages.length > before);
			return wire.messages.at(-1)?.text ?? "";
		},
		lose: async (receipt) => {
			messageOf(wire, receipt).deleted = true;
		},
		fail: async (how) => void wire.server.fail("/bot", answers[how], Number.POSITIVE_INFINITY),
		async cleanUp() {
			await wire.close();
		},
	};
}

async function underThirdParty(): Promise<DeliveryUnderTest> {
	const api = await serveThirdParty();
	const make = () => telegramChannel({ apiUrl: api.url, token: api.token, log: keptLog() });
	const shownIn = (chat: number, thread?: number) => async () =>
		api
			.stored()
			.filter(({ message }) => Number(message.chat_id) === chat && message.message_thread_id === thread)
			.map(({ message }) => message.text)
			.join("\n\n");
	return {
		delivery: make(),
		reborn: make,
		nonces,
		actorId: String(ana.id),
		shown: shownIn(group),
		direct: { to: person, shown: shownIn(ana.id) },
		thread: { to: topic, shown: shownIn(group, 77) },
		async press({ receipt, verdict, actorId }) {
			const from = { ...ana, id: Number(actorId) };
			const query = await api.press(Number(receipt.split(":")[1]), { label: labels[verdict], from });
			await until("the press is answered", () => api.answers.has(query));
			return api.answers.get(query) ?? "";
		},
		async write({ text, actorId }) {
			const before = api.stored().length;
			await api.say(text, { ...ana, id: Number(actorId) }, group);
			await until("the words are answered", () => api.stored().length > before);
			return api.stored().at(-1)?.message.text ?? "";
		},
		lose: (receipt) => api.remove(group, Number(receipt.split(":")[1])),
		fail: async (how) => void api.door.fail("/bot", answers[how], Number.POSITIVE_INFINITY),
		async cleanUp() {
			await api.close();
		},
	};
}

describeDeliveryContract("telegram", underTest);
describeDeliveryContract("telegram, over the package telegram-test-api", underThirdParty);
