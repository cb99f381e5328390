// What comes from Telegram, made sure of before anybody relies on it: the secret of a webhook, the shape of an update, and topics told
// apart from replies.
import { timingSafeEqual } from "node:crypto";
import type { TelegramCallbackQuery, TelegramMessage, TelegramUpdate } from "@chat-adapter/telegram";

export const secretHeader = "x-telegram-bot-api-secret-token";

/** Telegram sends the secret itself, not a signature. */
export function isGenuine(given: string | null | undefined, secret: string): boolean {
	const [one, other] = [Buffer.from(given ?? ""), Buffer.from(secret)];
	return secret !== "" && one.length === other.length && timingSafeEqual(one, other);
}

/** Null: no update that we know how to read. */
export function updateFrom(body: unknown): TelegramUpdate | null {
	if (!isRecord(body) || !Number.isSafeInteger(body.update_id)) return null;
	const { message, callback_query: query } = body;
	if (message !== undefined && !isMessage(message)) return null;
	if (query !== undefined && !isQuery(query)) return null;
	return {
		...(body as unknown as TelegramUpdate),
		...(message === undefined ? {} : { message: untopic(message) }),
		...(query === undefined ? {} : { callback_query: whole(query) }),
	};
}

/** In a group without topics a reply carries the number of what it answers, where no message can be sent to. */
function untopic(message: TelegramMessage): TelegramMessage {
	const { message_thread_id: _reply, ...rest } = message;
	return (message as { is_topic_message?: boolean }).is_topic_message === true ? message : (rest as TelegramMessage);
}

/** A press without its message, of an inline message, is none of ours: it is handed on all the same, so that it is answered. */
function whole(query: TelegramCallbackQuery): TelegramCallbackQuery {
	const { message, from } = query;
	if (message !== undefined) return { ...query, message: untopic(message) };
	const chat = { id: from.id, type: "private" as const, first_name: from.first_name };
	return { ...query, message: { message_id: 0, date: 0, chat } as TelegramMessage };
}

function isMessage(value: unknown): value is TelegramMessage {
	return isRecord(value) && Number.isSafeInteger(value.message_id) && isRecord(value.chat) && isId(value.chat.id);
}

function isQuery(value: unknown): value is TelegramCallbackQuery {
	if (!isRecord(value) || typeof value.id !== "string" || !isRecord(value.from) || !isId(value.from.id)) return false;
	return value.message === undefined || isMessage(value.message);
}

function isId(value: unknown): boolean {
	return Number.isSafeInteger(value) && value !== 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
