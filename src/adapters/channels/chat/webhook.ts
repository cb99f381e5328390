// A request of the platform over HTTP: handed to the SDK's adapter, which verifies it, and answered only when the click in it is stored.
// What is not genuine is counted and changes nothing.
import type { Inbox, Log, Received, Reply } from "../../../ports/ports.js";
import type { Connection } from "./connection.js";
import type { Platform } from "./platform.js";
import { pause } from "./time-limit.js";

export interface WebhookParts {
	readonly name: string;
	readonly platform: Platform;
	readonly log: Log;
}

export interface Receiving {
	readonly connection: Connection;
	readonly inbox: Inbox;
}

/** Slack and Discord wait for 3 s. */
const ANSWER_MS = 2_500;

/** Where we could not store what came: the platform sends it again. */
const again: Reply = { status: 503, headers: { "retry-after": "1" }, body: "Not taken. Send it again." };
export const notOpen: Reply = { status: 503, headers: { "retry-after": "5" }, body: "The channel is not open yet." };

export async function receiveRequest(parts: WebhookParts, receiving: Receiving, request: Received): Promise<Reply> {
	const { platform, name, log } = parts;
	const { connection, inbox } = receiving;
	const refusal = (await platform.before?.(request, inbox)) ?? null;
	if (refusal !== null) return refusal;
	const failedBefore = connection.handling.failed;
	try {
		const response = await handled(platform, connection, request);
		if (connection.handling.failed > failedBefore || connection.handling.running > 0) return again;
		return await replyOf(response, inbox);
	} catch (error) {
		log.error("chat.request_failed", { channel: name, why: (error as Error).message });
		return { status: 500, headers: {}, body: "The request could not be handled." };
	}
}

async function handled(platform: Platform, { chat }: Connection, request: Received): Promise<Response> {
	const tasks: Promise<unknown>[] = [];
	const over = new AbortController();
	const limit = pause(ANSWER_MS, over.signal);
	try {
		const handle = chat.webhooks[platform.key];
		if (handle === undefined) throw new Error(`The SDK knows no ${platform.key}.`);
		const response = await handle(asRequest(request), { waitUntil: (task) => void tasks.push(task) });
		// A task may begin another one.
		for (let known = -1; known < tasks.length; ) {
			known = tasks.length;
			await Promise.race([limit, Promise.allSettled(tasks)]);
		}
		return response;
	} finally {
		over.abort();
	}
}

/** The address is only a form: what counts of it is the path and the query. */
function asRequest({ method, url, headers, body }: Received): Request {
	const hasBody = method !== "GET" && method !== "HEAD";
	return new Request(new URL(url, "http://127.0.0.1"), {
		method,
		headers,
		...(hasBody ? { body: Buffer.from(body) } : {}),
	});
}

async function replyOf(response: Response, inbox: Inbox): Promise<Reply> {
	const { status } = response;
	const body = new Uint8Array(await response.arrayBuffer());
	const reply = { status, headers: Object.fromEntries(response.headers), body };
	const isForged = status === 401 || status === 403;
	if (isForged || status === 400) {
		const detail = `${status} ${JSON.stringify(Buffer.from(body).toString("utf8").slice(0, 120))}`;
		inbox.refused({ code: isForged ? "request_forged" : "request_malformed", detail });
	}
	return isForged ? { ...reply, forged: true } : reply;
}
