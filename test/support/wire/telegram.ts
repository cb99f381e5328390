// Telegram's Bot API on this machine: chats, topics, people, messages with inline keyboards, updates by long polling or webhook, and its
// refusals in its own words. After https://core.telegram.org/bots/api; holds what a bot of ours uses and answers 404 to the rest.
import { type Answered, type FaultyServer, serveFaulty } from "./faulty-server.js";
import { type Entity, entitiesOf, wrongEntities } from "./telegram-entities.js";

// biome-ignore lint/suspicious/noExplicitAny: what arrives on a wire is looked at, not typed.
type Json = any;

export interface TelegramUser {
	readonly id: number;
	readonly first_name: string;
	readonly username?: string;
	readonly is_bot?: boolean;
}

export interface TelegramButton {
	readonly text: string;
	readonly callback_data: string;
}

export interface TelegramMessage {
	readonly chatId: number;
	readonly messageId: number;
	readonly threadId: number | null;
	text: string;
	entities: readonly Entity[];
	buttons: readonly (readonly TelegramButton[])[];
	/** How often it was edited. */
	edits: number;
	deleted: boolean;
}

export interface Press {
	readonly from: TelegramUser;
	/** Of the button; or `data`, for one that was never sent. */
	readonly label?: string;
	readonly data?: string | undefined;
}

export interface TelegramWire {
	readonly server: FaultyServer;
	readonly url: string;
	readonly token: string;
	readonly messages: readonly TelegramMessage[];
	/** What a bot answered to presses, by callback query id. */
	readonly answers: ReadonlyMap<string, { readonly text: string; readonly alert: boolean }>;
	/** Bodies of the calls of one method, oldest first. */
	calls(method: string): readonly Json[];
	/** Text and labels of everything that is there, as people see it. */
	shown(): string;
	/** Presses a button; answers with the id of the callback query. */
	press(message: TelegramMessage, press: Press): string;
	/** Somebody writes to the chat. */
	say(text: string, where: { readonly from: TelegramUser; readonly chat?: number; readonly thread?: number }): void;
	/** Any update, as it is. */
	push(update: object): number;
	/** The next update as a webhook's body; null when none waits. */
	take(): Json | null;
	/** Updates that no poll has confirmed. */
	pending(): number;
	revoke(): void;
	/** Those who wrote to the bot, and so may be written to. */
	readonly acquainted: Set<number>;
	close(): Promise<void>;
}

export const group = -1001234567890;
export const bot: TelegramUser = { id: 987654321, is_bot: true, first_name: "Deadman", username: "deadman_test_bot" };

type Called = Answered | { readonly result: unknown };

const refused = (error_code: number, description: string, parameters?: object): Answered => ({
	status: error_code,
	body: { ok: false, error_code, description, ...(parameters === undefined ? {} : { parameters }) },
});

