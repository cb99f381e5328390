// Not built yet.
import type { Clock, Delivery, Nonces } from "../../ports.js";

export interface WebhookChannelOptions {
	readonly name: string;
	/** Receives what goes out; https, or http on this machine. */
	readonly url: string;
	/** Signs what goes out and what comes in; read anew each time. */
	readonly secret: () => Promise<string>;
	readonly nonces: Nonces;
	readonly clock: Pick<Clock, "now">;
}

export function createWebhookChannel({ name }: WebhookChannelOptions): Delivery {
	throw new Error(`${name} is not built yet.`);
}
