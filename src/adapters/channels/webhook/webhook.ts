// A channel to any other system: posts cards and notices to its address, signed, and takes signed presses from it. Follows no redirect, and
// keeps the secret to itself.
import type { CreateChannel } from "../../../channel-kind.js";
import {
	type Clock,
	type Delivery,
	DeliveryFailed,
	type Inbox,
	type Nonces,
	type Received,
	type Reply,
} from "../../../ports/ports.js";
import { createDeliveryIds } from "../delivery-ids.js";
import { createWebhookIn } from "./webhook-in.js";
import type { Settings } from "./webhook-kind.js";
import { cardCharacters, cardMessage, type Message, noticeMessage } from "./webhook-payload.js";
import { postSigned } from "./webhook-post.js";

export const create: CreateChannel<Settings> = (settings, { name, secret, nonces, clock }) =>
	createWebhookChannel({ name, url: settings.url, secret: () => secret(settings.secret), nonces, clock });

export interface WebhookChannelOptions {
	readonly name: string;
	/** Receives what goes out; https, or http on this machine. */
	readonly url: string;
	/** Signs what goes out and what comes in; read anew each time. */
	readonly secret: () => Promise<string>;
	readonly nonces: Nonces;
	readonly clock: Pick<Clock, "now">;
}

/**
 * What goes out is `POST` of a Payload, signed as createOutcomeWebhook does it, with its `delivery` as `webhook-id`. Any answer of 200 to 299
 * within `limits.sendTimeoutMs` means received. Its body may be `{"receipt": "..."}`, which names the message from then on; without one its
 * `delivery` does. An edit is the same with that `receipt`: 404 or 410 says that the message is gone. 429 and 503 may carry Retry-After.
 * Whoever has seen a delivery answers as it did then, and does nothing.
 *
 * What comes in is `POST /v1/delivery/<name>` of `{"schemaVersion":1,"value","verdict","actor","typed"?,"receipt"?,"delivery"?}`, signed in the
 * same way and with the same secret: `value` and `verdict` are those of the button, `actor` is who pressed it. The answer is
 * `{"schemaVersion":1,"sentence","card"}`, or a problem (RFC 9457): then nothing was decided. A retry is signed anew and has the same
 * `delivery`: it is answered with what happened.
 */
export function createWebhookChannel({ name, url, secret, nonces, clock }: WebhookChannelOptions): Delivery {
	const nowMs = () => clock.now().wallMs;
	const incoming = createWebhookIn({ secret, nowMs });
	const ids = createDeliveryIds(name, nowMs);
	let inbox: Inbox | null = null;
	let stop = new AbortController();

	async function post(message: Message): Promise<{ readonly id: string; readonly receipt: string | null }> {
		const { id, taken } = ids.of(message);
		const payload = { schemaVersion: 1, delivery: id, ...message } as const;
		const receipt = await postSigned(payload, { url, secret, nowMs, signal: stop.signal });
		taken();
		return { id, receipt };
	}

	return {
		name,
		surface: "webhook",
		limits: { message: 16_000, pieces: 32 },
		can: {
			edit: true,
			buttons: true,
			directMessage: true,
			thread: true,
			lookup: false,
			cardCharacters,
			// It has the end as a time, and counts by itself where it likes to.
			refreshMs: null,
		},
		async start(to) {
			await secret();
			inbox = to;
		},
		async send(card, to) {
			const { id, receipt } = await post(cardMessage(card, { to, receipt: null, nonces }));
			return receipt ?? id;
		},
		async edit(earlier, card, to) {
			const { receipt } = await post(cardMessage(card, { to, receipt: earlier, nonces }));
			return receipt ?? earlier;
		},
		notice: async (text, to) => (await post(noticeMessage(text, to))).receipt,
		receive: (request: Received): Promise<Reply> => {
			if (inbox === null) throw new DeliveryFailed({ code: "unreachable", message: `${name} is not open.` });
			return incoming.receive(request, inbox);
		},
		async stop() {
			inbox = null;
			stop.abort();
			stop = new AbortController();
		},
		/** Paths and queries of webhooks are secrets often enough. */
		address: () => new URL(url).origin,
	};
}
