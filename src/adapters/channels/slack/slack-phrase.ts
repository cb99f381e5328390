// The form that asks for a phrase, where a press is not enough to approve: a modal, whose words are handed in as if they had been written
// in the conversation. Decides nothing. After https://docs.slack.dev/surfaces/modals.
import type { SlackAdapter } from "@chat-adapter/slack";
import { asked } from "./slack-api.js";

/** The `action_id` of a button that opens the form. */
export const typeAction = "type";
const form = "deadman_phrase";

export interface Payload {
	readonly type?: unknown;
	readonly trigger_id?: unknown;
	readonly user?: { readonly id?: unknown };
	readonly channel?: { readonly id?: string };
	readonly message?: { readonly ts?: string; readonly thread_ts?: string };
	readonly actions?: readonly { readonly action_id?: unknown; readonly value?: unknown }[];
	readonly view?: {
		readonly callback_id?: unknown;
		readonly hash?: unknown;
		readonly private_metadata?: string;
		readonly state?: {
			readonly values?: Readonly<Record<string, Readonly<Record<string, { readonly value?: unknown }>>>>;
		};
	};
}

/** Where the words belong: Slack gives it back with the form. */
interface Origin {
	readonly swapId: string;
	readonly channel: string;
	readonly thread: string | null;
}

/** False: it was another press. Rejects with DeliveryFailed where the form does not open. */
export async function opensForm(
	adapter: SlackAdapter,
	{ type, trigger_id, channel, message, actions }: Payload,
): Promise<boolean> {
	const [action] = actions ?? [];
	const swapId = /^sw_[a-z0-9]{6}(?=\.)/.exec(String(action?.value))?.[0];
	if (type !== "block_actions" || action?.action_id !== typeAction || swapId === undefined) return false;
	const isThread = message?.thread_ts !== undefined && message.thread_ts !== message.ts;
	const origin: Origin = { swapId, channel: channel?.id ?? "", thread: isThread ? (message.thread_ts ?? null) : null };
	const call = { trigger_id: String(trigger_id), view: viewOf(origin) };
	await asked(() => adapter.webClient.views.open(call as never));
	return true;
}

function viewOf(origin: Origin): object {
	const plain = (text: string) => ({ type: "plain_text", text, emoji: false });
	const element = { type: "plain_text_input", action_id: form, max_length: 100 };
	return {
		type: "modal",
		callback_id: form,
		private_metadata: JSON.stringify(origin),
		title: plain(`Approve ${origin.swapId}`),
		submit: plain("Approve"),
		close: plain("Cancel"),
		blocks: [{ type: "input", block_id: form, label: plain("The phrase that the card names"), element }],
	};
}

export interface Filled {
	/** As an `events_api` body. Null: they name another swap, or none. */
	readonly words: object | null;
	/** The answer to the submission: Slack closes the form, or shows what is wrong in it. */
	readonly response: object | undefined;
}

/** Null: no form of ours. */
export function filledIn({ type, user, view }: Payload): Filled | null {
	if (type !== "view_submission" || view?.callback_id !== form) return null;
	const { swapId, channel, thread } = originOf(view.private_metadata);
	const typed = String(view.state?.values?.[form]?.[form]?.value ?? "");
	if (!typed.includes(swapId)) {
		const errors = { [form]: "This is not the phrase that the card names. Nothing was decided." };
		return { words: null, response: { response_action: "errors", errors } };
	}
	// Of one form only, so that one that Slack sends again is the same words.
	const ts = String(view.hash)
		.replace(/[^\d.]/g, "")
		.slice(0, 30);
	const event = {
		type: "message",
		user: user?.id,
		text: typed,
		channel,
		ts,
		...(thread === null ? {} : { thread_ts: thread }),
	};
	return { words: { type: "event_callback", event }, response: undefined };
}

function originOf(text = ""): Origin {
	const { swapId, channel, thread } = JSON.parse(text) as Partial<Origin>;
	if (typeof swapId !== "string" || typeof channel !== "string") throw new Error("The form names no card.");
	return { swapId, channel, thread: typeof thread === "string" ? thread : null };
}
