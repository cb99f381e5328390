// Discord behind the interface of a platform: over its gateway, or by signed interactions over HTTP. What is sent is ours, field by field;
// the SDK's adapter takes apart what comes in.
import { randomBytes } from "node:crypto";
import type { Adapter } from "chat";
import type { Place } from "../../../core/place.js";
import { type Capabilities, DeliveryFailed } from "../../../ports/ports.js";
import { creating } from "../chat/channel.js";
import { loadPackage } from "../chat/packages.js";
import type { Platform, PlatformOptions, PlatformParts } from "../chat/platform.js";
import { createSdkLog } from "../chat/sdk-log.js";
import { type DiscordSdk, findCard, ours } from "./discord-adapter.js";
import { createDiscordApi, type DiscordApi, discordApiUrl } from "./discord-api.js";
import { bears, createEvents } from "./discord-events.js";
import { openGateway } from "./discord-gateway.js";
import { createInteractions, type Interaction, type Interactions } from "./discord-interactions.js";
import type { Settings } from "./discord-kind.js";
import { posted } from "./discord-posts.js";
import { cardCharacters, cardMessage, noticeMessage } from "./discord-text.js";

export type DiscordOptions = PlatformOptions<Settings>;

export const create = creating(createDiscord);

const packageName = "@chat-adapter/discord";

const can: Capabilities = {
	edit: true,
	buttons: true,
	directMessage: true,
	thread: true,
	lookup: true,
	cardCharacters,
	// Discord counts down by itself.
	refreshMs: null,
};

/** What an open channel is made of. */
interface Opened {
	readonly adapter: DiscordSdk;
	readonly api: DiscordApi;
	readonly interactions: Interactions;
	readonly token: string;
	/** Of the bot. */
	readonly userId: string;
}

export function createDiscord(options: DiscordOptions): Platform {
	const { channel } = options;
	const { mode, publicKey = "" } = channel;
	const mark = randomBytes(32).toString("hex");
	let newest: Opened | null = null;
	const openings = new WeakMap<Adapter, Opened>();
	const openedOf = (adapter: Adapter): Opened => {
		const opened = openings.get(adapter);
		if (opened === undefined) throw new Error("This adapter is none of this channel's.");
		return opened;
	};
	return {
		surface: "discord",
		key: "discord",
		can,
		limits: { message: 1_800, pieces: 8 },
		async open(parts) {
			newest = await opening({ ...options, ...parts, mark });
			openings.set(newest.adapter, newest);
			return newest.adapter;
		},
		async listen(adapter, parts) {
			if (mode === "interactions") return;
			const opened = openedOf(adapter);
			await openGateway({ ...parts, ...opened, take: createEvents({ ...parts, ...opened, mark }) });
		},
		threadOf: (adapter, to) => threadOf(adapter as DiscordSdk, to, channel),
		placeOf: (_, threadId) => placeOf(threadId, channel),
		messageOf: (card, value) => ({ raw: JSON.stringify(cardMessage(card, value)) }),
		textOf: (text) => ({ raw: JSON.stringify(noticeMessage(text)) }),
		find: (adapter, threadId, value) => findCard({ ...openedOf(adapter), threadId, value }).catch(unlessUnread),
		async answer(adapter, { raw, sentence }) {
			if (!isInteraction(raw)) throw new DeliveryFailed({ code: "refused", message: "This was no interaction." });
			await openedOf(adapter).interactions.tell(raw, sentence);
		},
		eventIdOf: (raw) => ((raw ?? {}) as { id?: string }).id ?? null,
		receives: mode === "interactions",
		before: (request, inbox) => posted({ publicKey, opened: () => newest }, request, inbox),
		address: () => `https://discord.com/channels/${channel.guild ?? "@me"}/${channel.channel}`,
	};
}

type Opening = DiscordOptions & PlatformParts & { readonly mark: string };

async function opening({ channel, secret, mark, name, log }: Opening): Promise<Opened> {
	const { DiscordAdapter: Sdk } = await loadPackage(packageName, () => import("@chat-adapter/discord"));
	const { applicationId, mode, publicKey = "" } = channel;
	const token = await secret(channel.token);
	const apiUrl = (channel.apiUrl ?? discordApiUrl).replace(/\/+$/, "");
	const api = createDiscordApi({ apiUrl, token });
	const { id: userId } = await api.call<{ id: string }>("GET", "/users/@me");
	const sdk = new Sdk({
		apiUrl,
		applicationId,
		botToken: token,
		...(mode === "gateway" ? { webhookVerifier: bears(mark) } : { publicKey }),
		mentionRoleIds: [],
		respondToChannelIds: [],
		userName: name,
		logger: createSdkLog({ channel: name, log }),
	});
	const adapter = ours(sdk as unknown as DiscordSdk, api);
	return { adapter, api, token, userId, interactions: createInteractions(api, applicationId) };
}

async function threadOf(adapter: DiscordSdk, to: Place, channel: Settings): Promise<string> {
	if (to.person !== null) return adapter.openDM(to.person);
	return adapter.encodeThreadId({
		guildId: channel.guild ?? "@me",
		channelId: to.conversation ?? channel.channel,
		...(to.thread === null ? {} : { threadId: to.thread }),
	});
}

/** Direct messages come from whom Discord says, so they are in no list. */
function placeOf(threadId: string, { channel, conversations }: Settings): Place | null {
	const [, guild = "", conversation = "", thread = null] = threadId.split(":");
	if (guild !== "@me" && conversation !== channel && !conversations.includes(conversation)) return null;
	return { conversation: conversation === channel ? null : conversation, thread, person: null };
}

/** Without the permission to read the history there is nothing to find, and sending goes on. */
function unlessUnread(error: DeliveryFailed): null {
	if (error.code === "refused") return null;
	throw error;
}

function isInteraction(raw: unknown): raw is Interaction {
	const { id, token } = (raw ?? {}) as Partial<Interaction>;
	return typeof id === "string" && typeof token === "string";
}
