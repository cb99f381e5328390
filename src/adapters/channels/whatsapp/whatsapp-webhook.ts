// What Meta posts to us, made sure of before the SDK reads it: the handshake, the signature over the whole body, its shape and its age. What
// was not delivered is told from here too.
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Inbox, Received, Reply } from "../../../ports/ports.js";
import { undelivered } from "./whatsapp-failure.js";

export const signatureHeader = "x-hub-signature-256";
/** A card is open for a day at most; Meta repeats what it could not deliver for a week. */
const oldMs = 24 * 60 * 60_000;

export interface Secrets {
	readonly appSecret: string;
	readonly verifyToken: string;
}

/** Null: genuine and new, the SDK may have it. */
export function refusalOf(request: Received, inbox: Inbox, secrets: Secrets): Reply | null {
	return request.method === "GET" ? handshake(request, inbox, secrets) : posted(request, inbox, secrets);
}

function handshake({ url }: Received, inbox: Inbox, { verifyToken }: Secrets): Reply | null {
	const query = new URL(url, "http://localhost").searchParams;
	if (query.get("hub.mode") === "subscribe" && same(query.get("hub.verify_token") ?? "", verifyToken)) return null;
	inbox.refused({ code: "bad_signature", detail: "Somebody asked to verify WhatsApp's webhook with a wrong token." });
	return { ...plain(403, "Forbidden"), forged: true };
}

function posted({ headers, body }: Received, inbox: Inbox, { appSecret }: Secrets): Reply | null {
	const expected = `sha256=${createHmac("sha256", appSecret).update(body).digest("hex")}`;
	if (!same(headers[signatureHeader] ?? "", expected)) {
		inbox.refused({ code: "bad_signature", detail: "The signature of WhatsApp's webhook is missing or wrong." });
		return { ...plain(401, "Invalid signature"), forged: true };
	}
	const values = valuesIn(body);
	if (values === null) {
		inbox.refused({ code: "malformed", detail: "The body is no event of WhatsApp's." });
		return plain(400, "No event");
	}
	for (const detail of values.flatMap(({ statuses = [] }) => statuses.map(undelivered)))
		if (detail !== null) inbox.refused({ code: "undelivered", detail });
	return old(values, inbox);
}

/** Taken, so that it is not repeated, and not handed on. */
function old(values: readonly Value[], inbox: Inbox): Reply | null {
	const times = values.flatMap(({ messages = [] }) => messages.map(({ timestamp }) => Number(timestamp) * 1_000));
	if (times.length === 0 || !times.every((atMs) => Date.now() - atMs > oldMs)) return null;
	inbox.refused({ code: "old_event", detail: "An event of WhatsApp's is older than a day." });
	return plain(200, "ok");
}

interface Value {
	readonly metadata: { readonly phone_number_id: string };
	readonly messages?: readonly { readonly id: string; readonly timestamp: string }[];
	readonly statuses?: readonly unknown[];
}

/** Of the changes that are messages; null: the SDK would stumble over it. */
function valuesIn(body: Uint8Array): readonly Value[] | null {
	try {
		const { entry } = JSON.parse(Buffer.from(body).toString());
		const changes = entry.flatMap(({ changes }: { changes: readonly Change[] }) => [...changes]);
		const values = changes.filter(({ field }: Change) => field === "messages").map(({ value }: Change) => value);
		return values.every(isValue) ? values : null;
	} catch {
		return null;
	}
}

interface Change {
	readonly field: string;
	readonly value: unknown;
}

function isValue(value: unknown): value is Value {
	const { metadata, messages = [], statuses = [] } = value as Partial<Value>;
	if (typeof metadata?.phone_number_id !== "string" || !Array.isArray(statuses) || !Array.isArray(messages))
		return false;
	return messages.every(({ id, timestamp }) => typeof id === "string" && /^\d{1,12}$/.test(String(timestamp)));
}

function plain(status: number, body: string): Reply {
	return { status, headers: { "content-type": "text/plain" }, body };
}

function same(given: string, expected: string): boolean {
	const [one, other] = [Buffer.from(given), Buffer.from(expected)];
	return expected !== "" && one.length === other.length && timingSafeEqual(one, other);
}
