// Slack behind the interface of a platform: over its socket, or by signed posts. What is sent is ours, block by block; the SDK's adapter
// takes apart what comes in.
import { randomBytes } from "node:crypto";
import type { SlackAdapter } from "@chat-adapter/slack";
import type { AdapterPostableMessage } from "chat";
import type { Place } from "../../../core/place.js";
import { type Capabilities, DeliveryFailed } from "../../../ports/ports.js";
import { creating } from "../chat/channel.js";
import { loadPackage } from "../chat/packages.js";
import type { Platform, PlatformOptions, PlatformParts } from "../chat/platform.js";
import { createSdkLog } from "../chat/sdk-log.js";
import { asked, clientOptions, slackApiUrl, slackFailure } from "./slack-api.js";
import { cardBlocks, cardCharacters, noticeBlocks, type SlackMessage } from "./slack-blocks.js";
import { type EventParts, posted } from "./slack-events.js";
import type { Settings } from "./slack-kind.js";
import { findCard, tellOne } from "./slack-messages.js";
import { openSocket } from "./slack-socket.js";

export type SlackOptions = PlatformOptions<Settings>;

export const create = creating(createSlack);

const packageName = "@chat-adapter/slack";

const can: Capabilities = {
	edit: true,
	buttons: true,
	directMessage: true,
	thread: true,
	lookup: true,
	cardCharacters,
	// Slack takes 50 edits a minute.
	refreshMs: 15_000,
};

/** What an open channel is made of. */
interface Opened extends EventParts {
	readonly signingSecret: string;
	readonly address: string;
}

export function createSlack(options: SlackOptions): Platform {
	const { channel } = options;
	const apiUrl = `${channel.apiUrl ?? slackApiUrl}`.replace(/\/*$/, "/");
	const forwardingSecret = randomBytes(32).toString("hex");
	let opened: Opened | null = null;
	return {
		surface: "slack",
		key: "slack",
		can,
		limits: { message: 4_000, pieces: 8 },
		async open(parts) {
			opened = await opening({ ...options, apiUrl, forwardingSecret, ...parts });
			return opened.adapter;
		},
		async listen(adapter, parts) {
			if (channel.mode === "webhook") return;
			const appToken = await secretOf(options, "appToken");
			await openSocket({ ...parts, adapter: adapter as SlackAdapter, appToken, apiUrl, forwardingSecret });
		},
		threadOf: async (adapter, { conversation, thread, person }) =>
			person === null
				? `slack:${conversation ?? channel.channel}:${thread ?? ""}`
				: (adapter as SlackAdapter).openDM(person),
		placeOf: (_, threadId) => placeOf(threadId, channel),
		messageOf: (card, value) => raw(cardBlocks(card, value)),
		textOf: (text) => raw(noticeBlocks(text)),
		find: (adapter, threadId, value) => findCard(adapter as SlackAdapter, threadId, value),
		answer: (adapter, answered) => tellOne(adapter as SlackAdapter, answered, apiUrl),
		eventIdOf,
		failureOf: (error) => (error instanceof DeliveryFailed || isSlacks(error) ? slackFailure(error) : null),
		receives: channel.mode === "webhook",
		before: (request, inbox) => posted({ signingSecret: opened?.signingSecret ?? "", parts: opened }, request, inbox),
		address: () => opened?.address ?? `Slack, ${channel.channel}`,
	};
}

type Opening = SlackOptions & PlatformParts & { readonly apiUrl: string; readonly forwardingSecret: string };

async function opening(parts: Opening): Promise<Opened> {
	const { channel, secret, apiUrl, forwardingSecret, name, log } = parts;
	const { CardSlack } = await loadPackage(packageName, () => import("./slack-adapter.js"));
	const signingSecret = channel.mode === "webhook" ? await secretOf(parts, "signingSecret") : "";
	const options = {
		apiUrl,
		botToken: await secret(channel.token),
		mode: "webhook" as const,
		// What comes over the socket bears the forwarding secret; what comes over HTTP is signed.
		...(channel.mode === "webhook" ? { signingSecret } : { webhookVerifier: () => false }),
		socketForwardingSecret: forwardingSecret,
		encryptionKey: "",
		userName: name,
		logger: createSdkLog({ channel: name, log }),
		webClientOptions: clientOptions(),
	};
	const { webClient } = new CardSlack(options);
	const { user_id, team_id } = await asked(() => webClient.auth.test());
	const adapter = new CardSlack({ ...options, ...(user_id === undefined ? {} : { botUserId: user_id }) });
	const address = `https://app.slack.com/client/${team_id}/${channel.channel}`;
	return { adapter, forwardingSecret, signingSecret, address };
}

async function secretOf({ channel, secret }: SlackOptions, key: "appToken" | "signingSecret"): Promise<string> {
	const source = channel[key];
	if (source === undefined) throw new DeliveryFailed({ code: "refused", message: `Slack needs ${key}.` });
	return secret(source);
}

/** Direct messages come from whom Slack says, so they are in no list. */
function placeOf(threadId: string, { channel, conversations }: Settings): Place | null {
	const [, conversation = "", thread = ""] = threadId.split(":");
	if (conversation !== channel && !conversations.includes(conversation) && !conversation.startsWith("D")) return null;
	return {
		conversation: conversation === channel ? null : conversation,
		thread: thread === "" ? null : thread,
		person: null,
	};
}

/** The SDK's way to hand on what the platform takes as it is. */
const raw = (message: SlackMessage): AdapterPostableMessage => ({ raw: JSON.stringify(message) });

interface Happened {
	readonly trigger_id?: unknown;
	readonly actions?: readonly { readonly action_ts?: unknown }[];
	readonly channel?: unknown;
	readonly ts?: unknown;
}

/** Of a click its trigger, of a message its place and time. */
function eventIdOf(event: unknown): string | null {
	const { trigger_id, actions, channel, ts } = (event ?? {}) as Happened;
	if (typeof trigger_id === "string") return `${trigger_id}:${String(actions?.[0]?.action_ts ?? "")}`;
	return typeof channel === "string" && typeof ts === "string" ? `${channel}:${ts}` : null;
}

function isSlacks(error: unknown): boolean {
	return /^slack_webapi_/.test(String((error as { code?: unknown } | null)?.code));
}
