// Microsoft Teams behind the interface of a platform: Adaptive Cards out through the Bot Framework, its signed activities in over HTTP.
import type { TeamsAdapter } from "@chat-adapter/teams";
import type { Adapter } from "chat";
import type { Inbox, Place, Received, Reply } from "../../../ports/ports.js";
import { creating } from "../chat/channel.js";
import { loadPackage } from "../chat/packages.js";
import type { Platform, PlatformOptions } from "../chat/platform.js";
import { cardCharacters, cardElement, noticeCharacters, noticeText } from "./teams-card.js";
import { failureOf } from "./teams-failure.js";
import type { Settings } from "./teams-kind.js";
import type { Sender } from "./teams-sdk.js";

export type TeamsOptions = PlatformOptions<Settings>;

export const create = creating(createTeams);

/** Serves every region; a bot of a national cloud names its own. */
const globalService = "https://smba.trafficmanager.net/teams";

export function createTeams({ channel, secret }: TeamsOptions): Platform {
	const { appId, tenantId, conversation } = channel;
	const apiUrl = channel.apiUrl === undefined ? null : withoutSlash(channel.apiUrl);
	const serviceUrl = withoutSlash(channel.serviceUrl ?? (apiUrl === null ? globalService : `${apiUrl}/teams`));
	/** Thread ids of direct messages, by person: Teams answers with the same conversation for ever. */
	const direct = new Map<string, string>();
	const ours = new Set([conversation, ...channel.conversations].map(baseOf));

	async function threadOf(adapter: Adapter, { conversation: other, thread, person }: Place): Promise<string> {
		if (person !== null) return directThread(teamsOf(adapter), person);
		const id = other ?? conversation;
		const conversationId = thread === null || !hasThreads(id) ? id : `${baseOf(id)};messageid=${thread}`;
		return teamsOf(adapter).encodeThreadId({ conversationId, serviceUrl });
	}

	async function directThread(adapter: TeamsAdapter, person: string): Promise<string> {
		const threadId = direct.get(person) ?? (await adapter.openDM(person));
		direct.set(person, threadId);
		return threadId;
	}

	/** A personal conversation is its person's alone, and everybody may start one. */
	function placeOf(adapter: Adapter, threadId: string): Place | null {
		const teams = teamsOf(adapter);
		const { conversationId } = teams.decodeThreadId(threadId);
		const base = baseOf(conversationId);
		if (teams.isDM(threadId)) return { conversation: conversationId, thread: null, person: null };
		if (!ours.has(base)) return null;
		const thread = /;messageid=(\d+)/.exec(conversationId)?.[1] ?? null;
		return { conversation: base === baseOf(conversation) ? null : base, thread, person: null };
	}

	return {
		surface: "teams",
		key: "teams",
		can: {
			edit: true,
			buttons: true,
			directMessage: true,
			thread: true,
			lookup: false,
			cardCharacters,
			// Of one conversation Teams takes 60 edits in 30 s and 1,800 in an hour.
			refreshMs: 30_000,
		},
		limits: { message: noticeCharacters, pieces: 16 },
		async open({ name, log, signal }) {
			const password = () => secret(channel.password);
			const { openTeamsAdapter } = await loadPackage("@chat-adapter/teams", () => import("./teams-sdk.js"));
			const adapter = await openTeamsAdapter({ name, appId, tenantId, password, serviceUrl, apiUrl, log, signal });
			return adapter as unknown as Adapter;
		},
		threadOf,
		placeOf,
		messageOf: (card, value) => ({ card: cardElement(card, value) }),
		textOf: (text) => ({ raw: noticeText(text) }),
		async answer(adapter, { threadId, userId, sentence, raw }) {
			const text = { raw: noticeText(sentence) };
			if (teamsOf(adapter).isDM(threadId)) return void (await adapter.postMessage(threadId, text));
			const { from } = raw as { readonly from?: Sender };
			await teamsOf(adapter).postEphemeral(threadId, from?.botUserId ?? userId, text);
		},
		eventIdOf: (raw) => textIn((raw as { readonly id?: unknown } | null)?.id),
		failureOf,
		before: async (request, inbox) => refusedBefore(request, inbox),
		address: () => `Teams, ${conversation}`,
	};
}

/** The package may bring a copy of `chat` of its own, whose types are other ones. */
function teamsOf(adapter: Adapter): TeamsAdapter {
	return adapter as unknown as TeamsAdapter;
}

/**
 * One bot may be reached through other channels of the Bot Framework too, whose activities Microsoft signs all the same. Over Direct Line the
 * client itself says who it is: only what comes from Teams has an identity.
 */
function refusedBefore({ method, body }: Received, inbox: Inbox): Reply | null {
	if (method !== "POST") return reply(405, "Activities are posted.");
	const activity = activityIn(body);
	if (activity === null) {
		inbox.refused({ code: "body_malformed", detail: "An activity is a JSON object." });
		return reply(400, "An activity is a JSON object.");
	}
	if (activity.channelId === "msteams") return null;
	const from = JSON.stringify(String(activity.channelId).slice(0, 40));
	inbox.refused({
		code: "channel_foreign",
		detail: `An activity of the channel ${from}, which does not prove who speaks.`,
	});
	return { ...reply(403, "Only Teams may speak here."), forged: true };
}

function activityIn(body: Uint8Array): Readonly<Record<string, unknown>> | null {
	try {
		const value: unknown = JSON.parse(Buffer.from(body).toString("utf8"));
		return typeof value === "object" && value !== null && !Array.isArray(value)
			? (value as Record<string, unknown>)
			: null;
	} catch {
		return null;
	}
}

function reply(status: number, message: string): Reply {
	return { status, headers: { "content-type": "application/json" }, body: JSON.stringify({ error: message }) };
}

function textIn(value: unknown): string | null {
	return typeof value === "string" && value !== "" ? value : null;
}

/** Channels of teams have threads, chats have none. */
function hasThreads(conversation: string): boolean {
	return /@thread\.(?:tacv2|skype)/.test(conversation);
}

function baseOf(conversation: string): string {
	return conversation.replace(/;messageid=\d+$/, "");
}

function withoutSlash(url: string): string {
	return url.replace(/\/+$/, "");
}
