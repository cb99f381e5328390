// The signature of webhooks, going out and coming in, as Standard Webhooks has it (https://www.standardwebhooks.com). Sends nothing.
import { timingSafeEqual } from "node:crypto";
import { Webhook } from "standardwebhooks";
import type { Received } from "../../../ports/ports.js";

/** So far may the sender's clock and ours be apart, and so long is a signature good. */
export const toleranceMs = 5 * 60_000;

/** `id`: the same for every try of one delivery. */
export function signedHeaders({ id, atMs, secret, body }: { id: string; atMs: number; secret: string; body: string }) {
	return {
		"webhook-id": id,
		"webhook-timestamp": String(Math.floor(atMs / 1_000)),
		"webhook-signature": keyed(secret).sign(id, new Date(atMs), body),
	};
}

/** Base64, behind `whsec_` or without; any other secret counts as it is written. */
function keyed(secret: string): Webhook {
	try {
		return new Webhook(secret);
	} catch {
		return new Webhook(secret, { format: "raw" });
	}
}

export type Verified = { readonly signature: string } | { readonly wrong: "signature_wrong" | "timestamp_old" };

/** The time counts only where the signature is right: of a forged request nothing is told. */
export function verify({ headers, body }: Pick<Received, "headers" | "body">, secret: string, nowMs: number): Verified {
	const { "webhook-id": id = "", "webhook-timestamp": seconds = "", "webhook-signature": given = "" } = headers;
	const atMs = Number(seconds) * 1_000;
	const signature = keyed(secret).sign(id, new Date(atMs), Buffer.from(body));
	if (id === "" || !given.split(" ").some((one) => isSame(one, signature))) return { wrong: "signature_wrong" };
	return Math.abs(nowMs - atMs) <= toleranceMs ? { signature } : { wrong: "timestamp_old" };
}

function isSame(one: string, other: string): boolean {
	return one.length === other.length && timingSafeEqual(Buffer.from(one, "latin1"), Buffer.from(other, "latin1"));
}
