// The Bot API of the npm package telegram-test-api, with a door before it that adds what it lacks: polls that wait and that confirm by their
// offset, getWebhookInfo, and the message that an edit answers with. What it does have is its own.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import TelegramTestApi from "telegram-test-api";
import { type Answered, type Arrived, type FaultyServer, serveFaulty } from "./faulty-server.js";
import type { TelegramUser } from "./telegram.js";

// biome-ignore lint/suspicious/noExplicitAny: what arrives on a wire is looked at, not typed.
type Json = any;

interface Stored {
	readonly messageId: number;
	readonly message: Json;
}

export interface ThirdParty {
	readonly door: FaultyServer;
	readonly url: string;
	readonly token: string;
	/** As the package keeps them. */
	readonly stored: () => readonly Stored[];
	/** What a press was answered with, by its id. */
	readonly answers: ReadonlyMap<string, string>;
	/** Through the package's own client. Resolves with the id of the callback query. */
	press(messageId: number, press: { readonly label: string; readonly from: TelegramUser }): Promise<string>;
	say(text: string, from: TelegramUser, chat: number): Promise<void>;
	/** Deleted, as the package does it. */
	remove(chat: number, messageId: number): Promise<void>;
	close(): Promise<void>;
}

const pollMs = 10;

export async function serveThirdParty({ token = "666:third-party" } = {}): Promise<ThirdParty> {
	// biome-ignore lint/suspicious/noExplicitAny: a CommonJS default export, which its types put elsewhere than node does.
	const Server: any = TelegramTestApi;
	const api = new Server({ host: "127.0.0.1", port: await freePort() });
	await api.start();
	const answers = new Map<string, string>();
	const confirmed: Json[] = [];
	let presses = 0;
	let open = true;
	const door = await serveFaulty(answer);

	async function answer(request: Arrived): Promise<Answered> {
		const method = request.path.split("/").at(-1) ?? "";
		const body: Json = request.text === "" ? {} : JSON.parse(request.text);
		if (method === "getWebhookInfo") return ok({ url: "", has_custom_certificate: false, pending_update_count: 0 });
		if (method === "getUpdates") return ok(await poll(request, body));
		if (method === "answerCallbackQuery") answers.set(String(body.callback_query_id), body.text ?? "");
		const passed = await pass(request);
		if (method !== "editMessageText") return passed;
		const found = stored().find(({ messageId }) => messageId === body.message_id);
		if (found === undefined) return refused("Bad Request: message to edit not found");
		return ok({ ...found.message, message_id: found.messageId, date: 1, chat: chatOf(Number(body.chat_id)) });
	}

	async function pass({ path, text, method }: Arrived): Promise<Answered> {
		const headers = { "content-type": "application/json" };
		const response = await fetch(`${api.config.apiURL}${path}`, { method, headers, body: text });
		return { status: response.status, body: await response.text() };
	}

	/** The package hands an update out once; it is kept here until the bot confirms it. */
	async function poll(request: Arrived, { offset = 0, timeout = 0 }: Json): Promise<readonly Json[]> {
		const endsMs = performance.now() + timeout * 1_000;
		while (confirmed[0] !== undefined && confirmed[0].update_id < offset) confirmed.shift();
		for (;;) {
			const { body } = await pass(request);
			confirmed.push(...JSON.parse(String(body)).result);
			if (confirmed.length > 0 || !open || performance.now() >= endsMs) return [...confirmed];
			await new Promise((resolve) => {
				setTimeout(resolve, pollMs);
			});
		}
	}

	const stored = (): readonly Stored[] => api.storage.botMessages;
	const clientOf = ({ id, first_name, username }: TelegramUser, chat: number) =>
		api.getClient(token, { userId: id, firstName: first_name, userName: username, chatId: chat });

	return {
		door,
		url: door.url,
		token,
		stored,
		answers,
		async press(messageId, { label, from }) {
			const { message } = stored().find((one) => one.messageId === messageId) as Stored;
			const buttons: Json[] = message.reply_markup.inline_keyboard.flat();
			const { callback_data: data } = buttons.find(({ text }) => text === label);
			const chat = Number(message.chat_id);
			const client = clientOf(from, chat);
			presses += 1;
			await client.sendCallback(
				client.makeCallbackQuery(data, { message: { message_id: messageId, chat: chatOf(chat) } }),
			);
			return String(presses);
		},
		async say(text, from, chat) {
			const client = clientOf(from, chat);
			await client.sendMessage(client.makeMessage(text, { chat: chatOf(chat) }));
		},
		async remove(chat, messageId) {
			const stored = api.storage.botMessages.find((one: Stored) => one.messageId === messageId);
			if (String(stored?.message.chat_id) !== String(chat)) throw new Error(`There is no message ${messageId}.`);
			if (!api.deleteMessage(chat, messageId)) throw new Error(`The message ${messageId} is still there.`);
		},
		async close() {
			open = false;
			await door.close();
			await api.stop();
		},
	};
}

const ok = (result: unknown): Answered => ({ body: { ok: true, result } });
const refused = (description: string): Answered => ({ status: 400, body: { ok: false, error_code: 400, description } });
const chatOf = (id: number) => ({ id, type: id < 0 ? "supergroup" : "private" });

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => {
		server.listen(0, "127.0.0.1", resolve);
	});
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => {
		server.close(resolve);
	});
	return port;
}
