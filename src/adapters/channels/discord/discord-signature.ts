// Is a request from Discord? Its signature over time and body, and how old it may be. After
// https://discord.com/developers/docs/interactions/overview#setting-up-an-endpoint-validating-security-request-headers.
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import type { Inbox, Received, Reply } from "../../../ports/ports.js";

/** Discord names none; Slack's five minutes. */
const maxAgeSeconds = 5 * 60;
/** Of an Ed25519 key in DER, before its 32 bytes. */
const derHead = "302a300506032b6570032100";

/** Null: it is, go on. Otherwise what to answer; the inbox was told. */
export function unsigned(request: Received, inbox: Inbox, publicKey: string): Reply | null {
	const wrong = wrongOf(request, publicKey);
	if (wrong === null) return null;
	inbox.refused(wrong);
	return { status: 401, headers: {}, body: "invalid request signature", forged: true };
}

function wrongOf({ headers, body }: Received, publicKey: string): { code: string; detail: string } | null {
	const timestamp = headers["x-signature-timestamp"] ?? "";
	const signature = headers["x-signature-ed25519"] ?? "";
	if (headers["x-discord-gateway-token"] !== undefined)
		return { code: "bad_signature", detail: "A request over HTTP claims to come over the gateway." };
	if (!/^\d{1,12}$/.test(timestamp) || !/^[\da-f]{128}$/i.test(signature))
		return { code: "bad_signature", detail: "A request without Discord's signature, or with one that is none." };
	if (!fits({ publicKey, signature, signed: Buffer.concat([Buffer.from(timestamp), body]) }))
		return { code: "bad_signature", detail: "Discord's signature does not fit the request." };
	const age = Math.abs(Date.now() / 1_000 - Number(timestamp));
	if (age > maxAgeSeconds)
		return { code: "old_timestamp", detail: `A signed request is ${Math.round(age)} s off; 300 s are allowed.` };
	return null;
}

function fits(of: { readonly publicKey: string; readonly signature: string; readonly signed: Uint8Array }): boolean {
	try {
		return verify(null, of.signed, keyOf(of.publicKey), Buffer.from(of.signature, "hex"));
	} catch {
		return false;
	}
}

function keyOf(publicKey: string): KeyObject {
	return createPublicKey({ key: Buffer.from(derHead + publicKey, "hex"), format: "der", type: "spki" });
}
