// WhatsApp behind the interface of a platform, over Meta's Cloud API. Every conversation is with one person; nothing can be edited, so what
// became of a card is a new message, and a receipt is a message's `wamid`.
import type { Adapter, AdapterPostableMessage } from "chat";
import type { Button, Card } from "../../../core/words/card.js";
import { type Capabilities, DeliveryFailed, type Place } from "../../../ports/ports.js";
import { endLine, fitted, labels } from "../chat/card-words.js";
import { creating } from "../chat/channel.js";
import { loadPackage } from "../chat/packages.js";
import type { Answered, Platform, PlatformOptions, PlatformParts } from "../chat/platform.js";
import { createSdkLog } from "../chat/sdk-log.js";
import type { Settings } from "./whatsapp-kind.js";
import { inertMessage, inertText } from "./whatsapp-text.js";
import { refusalOf, type Secrets } from "./whatsapp-webhook.js";

export type WhatsappOptions = PlatformOptions<Settings>;

export const create = creating(createWhatsapp);

/** Of a message with buttons, of one without, of a button's title and its id; and how many buttons. */
const most = { interactive: 1_024, text: 4_096, title: 20, id: 256, buttons: 3 } as const;

const can: Capabilities = {
	edit: false,
	buttons: true,
	directMessage: true,
	thread: false,
	// The Cloud API keeps no history.
	lookup: false,
	cardCharacters: most.interactive,
	refreshMs: null,
};

export function createWhatsapp({ channel, secret }: WhatsappOptions): Platform {
	const { phoneNumberId, to } = channel;
	let secrets: Secrets = { appSecret: "", verifyToken: "" };
	return {
		surface: "whatsapp",
		key: "whatsapp",
		can,
		limits: { message: 4_000, pieces: 6 },
		async open(parts) {
			secrets = { appSecret: await secret(channel.appSecret), verifyToken: await secret(channel.verifyToken) };
			return opened({ channel, secrets, accessToken: await secret(channel.accessToken), parts });
		},
		threadOf: async (_adapter, { person, conversation }) => `whatsapp:${phoneNumberId}:${person ?? conversation ?? to}`,
		placeOf: (_adapter, threadId) => placeOf(threadId, channel),
		messageOf,
		textOf: (text) => ({ raw: inertMessage(text, most.text) }),
		edit: async (adapter, { threadId, message }) => (await adapter.postMessage(threadId, message)).id,
		answer: async (adapter, { threadId, sentence }: Answered) => {
			await adapter.postMessage(threadId, { raw: inertMessage(sentence, most.text) });
		},
		eventIdOf(raw) {
			const { event, id, message } = raw as Arrived;
			return event ?? id ?? message?.id ?? null;
		},
		failureOf: (error) => (error instanceof DeliveryFailed ? error : null),
		before: async (request, inbox) => refusalOf(request, inbox, secrets),
		address: () => `WhatsApp, ${to}`,
	};
}

/** A press, with the id that it came under beside the card's; or words, wrapped by the SDK. */
interface Arrived {
	readonly event?: string;
	readonly id?: string;
	readonly message?: { readonly id?: string };
}

interface Opening {
	readonly channel: Settings;
	readonly secrets: Secrets;
	readonly accessToken: string;
	readonly parts: PlatformParts;
}

/** The class, not its factory: the factory reads the environment. */
async function opened({ channel, secrets, accessToken, parts }: Opening): Promise<Adapter> {
	const { CardWhatsApp } = await loadPackage("@chat-adapter/whatsapp", () => import("./whatsapp-adapter.js"));
	return new CardWhatsApp({
		...secrets,
		accessToken,
		phoneNumberId: channel.phoneNumberId,
		apiUrl: (channel.apiUrl ?? "https://graph.facebook.com").replace(/\/+$/, ""),
		userName: "deadman",
		logger: createSdkLog({ channel: parts.name, log: parts.log }),
	});
}

/** Whoever writes to the number has a conversation of their own with it. */
function placeOf(threadId: string, { phoneNumberId, to, conversations }: Settings): Place | null {
	const [, number, person = ""] = threadId.split(":");
	if (number !== phoneNumberId || person === "") return null;
	if (person === to) return { conversation: null, thread: null, person: null };
	if (conversations.includes(person)) return { conversation: person, thread: null, person: null };
	return { conversation: null, thread: null, person };
}

function messageOf(card: Card, value: string): AdapterPostableMessage {
	const { buttons } = card;
	const max = buttons.length === 0 ? most.text : most.interactive;
	const lines = [card.title, ...card.lines, endLine(card) ?? ""].filter((line) => line !== "");
	const [title = "", ...rest] = fitted(lines.flatMap((line) => line.split(/\r?\n/)).map(inertText), max - 2);
	const text = [`*${title}*`, ...rest].join("\n");
	if (buttons.length === 0) return { raw: text };
	wrongButtons(buttons, value);
	const children = buttons.map((verdict) => ({ type: "button" as const, id: verdict, label: labels[verdict], value }));
	return {
		card: {
			type: "card",
			children: [
				{ type: "text", content: text },
				{ type: "actions", children },
			],
		},
	};
}

/** The SDK would leave out the fourth and cut a title without a word. */
function wrongButtons(buttons: readonly Button[], value: string): void {
	const ids = buttons.map((verdict) => `chat:${JSON.stringify({ a: verdict, v: value })}`);
	const isWrong =
		buttons.length > most.buttons ||
		ids.some((id) => id.length > most.id) ||
		buttons.some((verdict) => labels[verdict].length > most.title);
	if (!isWrong) return;
	const message = `WhatsApp takes ${most.buttons} buttons with titles of ${most.title} characters; this card has ${buttons.length}.`;
	throw new DeliveryFailed({ code: "refused", message });
}
