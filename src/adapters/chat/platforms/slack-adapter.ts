// The SDK's adapter with our way of sending: its own makes markup of cards and mentions of names. And with threads as people see them: a
// message that nobody has answered is in none.
import type { SlackAdapter } from "@chat-adapter/slack";
import type { ActionEvent, AdapterPostableMessage, ChatInstance } from "chat";
import { asked } from "./slack-api.js";
import { noticeBlocks, type SlackMessage } from "./slack-blocks.js";

/** Everything that may turn text into something else, off. */
const inert = { parse: "none", link_names: false } as const;
const quiet = { mrkdwn: false, unfurl_links: false, unfurl_media: false } as const;

/** The same adapter. */
export function ours(adapter: SlackAdapter): SlackAdapter {
	const initialize = adapter.initialize.bind(adapter);
	return Object.assign(adapter, {
		...sending(adapter),
		initialize: (chat: ChatInstance) => initialize(withPlaces(chat)),
		// The journal knows repeats; the SDK would drop an event that Slack sends again because its first handling failed.
		markEventDelivered: () => {},
		threadIdForMessageEvent: ({ channel = "", ts, thread_ts }: Message) => threadId(channel, { ts, thread_ts }),
	} as Partial<SlackAdapter>);
}

function sending(adapter: SlackAdapter) {
	return {
		async postMessage(to: string, message: AdapterPostableMessage) {
			const { channel, threadTs } = adapter.decodeThreadId(to);
			const thread = threadTs === "" ? {} : { thread_ts: threadTs };
			const call = { channel, ...thread, ...inert, ...quiet, ...sentOf(message) };
			const result = await asked(() => adapter.webClient.chat.postMessage(call as never));
			return { id: result.ts ?? "", threadId: to, raw: result };
		},
		async editMessage(to: string, messageId: string, message: AdapterPostableMessage) {
			const { channel } = adapter.decodeThreadId(to);
			const call = { channel, ts: messageId, ...inert, ...sentOf(message) };
			const result = await asked(() => adapter.webClient.chat.update(call as never));
			return { id: result.ts ?? messageId, threadId: to, raw: result };
		},
		async openDM(userId: string) {
			const { channel } = await asked(() => adapter.webClient.conversations.open({ users: userId }));
			return adapter.encodeThreadId({ channel: channel?.id ?? "", threadTs: "" });
		},
	};
}

function sentOf(message: AdapterPostableMessage): SlackMessage {
	if (typeof message === "object" && "raw" in message) return JSON.parse(message.raw) as SlackMessage;
	if (typeof message === "string") return noticeBlocks(message);
	throw new Error("Slack is sent texts and cards of ours only.");
}

interface Message {
	readonly channel?: string | undefined;
	readonly ts?: string | undefined;
	readonly thread_ts?: string | undefined;
}

interface Interaction {
	readonly channel?: { readonly id?: string };
	readonly message?: Message;
}

function withPlaces(chat: ChatInstance): ChatInstance {
	const processAction: ChatInstance["processAction"] = (event, options) =>
		chat.processAction({ ...event, threadId: threadOfAction(event) }, options);
	return new Proxy(chat, {
		get(target, name) {
			if (name === "processAction") return processAction;
			const found: unknown = Reflect.get(target, name);
			return typeof found === "function" ? found.bind(target) : found;
		},
	});
}

function threadOfAction({ raw, threadId: given }: Pick<ActionEvent, "raw" | "threadId">): string {
	const { channel, message } = (raw ?? {}) as Interaction;
	return channel?.id === undefined || message === undefined ? given : threadId(channel.id, message);
}

/** The first message of a thread names itself as its thread. */
function threadId(channel: string, { ts, thread_ts }: Message): string {
	return `slack:${channel}:${thread_ts === undefined || thread_ts === ts ? "" : thread_ts}`;
}
