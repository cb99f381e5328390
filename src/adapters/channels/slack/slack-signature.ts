// Is a request from Slack? Its signature over time and body, and how old it may be. After
// https://docs.slack.dev/authentication/verifying-requests-from-slack.
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Inbox, Received, Reply } from "../../../ports/ports.js";

/** As Slack advises. */
const maxAgeSeconds = 5 * 60;

/** Null: it is, go on. Otherwise what to answer; the inbox was told. */
export function unsigned(request: Received, inbox: Inbox, signingSecret: string): Reply | null {
	const wrong = wrongOf(request, signingSecret);
	if (wrong === null) return null;
	inbox.refused(wrong);
	return { status: 401, headers: {}, body: "", forged: true };
}

function wrongOf({ headers, body }: Received, signingSecret: string): { code: string; detail: string } | null {
	const timestamp = headers["x-slack-request-timestamp"] ?? "";
	const signature = headers["x-slack-signature"] ?? "";
	if (headers["x-slack-socket-token"] !== undefined)
		return { code: "bad_signature", detail: "A request over HTTP claims to come over the socket." };
	if (!/^\d{1,12}$/.test(timestamp) || !/^v0=[\da-f]{64}$/.test(signature))
		return { code: "bad_signature", detail: "A request without Slack's signature, or with one that is none." };
	const right = createHmac("sha256", signingSecret).update(`v0:${timestamp}:`).update(body).digest();
	if (!timingSafeEqual(right, Buffer.from(signature.slice(3), "hex")))
		return { code: "bad_signature", detail: "Slack's signature does not fit the request." };
	const age = Math.abs(Date.now() / 1_000 - Number(timestamp));
	if (age > maxAgeSeconds)
		return { code: "old_timestamp", detail: `A signed request is ${Math.round(age)} s off; 300 s are allowed.` };
	return null;
}
