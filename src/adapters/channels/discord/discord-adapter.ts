// The SDK's adapter with our way of sending: its own waits for ever, cannot say that nobody is to be pinged, and turns names into mentions.
import type { Adapter, AdapterPostableMessage } from "chat";
import type { DiscordApi } from "./discord-api.js";
import { type DiscordMessage, noticeMessage, valueMark } from "./discord-text.js";

const pageSize = 100;
const pages = 3;

/** As @chat-adapter/discord has it; its own type is of another copy of chat. */
export type DiscordSdk = Adapter<{ guildId: string; channelId: string; threadId?: string }> & {
	openDM(userId: string): Promise<string>;
};

/** The same adapter. */
export function ours(adapter: DiscordSdk, api: DiscordApi): DiscordSdk {
	const direct = new Map<string, string>();
	const pathOf = (threadId: string) => {
		const { channelId, threadId: thread } = adapter.decodeThreadId(threadId);
		return `/channels/${thread ?? channelId}/messages`;
	};
	return Object.assign(adapter, {
		async postMessage(threadId: string, message: AdapterPostableMessage) {
			const raw = await api.call<{ id: string }>("POST", pathOf(threadId), sentOf(message));
			return { id: raw.id, threadId, raw };
		},
		async editMessage(threadId: string, messageId: string, message: AdapterPostableMessage) {
			const raw = await api.call<{ id: string }>("PATCH", `${pathOf(threadId)}/${messageId}`, sentOf(message));
			return { id: raw.id, threadId, raw };
		},
		/** Discord limits how many are opened. */
		async openDM(recipient_id: string) {
			const known = direct.get(recipient_id);
			const id = known ?? (await api.call<{ id: string }>("POST", "/users/@me/channels", { recipient_id })).id;
			direct.set(recipient_id, id);
			return adapter.encodeThreadId({ guildId: "@me", channelId: id });
		},
	} as Partial<DiscordSdk>);
}

function sentOf(message: AdapterPostableMessage): DiscordMessage {
	if (typeof message === "object" && "raw" in message) return JSON.parse(message.raw) as DiscordMessage;
	if (typeof message === "string") return noticeMessage(message);
	throw new Error("Discord is sent texts and cards of ours only.");
}

interface Found {
	readonly id: string;
	readonly author?: { readonly id?: string };
	readonly components?: readonly { readonly components?: readonly { readonly custom_id?: string }[] }[];
}

interface Sought {
	readonly adapter: DiscordSdk;
	readonly api: DiscordApi;
	readonly threadId: string;
	readonly value: string;
	/** Of the bot. */
	readonly userId: string;
}

/** The newest of ours. */
export async function findCard(sought: Sought): Promise<string | null> {
	const { adapter, api } = sought;
	const { channelId, threadId: thread } = adapter.decodeThreadId(sought.threadId);
	let before = "";
	for (let page = 0; page < pages; page++) {
		const query = `limit=${pageSize}${before === "" ? "" : `&before=${before}`}`;
		const found = await api.call<readonly Found[]>("GET", `/channels/${thread ?? channelId}/messages?${query}`);
		const card = found.find(
			({ author, components }) => author?.id === sought.userId && carries(components, sought.value),
		);
		if (card !== undefined) return card.id;
		if (found.length < pageSize) return null;
		before = found.at(-1)?.id ?? "";
	}
	return null;
}

function carries(rows: Found["components"], value: string): boolean {
	const ids = (rows ?? []).flatMap(({ components = [] }) => components.map(({ custom_id = "" }) => custom_id));
	return ids.some((id) => id.slice(id.indexOf(valueMark) + 1) === value);
}
