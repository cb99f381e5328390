// The recorded wire of WhatsApp: documented webhooks are read, documented refusals understood, and what we send is what was captured.
import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { failureFrom } from "../../../../src/adapters/channels/whatsapp/whatsapp-failure.js";
import { ownPlace } from "../../../../src/core/place.js";
import type { Delivery } from "../../../../src/ports/ports.js";
import { aCard, approval, type KeptInbox, keptInbox, outcome } from "../../../contracts/mail/delivery.contract.js";
import { recorded } from "../../../support/wire/recorded.js";
import { keptLog } from "../../../support/wire/telegram-channel.js";
import { serveWhatsapp, type WhatsappWire } from "../../../support/wire/whatsapp.js";
import { ana, receive, whatsappChannel } from "../../../support/wire/whatsapp-channel.js";

const folderUrl = new URL("../../../../fixtures/wire/whatsapp/", import.meta.url);
const text = (name: string) => readFile(new URL(`${name}.json`, folderUrl), "utf8");

let wire: WhatsappWire;
let channel: Delivery;
let inbox: KeptInbox;

beforeEach(async () => {
	vi.spyOn(Date, "now").mockReturnValue(1_800_000_000_000);
	wire = await serveWhatsapp();
	channel = whatsappChannel({ wire, log: keptLog() });
	inbox = keptInbox();
	await channel.start(inbox);
});
afterEach(async () => {
	await channel.stop();
	await wire.close();
});

test("button_reply is a click", async () => {
	expect((await receive(channel, wire.sign(await text("button_reply")))).status).toBe(200);
	expect(inbox.clicks).toMatchObject([
		{
			swapId: "sw_aaaaaa",
			epoch: 1,
			nonce: "0123456789abcdef",
			verdict: "confirm",
			actorId: ana,
			place: ownPlace,
			receipt: "wamid.HBgLMTQxMjU1NTA4MjkVAgASGBQzQUNCNjk5RDUwNUZGMUZEM0VBRAA=",
			eventId: "wamid.HBgLMTQxMjU1NTA4MjkVAgASGBQzQTNBNDhGM0Y1QzI4QzE5NkE4AA==",
		},
	]);
});

test("text is words, and status_failed is told", async () => {
	expect((await receive(channel, wire.sign(await text("text")))).status).toBe(200);
	expect(inbox.sayings).toMatchObject([{ text: "host sw_aaaaaa", actorId: ana, place: ownPlace }]);
	expect((await receive(channel, wire.sign(await text("status_failed")))).status).toBe(200);
	expect(inbox.refusals).toEqual(["undelivered"]);
});

test("errors are what the outbox can act on", async () => {
	const errors: object[] = JSON.parse(await text("errors"));
	const codes = errors.map((body) => failureFrom(400, new Headers(), JSON.stringify(body)).code);
	expect(codes).toEqual(["refused", "rate_limited", "revoked", "gone"]);
});

test("what we send is what was captured", async () => {
	const receipt = await channel.send(aCard(), ownPlace);
	await channel.edit(receipt, aCard(outcome), ownPlace);
	await channel.send(aCard(approval), { ...ownPlace, person: "491702222222" });
	await channel.notice("Proposed by `builder:a`.\n```\n-old @ana\n+new\n```", ownPlace);
	const requests = wire.server.arrived.map(({ method, path, text: body }) => ({
		method,
		path,
		body: JSON.parse(body),
	}));
	expect(requests).toEqual(await recorded("wire/whatsapp/requests.json", requests));
});