export async function serveTelegram({ token = "987654321:test-token" } = {}): Promise<TelegramWire> {
	const messages: TelegramMessage[] = [];
	const answers = new Map<string, { text: string; alert: boolean }>();
	const asked = new Set<string>();
	const acquainted = new Set<number>();
	const updates: Json[] = [];
	const waiting = new Set<() => void>();
	let next = { update: 5_000, message: 100, query: 1 };
	let revoked = false;
	const server = await serveFaulty(answer);

	async function answer({ path, text }: { path: string; text: string }): Promise<Answered> {
		const [, bearer, method = ""] = /^\/bot([^/]+)\/(\w+)$/.exec(path) ?? [];
		if (bearer === undefined) return refused(404, "Not Found");
		if (bearer !== token || revoked) return refused(401, "Unauthorized");
		const body: Json = text === "" ? {} : JSON.parse(text);
		const result = await call(method, body);
		return "result" in result ? { body: { ok: true, result: result.result } } : result;
	}

	async function call(method: string, body: Json): Promise<Called> {
		switch (method) {
			case "getMe":
				return { result: bot };
			case "getUpdates":
				return { result: await poll(body) };
			case "getWebhookInfo":
				return { result: { url: "", has_custom_certificate: false, pending_update_count: updates.length } };
			case "deleteWebhook":
			case "sendChatAction":
				return { result: true };
			case "sendMessage":
				return send(body);
			case "editMessageText":
				return edit(body);
			case "answerCallbackQuery":
				return acknowledge(body);
			default:
				return refused(404, "Not Found: method not found");
		}
	}

	async function poll({ offset, limit = 100, timeout = 0 }: Json): Promise<unknown> {
		if (typeof offset === "number") while (updates[0] !== undefined && updates[0].update_id < offset) updates.shift();
		if (updates.length === 0 && timeout > 0) {
			await new Promise<void>((resolve) => {
				const timer = setTimeout(done, timeout * 1_000);
				timer.unref();
				function done() {
					clearTimeout(timer);
					waiting.delete(done);
					resolve();
				}
				waiting.add(done);
			});
		}
		return updates.slice(0, limit);
	}

	function send(body: Json): Called {
		const chatId = Number(body.chat_id);
		if (chatId !== group && !acquainted.has(chatId)) {
			if (chatId < 0 || Number.isNaN(chatId)) return refused(400, "Bad Request: chat not found");
			return refused(403, "Forbidden: bot can't initiate conversation with a user");
		}
		const wrong = wrongMessage(body);
		if (wrong !== null) return wrong;
		if (body.message_thread_id === 404) return refused(400, "Bad Request: message thread not found");
		const message: TelegramMessage = {
			chatId,
			messageId: next.message,
			threadId: body.message_thread_id ?? null,
			text: body.text,
			entities: entitiesOf(body.text, body.entities ?? []),
			buttons: body.reply_markup?.inline_keyboard ?? [],
			edits: 0,
			deleted: false,
		};
		next = { ...next, message: next.message + 1 };
		messages.push(message);
		return { result: wireMessage(message) };
	}

	function edit(body: Json): Called {
		const message = messages.find((one) => one.chatId === Number(body.chat_id) && one.messageId === body.message_id);
		if (message === undefined || message.deleted) return refused(400, "Bad Request: message to edit not found");
		const wrong = wrongMessage(body);
		if (wrong !== null) return wrong;
		const buttons = body.reply_markup?.inline_keyboard ?? [];
		const entities = entitiesOf(body.text, body.entities ?? []);
		const same = JSON.stringify([message.text, message.entities, message.buttons]);
		if (same === JSON.stringify([body.text, entities, buttons])) {
			return refused(
				400,
				"Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
			);
		}
		Object.assign(message, { text: body.text, entities, buttons, edits: message.edits + 1 });
		return { result: wireMessage(message) };
	}

	function acknowledge(body: Json): Called {
		const id = String(body.callback_query_id);
		if (!asked.has(id) || answers.has(id))
			return refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid");
		if (String(body.text ?? "").length > 200) return refused(400, "Bad Request: MESSAGE_TOO_LONG");
		answers.set(id, { text: body.text ?? "", alert: body.show_alert === true });
		return { result: true };
	}

	function push(update: object): number {
		const id = next.update;
		next = { ...next, update: id + 1 };
		updates.push({ update_id: id, ...update });
		for (const wake of [...waiting]) wake();
		return id;
	}

	return {
		server,
		url: server.url,
		token,
		messages,
		answers,
		acquainted,
		calls: (method) =>
			server.arrived.filter(({ path }) => path.endsWith(`/${method}`)).map(({ text }) => JSON.parse(text || "{}")),
		shown: () =>
			messages
				.filter((one) => !one.deleted)
				.map(({ text, buttons }) => [text, ...buttons.flat().map((one) => `[${one.text}]`)].join("\n"))
				.join("\n\n"),
		press(message, { from, label, data }) {
			const button = message.buttons.flat().find(({ text }) => text === label);
			if (label !== undefined && button === undefined) throw new Error(`There is no button ${label}.`);
			const id = String(4_382_000_000_000_000 + next.query);
			next = { ...next, query: next.query + 1 };
			asked.add(id);
			const chosen = button === undefined ? data : button.callback_data;
			push({
				callback_query: {
					id,
					from: { is_bot: false, ...from },
					message: wireMessage(message),
					chat_instance: "-3141592653589793238",
					...(chosen === undefined ? {} : { data: chosen }),
				},
			});
			return id;
		},
		say(text, { from, chat = group, thread }) {
			if (chat > 0) acquainted.add(chat);
			const entities = [...text.matchAll(/^\/\w+(?:@\w+)?/g)].map(({ 0: run, index }) => ({
				type: "bot_command",
				offset: index,
				length: run.length,
			}));
			push({
				message: {
					message_id: next.message,
					from: { is_bot: false, ...from },
					chat: wireChat(chat),
					date: 1_800_000_000,
					text,
					...(thread === undefined ? {} : { message_thread_id: thread, is_topic_message: true }),
					...(entities.length === 0 ? {} : { entities }),
				},
			});
			next = { ...next, message: next.message + 1 };
		},
		push,
		take: () => updates.shift() ?? null,
		pending: () => updates.length,
		revoke() {
			revoked = true;
			for (const wake of [...waiting]) wake();
		},
		async close() {
			for (const wake of [...waiting]) wake();
			await server.close();
		},
	};
}

function wrongMessage(body: Json): Answered | null {
	const text: unknown = body.text;
	if (typeof text !== "string" || text.trim() === "") return refused(400, "Bad Request: message text is empty");
	if (text.length > 4_096) return refused(400, "Bad Request: message is too long");
	if (body.parse_mode !== undefined)
		return refused(400, "Bad Request: can't parse entities: this bot sends plain text");
	const wrong = wrongEntities(text, body.entities ?? []);
	if (wrong !== null) return refused(400, `Bad Request: ${wrong}`);
	const buttons: readonly TelegramButton[] = (body.reply_markup?.inline_keyboard ?? []).flat();
	const bytes = buttons.map((one) => Buffer.byteLength(one.callback_data ?? ""));
	return bytes.some((size) => size < 1 || size > 64) ? refused(400, "Bad Request: BUTTON_DATA_INVALID") : null;
}

function wireChat(id: number): object {
	return id < 0
		? { id, type: "supergroup", title: "Operations", is_forum: true }
		: { id, type: "private", first_name: "Person" };
}

function wireMessage({ chatId, messageId, threadId, text, entities, buttons, edits }: TelegramMessage): object {
	return {
		message_id: messageId,
		from: bot,
		chat: wireChat(chatId),
		date: 1_800_000_000,
		...(edits === 0 ? {} : { edit_date: 1_800_000_000 + edits }),
		...(threadId === null ? {} : { message_thread_id: threadId, is_topic_message: true }),
		text,
		...(entities.length === 0 ? {} : { entities }),
		...(buttons.length === 0 ? {} : { reply_markup: { inline_keyboard: buttons } }),
	};
}
