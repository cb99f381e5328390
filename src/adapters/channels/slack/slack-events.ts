// What Slack brings, over the socket or by a signed post: forms are answered here, everything else goes to the SDK's adapter. Decides nothing.
import type { SlackAdapter } from "@chat-adapter/slack";
import type { Inbox, Received, Reply } from "../../../ports/ports.js";
import { filledIn, opensForm, type Payload } from "./slack-phrase.js";
import { unsigned } from "./slack-signature.js";

export interface EventParts {
	readonly adapter: SlackAdapter;
	/** With which the adapter knows that an event is ours. */
	readonly forwardingSecret: string;
}

export interface Event {
	/** As the socket names it: `interactive`, `events_api`, `slash_commands`. */
	readonly type: string;
	readonly body: unknown;
	/** Collects what the event waits for. */
	readonly wait: (task: Promise<unknown>) => void;
}

export interface Taken {
	readonly status: number;
	/** For the acknowledgement. */
	readonly response?: object | undefined;
}

export async function take(parts: EventParts, event: Event): Promise<Taken> {
	const form = event.type === "interactive" ? await takeForm(parts, event) : null;
	return form ?? handOn(parts, event);
}

/** Null: it is about no form. */
async function takeForm(parts: EventParts, { body, wait }: Event): Promise<Taken | null> {
	const payload = (body ?? {}) as Payload;
	if (await opensForm(parts.adapter, payload)) return { status: 200 };
	const filled = filledIn(payload);
	if (filled === null) return null;
	if (filled.words !== null) await handOn(parts, { type: "events_api", body: filled.words, wait });
	return { status: 200, response: filled.response };
}

async function handOn({ adapter, forwardingSecret }: EventParts, { type, body, wait }: Event): Promise<Taken> {
	const request = new Request("http://slack.invalid/", {
		method: "POST",
		headers: { "content-type": "application/json", "x-slack-socket-token": forwardingSecret },
		body: JSON.stringify({ type: "socket_event", eventType: type, body, timestamp: Date.now() }),
	});
	const { status } = await adapter.handleWebhook(request, { waitUntil: wait, propagateHandlerErrors: true });
	return { status };
}

export interface PostParts {
	readonly signingSecret: string;
	/** Null: the channel is not open. */
	readonly parts: EventParts | null;
}

/** A signed post, before the SDK sees it; null: it takes it from here. */
export async function posted(
	{ signingSecret, parts }: PostParts,
	request: Received,
	inbox: Inbox,
): Promise<Reply | null> {
	const refusal = unsigned(request, inbox, signingSecret);
	if (refusal !== null || parts === null) return refusal;
	const work: Promise<unknown>[] = [];
	const event = {
		type: "interactive",
		body: payloadOf(request),
		wait: (task: Promise<unknown>) => void work.push(task),
	};
	try {
		const taken = await takeForm(parts, event);
		await Promise.all(work);
		return taken === null ? null : replyOf(taken);
	} catch (error) {
		inbox.refused({ code: "form_failed", detail: String(error).slice(0, 200) });
		return { status: 500, headers: {}, body: "" };
	}
}

function replyOf({ status, response }: Taken): Reply {
	if (response === undefined) return { status, headers: {}, body: "" };
	return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(response) };
}

/** Of a form; null where there is none that can be read. */
function payloadOf({ headers, body }: Received): unknown {
	if (!(headers["content-type"] ?? "").includes("application/x-www-form-urlencoded")) return null;
	try {
		return JSON.parse(new URLSearchParams(Buffer.from(body).toString("utf8")).get("payload") ?? "null");
	} catch {
		return null;
	}
}
