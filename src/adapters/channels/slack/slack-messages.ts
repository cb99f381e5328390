// What is asked and said beside posting: a card found again by its button, and a sentence that only one person sees.
import type { SlackAdapter } from "@chat-adapter/slack";
import type { DeliveryFailed } from "../../../ports/ports.js";
import type { Answered } from "../chat/platform.js";
import { asked } from "./slack-api.js";
import { section } from "./slack-blocks.js";

const pageSize = 100;
const pages = 3;
const responseMs = 5_000;

interface Found {
	readonly ts?: string | undefined;
	readonly user?: string | undefined;
	readonly blocks?: unknown;
}

interface Page {
	readonly messages?: readonly Found[];
	readonly response_metadata?: { readonly next_cursor?: string };
}

/** The newest of ours; null as well where the app may not read. */
export async function findCard(adapter: SlackAdapter, threadId: string, value: string): Promise<string | null> {
	const { channel, threadTs } = adapter.decodeThreadId(threadId);
	const { conversations } = adapter.webClient;
	let newest: string | null = null;
	let cursor: string | undefined;
	for (let page = 0; page < pages; page++) {
		const window = { channel, limit: pageSize, ...(cursor === undefined ? {} : { cursor }) };
		const call = () =>
			threadTs === "" ? conversations.history(window) : conversations.replies({ ...window, ts: threadTs });
		const found = (await asked(call as () => Promise<Page>).catch(unlessUnread)) ?? {};
		for (const message of found.messages ?? [])
			if (message.user === adapter.botUserId && carries(message.blocks, value) && (message.ts ?? "") > (newest ?? ""))
				newest = message.ts ?? null;
		cursor = found.response_metadata?.next_cursor;
		if (newest !== null && threadTs === "") return newest;
		if (cursor === undefined || cursor === "") return newest;
	}
	return newest;
}

/** Without the scope channels:history there is nothing to find, and sending goes on. */
function unlessUnread(error: DeliveryFailed): null {
	if (/missing_scope|not_in_channel/.test(error.message)) return null;
	throw error;
}

function carries(blocks: unknown, value: string): boolean {
	if (!Array.isArray(blocks)) return false;
	const elements = blocks.flatMap((block: { elements?: unknown }) =>
		Array.isArray(block.elements) ? block.elements : [],
	);
	return elements.some((element: { value?: unknown }) => element.value === value);
}

interface Interaction {
	readonly channel?: { readonly id?: string };
	readonly message?: { readonly thread_ts?: string };
	readonly response_url?: unknown;
}

/** Ephemeral; where the bot is no member, by the address that Slack gave with the click. */
export async function tellOne(adapter: SlackAdapter, { threadId, userId, sentence, raw }: Answered, apiUrl: string) {
	const { channel, message, response_url } = (raw ?? {}) as Interaction;
	const to = channel?.id ?? adapter.decodeThreadId(threadId).channel;
	const thread = message?.thread_ts === undefined ? {} : { thread_ts: message.thread_ts };
	const said = { text: sentenceText(sentence), blocks: [section(sentence)] };
	const call = { channel: to, user: userId, ...thread, parse: "none", link_names: false, ...said };
	try {
		await asked(() => adapter.webClient.chat.postEphemeral(call as never));
	} catch (error) {
		if (!isSlacks(response_url, apiUrl) || !(await isTaken(response_url, said))) throw error;
	}
}

const sentenceText = (sentence: string): string => (section(sentence).text as { readonly text: string }).text;

/** It has limits of its own. */
async function isTaken(url: string, said: object): Promise<boolean> {
	const body = JSON.stringify({ response_type: "ephemeral", replace_original: false, ...said });
	const headers = { "content-type": "application/json" };
	const signal = AbortSignal.timeout(responseMs);
	return fetch(url, { method: "POST", headers, body, signal, redirect: "error" }).then(
		({ ok, body: answer }) => {
			void answer?.cancel();
			return ok;
		},
		() => false,
	);
}

/** Slack's own, or the server that stands in its place. */
function isSlacks(url: unknown, apiUrl: string): url is string {
	if (typeof url !== "string" || !URL.canParse(url)) return false;
	const { protocol, host, origin } = new URL(url);
	return (protocol === "https:" && /^hooks\.slack(-gov)?\.com$/.test(host)) || origin === new URL(apiUrl).origin;
}
