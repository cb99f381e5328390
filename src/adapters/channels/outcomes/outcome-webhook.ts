// Posts an outcome to the builder's own service, signed. Follows no redirect, and keeps the secret to itself.
import { limits } from "../../../core/limits.js";
import type { BuilderChannel, Clock, Telling } from "../../../ports/ports.js";
import { placeOf, reasonOf } from "../webhook/webhook-post.js";
import { signedHeaders } from "../webhook/webhook-signature.js";

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
 * It is signed as Standard Webhooks has it, for which receivers have libraries: `new Webhook(secret).verify(rawBody, request.headers)`, or
 * `new Webhook(secret, { format: "raw" })` where the secret is no base64. The header `webhook-id` is the same for every try of one outcome:
 * whoever has seen it answers 200 and does nothing.
 */
export function createOutcomeWebhook({ url, secret, clock }: OutcomeWebhookOptions): BuilderChannel {
	return { name: "builder:webhook", tell };

	async function tell({ report, delivery, signal }: Telling): Promise<void> {
		const body = JSON.stringify({ schemaVersion: 1, outcome: report });
		const headers = {
			"content-type": "application/json",
			"user-agent": "deadman",
			...signedHeaders({ id: delivery, atMs: clock.now().wallMs, secret: await secret(), body }),
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
