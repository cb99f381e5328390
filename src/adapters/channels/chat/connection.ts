// One connection of a channel: the SDK's `Chat` with its one adapter, from the start to the end. It can be ended while it still opens, and
// nothing of it goes on then.
import type { Adapter, Chat, Message, Thread } from "chat";
import type { Inbox, Log } from "../../../ports/ports.js";
import { createAnswers } from "./answers.js";
import { createClicks } from "./clicks.js";
import { createHandling, type Handling } from "./handling.js";
import { createMemory } from "./memory.js";
import { loadPackage } from "./packages.js";
import type { Platform } from "./platform.js";
import { createSayings } from "./sayings.js";
import { createSdkLog } from "./sdk-log.js";
import { within } from "./time-limit.js";

export interface ConnectionParts {
	/** Of the channel, as configured. */
	readonly name: string;
	readonly platform: Platform;
	readonly log: Log;
}

export interface Connection {
	readonly chat: Chat;
	readonly adapter: Adapter;
	readonly handling: Handling;
	/** Resolves when nothing of it goes on any more, or cannot be waited for. */
	close(): Promise<void>;
}

interface Opening {
	readonly inbox: Inbox;
	/** Aborted when the channel stops. */
	readonly stopped: AbortSignal;
	readonly times: { readonly startMs: number; readonly endMs: number };
}

/** The SDK marks each message as seen before it is handled: one that could not be stored would be lost. We look for repeats ourselves. */
const DEDUPE_MS = 1;

/** Rejects with what the SDK, the platform or the time limit says; nothing is left running then. */
export async function openConnection(parts: ConnectionParts, opening: Opening): Promise<Connection> {
	const { name, platform, log } = parts;
	const { times } = opening;
	const over = new AbortController();
	const end = () => over.abort();
	opening.stopped.addEventListener("abort", end, { once: true });
	if (opening.stopped.aborted) end();
	const limit = { limitMs: times.startMs, what: `${name}: opening`, signal: over.signal };
	const platformParts = { name, log, signal: over.signal, refused: opening.inbox.refused };
	const opened: Opened = { chat: null, initializing: null };
	async function close(): Promise<void> {
		opening.stopped.removeEventListener("abort", end);
		end();
		await ended(opened, { log, limitMs: times.endMs });
	}
	try {
		const adapter = await within(platform.open(platformParts), limit);
		const chat = await chatOver(parts, adapter);
		const handling = attach({ ...parts, chat, adapter, inbox: opening.inbox });
		opened.chat = chat;
		opened.initializing = chat.initialize().finally(() => {
			opened.initializing = null;
		});
		await within(opened.initializing, limit);
		await within(platform.listen?.(adapter, platformParts) ?? Promise.resolve(), limit);
		return {
			chat,
			adapter,
			handling,
			close: async () => void (await Promise.all([close(), handling.idle(times.endMs)])),
		};
	} catch (error) {
		await close();
		throw error;
	}
}

interface Opened {
	chat: Chat | null;
	/** While it initializes. */
	initializing: Promise<void> | null;
}

async function chatOver({ name, platform, log }: ConnectionParts, adapter: Adapter): Promise<Chat> {
	const { Chat } = await loadPackage("chat", () => import("chat"));
	return new Chat({
		userName: adapter.userName || "deadman",
		adapters: { [platform.key]: adapter },
		state: createMemory(),
		logger: createSdkLog({ channel: name, log }),
		// Each event is its own: the journal puts them in order, and no lock of an earlier life holds one up.
		concurrency: "concurrent",
		dedupeTtlMs: DEDUPE_MS,
		// What people write to each other is not ours to keep.
		history: { thread: { maxMessages: 1, ttlMs: DEDUPE_MS } },
	});
}

type Attaching = ConnectionParts & { readonly chat: Chat; readonly adapter: Adapter; readonly inbox: Inbox };

function attach({ name, platform, log, chat, adapter, inbox }: Attaching): Handling {
	const handling = createHandling();
	const answers = createAnswers({ name, platform, adapter, log });
	const clicks = createClicks({ platform, adapter, inbox, answers, handling });
	const sayings = createSayings({ platform, adapter, inbox, answers, handling });
	chat.onAction((event) => handling.run(() => clicks.take(event)));
	chat.onSlashCommand((event) => handling.run(() => sayings.takeCommand(event)));
	const take = (thread: Thread, message: Message) => handling.run(() => sayings.take({ threadId: thread.id, message }));
	chat.onDirectMessage(take);
	chat.onNewMention(take);
	chat.onSubscribedMessage(take);
	chat.onNewMessage(/\S/, take);
	return handling;
}

/** One that still opens when it is ended is ended again when it has opened; one that cannot be ended in time is left alone. */
async function ended({ chat, initializing }: Opened, { log, limitMs }: Ending): Promise<void> {
	if (chat === null) return;
	await within(chat.shutdown(), { limitMs, what: "ending" }).catch((error: Error) => {
		log.warn("chat.end_failed", { why: error.message });
	});
	initializing
		?.catch(() => {})
		.then(() => chat.shutdown())
		.catch(() => {});
}

interface Ending {
	readonly log: Log;
	readonly limitMs: number;
}
