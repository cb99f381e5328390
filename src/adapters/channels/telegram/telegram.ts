// Telegram behind the interface of a platform: by long polling, or by a webhook with a secret. A place is a chat, a forum topic of it, or a
// person's direct messages; a receipt is `<chat>:<message>`.
import type { TelegramAdapterConfig } from "@chat-adapter/telegram";
import type { Adapter, AdapterPostableMessage, CardElement } from "chat";
import type { Card } from "../../../core/words/card.js";
import {
	type Capabilities,
	DeliveryFailed,
	type Inbox,
	type Place,
	type Received,
	type Reply,
} from "../../../ports/ports.js";
import { endLine, fitted, labels } from "../chat/card-words.js";
import { creating } from "../chat/channel.js";
import { loadPackage } from "../chat/packages.js";
import type { Answered, EditRequest, Platform, PlatformOptions, PlatformParts } from "../chat/platform.js";
import { createSdkLog } from "../chat/sdk-log.js";
import type { CardTelegram } from "./telegram-adapter.js";
import { isNotModified } from "./telegram-failure.js";
import type { Settings } from "./telegram-kind.js";
import { messageCharacters } from "./telegram-text.js";
import { isGenuine, secretHeader, updateFrom } from "./telegram-update.js";

export type TelegramOptions = PlatformOptions<Settings>;

export const create = creating(createTelegram);

const can: Capabilities = {
	edit: true,
	buttons: true,
	directMessage: true,
	thread: true,
	// A bot cannot read what it sent.
	lookup: false,
	cardCharacters: messageCharacters,
	// A group takes 20 messages and edits a minute.
	refreshMs: 20_000,
};

const callbackBytes = 64;
const pollSeconds = 25;

export function createTelegram({ channel, secret }: TelegramOptions): Platform {
	const chats = [channel.chat, ...channel.conversations];
	let webhookSecret = "";
	return {
		surface: "telegram",
		key: "telegram",
		can,
		limits: { message: 4_000, pieces: 8 },
		async open(parts) {
			const token = await secret(channel.token);
			webhookSecret = channel.mode === "webhook" && channel.webhookSecret ? await secret(channel.webhookSecret) : "";
			return opened({ channel, token, webhookSecret, parts });
		},
		threadOf: async (_adapter, to) => threadIdOf(to, channel.chat),
		placeOf: (_adapter, threadId) => placeOf(threadId, chats),
		messageOf,
		textOf: (text) => ({ raw: text }),
		edit,
		answer: async (adapter, { raw, sentence }: Answered) => {
			const { id } = raw as { id: string };
			await (adapter as CardTelegram).answerPress(id, sentence);
		},
		eventIdOf,
		failureOf: (error) => (error instanceof DeliveryFailed ? error : null),
		receives: channel.mode === "webhook",
		before: async (request, inbox) => refusalOf(request, { inbox, webhookSecret }),
		address: () => `Telegram, chat ${channel.chat}`,
	};
}

interface Opening {
	readonly channel: Settings;
	readonly token: string;
	readonly webhookSecret: string;
	readonly parts: PlatformParts;
}

/** Every option is given, also those that are not wanted: what is left out would be read from the environment. */
async function opened({ channel, token, webhookSecret, parts }: Opening): Promise<Adapter> {
	const { CardTelegram } = await loadPackage("@chat-adapter/telegram", () => import("./telegram-adapter.js"));
	const config: TelegramAdapterConfig = {
		botToken: token,
		apiUrl: channel.apiUrl ?? "https://api.telegram.org",
		mode: channel.mode,
		secretToken: webhookSecret,
		allowUnverifiedWebhooks: false,
		allowedUserIds: [],
		mentionOnReply: true,
		userName: "",
		longPolling: { deleteWebhook: false, timeout: pollSeconds, allowedUpdates: ["message", "callback_query"] },
		logger: createSdkLog({ channel: parts.name, log: parts.log }),
	};
	const adapter = new CardTelegram(config, parts.refused);
	const url = await adapter.webhookUrl().catch(offline);
	if (url !== null && url !== "" && channel.mode === "polling") {
		const message = `Telegram posts updates to a webhook, so they cannot be polled for: use the mode webhook, or take it away with deleteWebhook.`;
		throw new DeliveryFailed({ code: "refused", message });
	}
	if (url === "" && channel.mode === "webhook") parts.log.warn("telegram_webhook_unset", { channel: parts.name });
	return adapter;
}

