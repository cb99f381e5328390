// Posts an outcome to the builder's own service, signed. Follows no redirect, and keeps the secret to itself.
import { limits } from "../../core/limits.js";
import type { BuilderChannel, Clock, Telling } from "../../ports.js";
import { placeOf, reasonOf } from "./webhook-post.js";
import { signedAt } from "./webhook-signature.js";

export { signatureOf } from "./webhook-signature.js";

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
		const headers = {
			"content-type": "application/json",
			"user-agent": "deadman",
			"deadman-delivery": delivery,
			"deadman-signature": signedAt(clock.now().wallMs, await secret(), body),
		};
		const until = AbortSignal.any([signal, AbortSignal.timeout(limits.tellMs)]);
		const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal: until }).catch(
			(error) => {
				throw new Error(`${placeOf(url)} was not reached: ${reasonOf(error, limits.tellMs)}.`);
			},
		);
		await response.body?.cancel().catch(() => {});
		if (!response.ok) throw new Error(`${placeOf(url)} answered ${response.status || "with a redirect"}.`);
	}
}
