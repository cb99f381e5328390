// Posts an outcome to the builder's own service, signed. Follows no redirect, and keeps the secret to itself.
import { createHmac } from "node:crypto";
import { limits } from "../../core/limits.js";
import type { BuilderChannel, Clock, Telling } from "../../ports.js";

export interface OutcomeWebhookOptions {
	/** https, or http to this machine itself. */
	readonly url: string;
	/** Read anew for each delivery, so that a changed secret needs no restart. Rejects where there is none. */
	readonly secret: () => Promise<string>;
	readonly clock: Pick<Clock, "now">;
}

/**
 * Any answer of 200 to 299 within `limits.tellMs` means received; everything else is tried again later, with back-off. The body is
 * `{"schemaVersion":1,"outcome":OutcomeReport}`.
 *
 * How a receiver verifies it: the header `deadman-signature` is `t=<seconds since 1970>,v1=<hex>`. Compute HMAC-SHA256 with the shared
 * secret over `<t>.<body>`, the body as the bytes that came, before any parsing; compare in constant time with `v1`; refuse where `t` is
 * more than five minutes away from its own clock. The header `deadman-delivery` is the same for every try of one outcome: whoever has
 * seen it answers 200 and does nothing.
 *
 * ```js
 * const { t, v1 } = Object.fromEntries(request.headers["deadman-signature"].split(",").map((part) => part.split("=")));
 * const expected = createHmac("sha256", secret).update(`${t}.`).update(rawBody).digest();
 * const genuine = timingSafeEqual(expected, Buffer.from(v1, "hex")) && Math.abs(Date.now() / 1000 - Number(t)) < 300;
 * ```
 */
export function createOutcomeWebhook({ url, secret, clock }: OutcomeWebhookOptions): BuilderChannel {
	return { name: "builder:webhook", tell };

	async function tell({ report, delivery, signal }: Telling): Promise<void> {
		const body = JSON.stringify({ schemaVersion: 1, outcome: report });
		const atSeconds = Math.floor(clock.now().wallMs / 1_000);
		const headers = {
			"content-type": "application/json",
			"user-agent": "deadman",
			"deadman-delivery": delivery,
			"deadman-signature": `t=${atSeconds},v1=${signatureOf(await secret(), `${atSeconds}.${body}`)}`,
		};
		const until = AbortSignal.any([signal, AbortSignal.timeout(limits.tellMs)]);
		const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal: until }).catch(
			(error) => {
				throw new Error(`${placeOf(url)} was not reached: ${reasonOf(error)}.`);
			},
		);
		await response.body?.cancel().catch(() => {});
		if (!response.ok) throw new Error(`${placeOf(url)} answered ${response.status || "with a redirect"}.`);
	}
}

export function signatureOf(secret: string, text: string): string {
	return createHmac("sha256", secret).update(text).digest("hex");
}

/** Paths and queries of webhooks are secrets often enough. */
function placeOf(url: string): string {
	return `The webhook at ${new URL(url).origin}`;
}

function reasonOf(error: unknown): string {
	const { name, message, cause } = error as Error;
	if (name === "TimeoutError") return `no answer within ${limits.tellMs} ms`;
	const code = (cause as { readonly code?: unknown } | undefined)?.code;
	return typeof code === "string" ? code : message;
}
