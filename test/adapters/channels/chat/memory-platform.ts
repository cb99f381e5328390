// A platform in memory behind the SDK's own interfaces: what is posted can be read, pressed and answered, calls fail and hang when told to,
// and every `initialize` is counted against its `disconnect`.
import type { Adapter, AdapterPostableMessage, ChatInstance } from "chat";
import { Message } from "chat";
import type { Platform } from "../../../../src/adapters/channels/chat/platform.js";
import type { Card } from "../../../../src/core/words/card.js";
import type { Place } from "../../../../src/ports/ports.js";

export interface Posted {
	readonly id: string;
	readonly threadId: string;
	text: string;
	value: string | null;
	/** Of an ephemeral message: the only one who sees it. */
	readonly onlyTo: string | null;
}

export interface Pressed {
	readonly actionId: string;
	readonly value?: string | undefined;
	readonly userId?: string;
	readonly threadId?: string;
	readonly messageId?: string;
	readonly eventId?: string;
	readonly isBot?: boolean;
}

export interface Written {
	readonly text: string;
	readonly userId?: string;
	readonly threadId?: string;
	readonly id?: string;
	readonly isBot?: boolean;
	readonly isMe?: boolean;
	readonly edited?: boolean;
}

export interface MemoryPlatform {
	readonly platform: Platform;
	readonly posts: Posted[];
	/** Adapters that are initialized and not disconnected. */
	readonly open: { count: number };
	/** What calls do before they work. */
	behave: { onCall: (verb: string) => Promise<void>; onInitialize: () => Promise<void>; onListen: () => Promise<void> };
	press(pressed: Pressed): Promise<void>;
	write(written: Written): Promise<void>;
	command(command: string, text: string): Promise<void>;
}

const OWN = "memory:own";

export function createMemoryPlatform(change: Partial<Platform> = {}, ephemeral = true): MemoryPlatform {
	const posts: Posted[] = [];
	const open = { count: 0 };
	const nothing = async () => {};
	const behave: MemoryPlatform["behave"] = { onCall: nothing, onInitialize: nothing, onListen: nothing };
	let chat: ChatInstance | null = null;
	let last = 0;
	const user = (userId = "ann", isBot = false, isMe = false) => ({
		userId,
		userName: userId,
		fullName: userId,
		isBot,
		isMe,
	});

	async function post(threadId: string, message: AdapterPostableMessage, onlyTo: string | null = null) {
		await behave.onCall(onlyTo === null ? "post" : "ephemeral");
		last += 1;
		const { text, value } = read(message);
		posts.push({ id: `m${last}`, threadId, text, value, onlyTo });
		return { id: `m${last}`, threadId, raw: {} };
	}

	const adapter = {
		name: "memory",
		userName: "deadman",
		async initialize(theirs: ChatInstance) {
			await behave.onInitialize();
			chat = theirs;
			open.count += 1;
		},
		async disconnect() {
			if (chat !== null) open.count -= 1;
			chat = null;
		},
		channelIdFromThreadId: (threadId: string) => threadId,
		isDM: (threadId: string) => threadId.startsWith("memory:dm-"),
		postMessage: post,
		async editMessage(threadId: string, messageId: string, message: AdapterPostableMessage) {
			await behave.onCall("edit");
			const found = posts.find(({ id }) => id === messageId);
			if (found === undefined) throw Object.assign(new Error("no such message"), { status: 404 });
			Object.assign(found, read(message));
			return { id: messageId, threadId, raw: {} };
		},
		...(ephemeral
			? {
					postEphemeral: async (threadId: string, userId: string, message: AdapterPostableMessage) => ({
						...(await post(threadId, message, userId)),
						usedFallback: false,
					}),
				}
			: {}),
		async handleWebhook(request: Request, options: { waitUntil?: (task: Promise<unknown>) => void }) {
			if (request.headers.get("x-secret") !== "right") return new Response("no", { status: 401 });
			const pressed = (await request.json()) as Pressed;
			options.waitUntil?.(press(pressed, options as never).catch(() => {}));
			return Response.json({ taken: true });
		},
	};

	function press(pressed: Pressed, options?: never): Promise<void> {
		const { actionId, value, userId, threadId = OWN, messageId = "m1", eventId, isBot } = pressed;
		const event = {
			adapter: adapter as never,
			actionId,
			messageId,
			threadId,
			user: user(userId, isBot),
			raw: { eventId },
		};
		return started().processAction({ ...event, ...(value === undefined ? {} : { value }) }, options);
	}

	function started(): ChatInstance {
		if (chat === null) throw new Error("Not initialized.");
		return chat;
	}

	return {
		posts,
		open,
		behave,
		press,
		async write({ text, userId, threadId = OWN, id = `w${Math.random()}`, isBot, isMe, edited = false }) {
			const message = new Message({
				id,
				threadId,
				text,
				formatted: { type: "root", children: [] },
				raw: {},
				author: user(userId, isBot, isMe),
				metadata: { dateSent: new Date(0), edited },
				attachments: [],
			});
			await started().processMessage(adapter as never, threadId, message);
		},
		async command(command, text) {
			const event = { adapter: adapter as never, channelId: OWN, command, text, user: user(), raw: {} };
			await started().processSlashCommand(event, undefined);
		},
		platform: {
			surface: "slack",
			key: "memory",
			can: {
				edit: true,
				buttons: true,
				directMessage: true,
				thread: true,
				lookup: true,
				cardCharacters: 1_000,
				refreshMs: 1_000,
			},
			limits: { message: 1_000, pieces: 4 },
			open: async () => adapter as unknown as Adapter,
			listen: () => behave.onListen(),
			threadOf: async (_adapter, to) => threadOf(to),
			placeOf: (_adapter, threadId) => placeOf(threadId),
			messageOf: (card, value) => ({ raw: `${textOf(card)}\uE000${card.buttons.length === 0 ? "" : value}` }),
			textOf: (text) => ({ raw: text }),
			eventIdOf: (raw) => (raw as { eventId?: string }).eventId ?? null,
			async find(_adapter, threadId, value) {
				await behave.onCall("find");
				return posts.findLast((one) => one.threadId === threadId && one.value === value)?.id ?? null;
			},
			receives: true,
			address: () => "in memory",
			...change,
		},
	};
}

export function threadOf({ conversation, thread, person }: Place): string {
	if (person !== null) return `memory:dm-${person}`;
	return `memory:${conversation ?? "own"}${thread === null ? "" : `:${thread}`}`;
}

function placeOf(threadId: string): Place | null {
	const [, where = "", thread = null] = threadId.split(":");
	if (where.startsWith("dm-")) return { conversation: null, thread: null, person: where.slice(3) };
	return where === "own" ? { conversation: null, thread, person: null } : null;
}

function textOf({ title, lines }: Card): string {
	return [title, ...lines].join("\n").slice(0, 30_000);
}

function read(message: AdapterPostableMessage): Pick<Posted, "text" | "value"> {
	const [text = "", value = ""] = (message as { raw: string }).raw.split(/\uE000(?=(?:sw_[\w.-]+)?$)/);
	return { text, value: value === "" ? null : value };
}
