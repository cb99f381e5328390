// Holds the channels of this machine to the contract. Those of platforms are held to it beside their own tests, in test/adapters.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createAppChannel } from "../../../src/adapters/channels/app/app.js";
import { createConsole } from "../../../src/adapters/channels/console/console.js";
import { createPage } from "../../../src/adapters/channels/page/page.js";
import { createClock } from "../../../src/adapters/system/clock.js";
import { createFiles } from "../../../src/adapters/system/files.js";
import { createNonces } from "../../../src/adapters/system/nonces.js";
import { ownPlace, placeText } from "../../../src/core/place.js";
import type { Card } from "../../../src/core/words/card.js";
import type { Log, Place } from "../../../src/ports/ports.js";
import { DeliveryFailed } from "../../../src/ports/ports.js";
import { createMemoryDelivery } from "../../support/memory/delivery.js";
import { makeTemporaryFolder, removeTemporaryFolder } from "../../support/temporary.js";
import { type DeliveryUnderTest, describeDeliveryContract } from "./delivery.contract.js";

const log: Log = { info: () => {}, warn: () => {}, error: () => {} };

/** Of a channel on this machine, with nobody on the other side. */
const alone = { nonces: null, press: null, write: null, direct: null, thread: null, lose: null, fail: null };

describeDeliveryContract("in memory", async (): Promise<DeliveryUnderTest> => {
	const delivery = createMemoryDelivery();
	const folder = await makeTemporaryFolder();
	const nonces = await createNonces({ file: join(folder, "nonces.key") });
	const textOf = ({ title, lines }: Card) => [title, ...lines];
	const isAt = (place: Place) => (receipt: string) =>
		placeText(place) === "" ? !receipt.includes("@") : receipt.endsWith(`@${placeText(place)}`);
	const shownAt = (place: Place) => async () => {
		const cards = [...delivery.cards].filter(([receipt]) => isAt(place)(receipt)).flatMap(([, card]) => textOf(card));
		const notices = delivery.sent.filter(({ to }) => placeText(to) === placeText(place)).map(({ text }) => text);
		return [...cards, ...notices.filter((text) => delivery.notices.includes(text))].join("\n");
	};
	const other = (change: Partial<Place>) => {
		const to = { ...ownPlace, ...change };
		return { to, shown: shownAt(to) };
	};
	return {
		delivery,
		shown: shownAt(ownPlace),
		reborn: () => delivery,
		cleanUp: () => removeTemporaryFolder(folder),
		nonces,
		async press({ receipt, card: { swapId, epoch }, verdict, actorId }) {
			const nonce = nonces.of(swapId, epoch);
			return delivery.click({ swapId, epoch, nonce, verdict, actorId, place: ownPlace, receipt });
		},
		write: async ({ text, actorId }) => (await delivery.say({ text, actorId, place: ownPlace })) ?? "",
		actorId: "ann",
		direct: other({ person: "ann" }),
		thread: other({ thread: "7" }),
		lose: async (receipt) => delivery.lose(receipt),
		async fail(code) {
			const retryAfterMs = code === "rate_limited" ? 7_000 : null;
			delivery.failWith(new DeliveryFailed({ code, message: "It fails.", retryAfterMs }));
		},
	};
});

describeDeliveryContract("console", async () => {
	let text = "";
	const make = () => createConsole({ write: (more) => (text += more) });
	return { ...alone, delivery: make(), shown: async () => text, reborn: make, cleanUp: async () => {}, actorId: "" };
});

describeDeliveryContract("page", async () => {
	const stateDir = await makeTemporaryFolder();
	const nonces = await createNonces({ file: join(stateDir, "nonces.key") });
	const make = () => createPage({ port: 0, stateDir, nonces, files: createFiles(), log });
	async function origin(): Promise<{ readonly origin: string; readonly page: string }> {
		const [key, port] = await Promise.all(
			["key", "port"].map((name) => readFile(join(stateDir, "page", name), "utf8")),
		);
		const origin = `http://127.0.0.1:${port?.trim()}`;
		return { origin, page: `${origin}/${key?.trim()}/` };
	}
	return {
		...alone,
		delivery: make(),
		shown: async () => (await fetch((await origin()).page)).text(),
		reborn: make,
		cleanUp: () => removeTemporaryFolder(stateDir),
		nonces,
		async press({ card: { swapId, epoch }, verdict }) {
			const { origin: from, page } = await origin();
			const body = new URLSearchParams({ swapId, epoch: `${epoch}`, nonce: nonces.of(swapId, epoch), verdict });
			const answer = await fetch(`${page}decide`, { method: "POST", headers: { origin: from }, body });
			return answer.text();
		},
		actorId: "local",
	};
});

describeDeliveryContract("app", async () => {
	const folder = await makeTemporaryFolder();
	const nonces = await createNonces({ file: join(folder, "nonces.key") });
	const over = new AbortController();
	/** What the program shows in its chat, by the receipt that it gave. */
	const chat = new Map<string, string>();
	const make = () => createAppChannel({ name: "app", withinMs: 5_000, nonces, clock: createClock() });
	type App = ReturnType<typeof make>;

	/** A program that lives beside every life of the supervisor. */
	async function program({ mailbox }: App): Promise<void> {
		const asking = { runId: "run-1", mayHave: async () => true, holdMs: 30_000, signal: over.signal };
		for (let message = await mailbox.take(asking); message !== null; message = await mailbox.take(asking)) {
			const receipt = message.receipt ?? `m${chat.size + 1}`;
			chat.set(receipt, [message.card?.title ?? message.text, ...(message.card?.lines ?? [])].join("\n"));
			mailbox.answer({ runId: "run-1", id: message.id, answer: { receipt } });
		}
	}

	function served(): App {
		const channel = make();
		void program(channel);
		return channel;
	}

	const delivery = served();
	return {
		...alone,
		delivery,
		shown: async () => [...chat.values()].join("\n"),
		reborn: served,
		async cleanUp() {
			over.abort();
			await removeTemporaryFolder(folder);
		},
		nonces,
		async press({ card: { swapId, epoch }, verdict, actorId }) {
			return (await delivery.mailbox.click({ swapId, epoch, verdict, actor: actorId, eventId: null })).sentence;
		},
		actorId: "U1",
	};
});