/** Down is no reason not to start: polling goes on by itself. */
function offline(error: unknown): null {
	if (error instanceof DeliveryFailed && error.code === "revoked") throw error;
	return null;
}

function threadIdOf({ conversation, thread, person }: Place, ownChat: string): string {
	if (person !== null) return `telegram:${person}`;
	const chat = conversation ?? ownChat;
	return thread === null ? `telegram:${chat}` : `telegram:${chat}:${thread}`;
}

/** Positive numbers are people's own chats with the bot. */
function placeOf(threadId: string, chats: readonly string[]): Place | null {
	const [, chat = "", thread = null] = threadId.split(":");
	if (chat === chats[0]) return { conversation: null, thread, person: null };
	if (chats.includes(chat)) return { conversation: chat, thread, person: null };
	return /^[1-9]\d*$/.test(chat) ? { conversation: null, thread: null, person: chat } : null;
}

function messageOf(card: Card, value: string): AdapterPostableMessage {
	const reply = card.phrase === null ? [] : ["In a group, write it as an answer to this message."];
	const lines = [card.title, ...card.lines, ...reply, endLine(card) ?? ""].filter((line) => line !== "");
	const children: CardElement["children"] = [
		{ type: "text", content: fitted(lines, messageCharacters).join("\n") },
		...(card.buttons.length === 0 ? [] : [{ type: "actions" as const, children: card.buttons.map(button) }]),
	];
	return { card: { type: "card", children } };

	function button(verdict: Card["buttons"][number]) {
		const data = Buffer.byteLength(`chat:${JSON.stringify({ a: verdict, v: value })}`);
		if (data > callbackBytes) {
			const message = `The button ${verdict} would carry ${data} bytes, and Telegram takes ${callbackBytes}.`;
			throw new DeliveryFailed({ code: "refused", message });
		}
		return { type: "button" as const, id: verdict, label: labels[verdict], value };
	}
}

/** Where the card is, wherever the channel's own chat is by now. */
async function edit(adapter: Adapter, { messageId, message }: EditRequest): Promise<string> {
	const [, chat] = /^(-?\d+):\d+$/.exec(messageId) ?? [];
	if (chat === undefined)
		throw new DeliveryFailed({ code: "gone", message: "The receipt is of no message of Telegram's." });
	try {
		return (await adapter.editMessage(`telegram:${chat}`, messageId, message)).id;
	} catch (error) {
		if (isNotModified(error)) return messageId;
		throw error;
	}
}

function eventIdOf(raw: unknown): string | null {
	const { id, message_id: messageId, chat } = raw as { id?: string; message_id?: number; chat?: { id: number } };
	if (typeof id === "string") return `press:${id}`;
	return typeof messageId === "number" && chat !== undefined ? `message:${chat.id}:${messageId}` : null;
}

interface Guard {
	readonly inbox: Inbox;
	readonly webhookSecret: string;
}

async function refusalOf({ headers, body }: Received, { inbox, webhookSecret }: Guard): Promise<Reply | null> {
	if (!isGenuine(headers[secretHeader], webhookSecret)) {
		inbox.refused({ code: "bad_signature", detail: "The secret token of Telegram's webhook is missing or wrong." });
		return { status: 401, headers: {}, body: "Invalid secret token", forged: true };
	}
	if (isUpdate(body)) return null;
	inbox.refused({ code: "malformed", detail: "The body is no update of Telegram's." });
	return { status: 400, headers: {}, body: "No update" };
}

function isUpdate(body: Uint8Array): boolean {
	try {
		return updateFrom(JSON.parse(Buffer.from(body).toString())) !== null;
	} catch {
		return false;
	}
}
