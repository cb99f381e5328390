// The WhatsApp channel keeps the contract of a delivery, over a local Cloud API.
import { expect } from "vitest";
import { labels } from "../../../../src/adapters/channels/chat/card-words.js";
import { ownPlace } from "../../../../src/core/place.js";
import {
	type DeliveryUnderTest,
	describeDeliveryContract,
	type Failing,
} from "../../../contracts/mail/delivery.contract.js";
import { until } from "../../../support/until.js";
import type { How } from "../../../support/wire/faulty-server.js";
import { keptLog, nonces } from "../../../support/wire/telegram-channel.js";
import { serveWhatsapp, type Webhook } from "../../../support/wire/whatsapp.js";
import { ana, receive, whatsappChannel } from "../../../support/wire/whatsapp-channel.js";

const bob = "491702222222";

const graph = (status: number, code: number, message: string): How => ({
	status,
	headers: { "retry-after": "7" },
	body: { error: { message, type: "OAuthException", code, fbtrace_id: "A" } },
});
const answers: Readonly<Record<Failing, How>> = {
	rate_limited: graph(400, 130429, "(#130429) Rate limit hit"),
	unreachable: graph(503, 2, "Service temporarily unavailable"),
	revoked: graph(401, 190, "Error validating access token"),
};

async function underTest(): Promise<DeliveryUnderTest> {
	const wire = await serveWhatsapp();
	const make = () => whatsappChannel({ wire, log: keptLog() });
	const delivery = make();
	const shownTo = (person: string) =>
		wire.messages
			.filter(({ to }) => to === person)
			.map(({ text, buttons }) => [text, ...buttons.map(({ title }) => title)].join("\n"))
			.join("\n\n");

	async function answerTo(webhook: Webhook): Promise<string> {
		const before = wire.messages.length;
		expect((await receive(delivery, webhook)).status).toBe(200);
		await until("it is answered", () => wire.messages.length > before);
		return wire.messages.at(-1)?.text ?? "";
	}

	return {
		delivery,
		reborn: make,
		nonces,
		actorId: ana,
		shown: async () => shownTo(ana),
		direct: { to: { ...ownPlace, person: bob }, shown: async () => shownTo(bob) },
		thread: null,
		async press({ receipt, verdict, actorId }) {
			const message = wire.messages.find(({ id }) => id === receipt);
			if (message === undefined) throw new Error(`There is no message ${receipt}.`);
			return answerTo(wire.press(message, { from: actorId, title: labels[verdict] }));
		},
		write: ({ text, actorId }) => answerTo(wire.say(text, actorId)),
		lose: null,
		fail: async (how) => void wire.server.fail("/messages", answers[how], Number.POSITIVE_INFINITY),
		async cleanUp() {
			await wire.close();
		},
	};
}

describeDeliveryContract("whatsapp", underTest);
