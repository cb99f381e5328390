// The signature of webhooks, going out and coming in: HMAC-SHA256 of the time and the bytes of the body. Sends nothing.
import { createHmac, timingSafeEqual } from "node:crypto";

/** So far may the sender's clock and ours be apart, and so long is a signature good. */
export const toleranceMs = 5 * 60_000;

export function signatureOf(secret: string, text: string | Uint8Array): string {
	return createHmac("sha256", secret).update(text).digest("hex");
}

/** For the header `deadman-signature`. */
export function signedAt(atMs: number, secret: string, body: string): string {
	const atSeconds = Math.floor(atMs / 1_000);
	return `t=${atSeconds},v1=${signatureOf(secret, `${atSeconds}.${body}`)}`;
}

export type Verified = { readonly signature: string } | { readonly wrong: "signature_wrong" | "timestamp_old" };

interface Signed {
	readonly header: string | undefined;
	readonly body: Uint8Array;
	readonly secret: string;
	readonly nowMs: number;
}

/** The time counts only where the signature is right: of a forged request nothing is told. */
export function verify({ header, body, secret, nowMs }: Signed): Verified {
	const [, seconds = "", signature = ""] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header ?? "") ?? [];
	const expected = createHmac("sha256", secret).update(`${seconds}.`).update(body).digest();
	const given = Buffer.from(signature, "hex");
	if (given.length !== expected.length || !timingSafeEqual(given, expected)) return { wrong: "signature_wrong" };
	return Math.abs(nowMs - Number(seconds) * 1_000) > toleranceMs ? { wrong: "timestamp_old" } : { signature };
}
