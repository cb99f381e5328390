// The SDK's Slack adapter with our way of sending: its own makes markup of cards and mentions of names. And with threads as people see them:
// a message that nobody has answered is in none. Loaded only when a channel starts.
import { SlackAdapter } from "@chat-adapter/slack";
import type { AdapterPostableMessage, WebhookOptions } from "chat";
import { asked } from "./slack-api.js";
import { noticeBlocks, type SlackMessage } from "./slack-blocks.js";

/** Everything that may turn text into something else, off. */
const inert = { parse: "none", link_names: false } as const;
const quiet = { mrkdwn: false, unfurl_links: false, unfurl_media: false } as const;

interface Message {
	readonly channel?: string | undefined;
	readonly ts?: string | undefined;
	readonly thread_ts?: string | undefined;
}

interface Pressed {
	readonly actions: readonly { readonly action_id: string; readonly value?: string }[];
	readonly channel?: { readonly id?: string };
	readonly message?: Message;
	readonly trigger_id: string;
	readonly user: { readonly id: string; readonly username?: string; readonly name?: string };
}

export class CardSlack extends SlackAdapter {
	override async postMessage(to: string, message: AdapterPostableMessage) {
		const { channel, threadTs } = this.decodeThreadId(to);
		const thread = threadTs === "" ? {} : { thread_ts: threadTs };
		const call = { channel, ...thread, ...inert, ...quiet, ...sentOf(message) };
		const result = await asked(() => this.webClient.chat.postMessage(call as never));
		return { id: result.ts ?? "", threadId: to, raw: result };
	}

	override async editMessage(to: string, messageId: string, message: AdapterPostableMessage) {
		const { channel } = this.decodeThreadId(to);
		const call = { channel, ts: messageId, ...inert, ...sentOf(message) };
		const result = await asked(() => this.webClient.chat.update(call as never));
		return { id: result.ts ?? messageId, threadId: to, raw: result };
	}

	override async openDM(userId: string): Promise<string> {
		const { channel } = await asked(() => this.webClient.conversations.open({ users: userId }));
		return this.encodeThreadId({ channel: channel?.id ?? "", threadTs: "" });
	}

	/** The journal knows repeats; the SDK would drop an event that Slack sends again because its first handling failed. */
	protected override markEventDelivered(): void {}

	protected override threadIdForMessageEvent({ channel = "", ts, thread_ts }: Message): string {
		return threadId(channel, { ts, thread_ts });
	}

	/** A press that is on no message is none of ours: its place is nowhere. */
	protected override handleBlockActions(payload: Pressed, options?: WebhookOptions): void {
		const { actions, channel, message, trigger_id: triggerId, user } = payload;
		const name = user.name ?? user.username ?? "unknown";
		const who = { userId: user.id, userName: user.username ?? name, fullName: name, isBot: false, isMe: false };
		const place = channel?.id === undefined || message === undefined ? "" : threadId(channel.id, message);
		const press = { adapter: this, messageId: message?.ts ?? "", raw: payload, threadId: place, triggerId, user: who };
		for (const { action_id: actionId, value } of actions)
			void this.chat?.processAction({ ...press, actionId, value }, options);
	}
}

function sentOf(message: AdapterPostableMessage): SlackMessage {
	if (typeof message === "object" && "raw" in message) return JSON.parse(message.raw) as SlackMessage;
	if (typeof message === "string") return noticeBlocks(message);
	throw new Error("Slack is sent texts and cards of ours only.");
}

/** The first message of a thread names itself as its thread. */
function threadId(channel: string, { ts, thread_ts }: Message): string {
	return `slack:${channel}:${thread_ts === undefined || thread_ts === ts ? "" : thread_ts}`;
}
