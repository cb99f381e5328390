// Requests of platforms, handed to the channel that they are for: it verifies them itself. What comes of a click is the inbox's.
import type { Reply } from "../../ports/ports.js";
import type { Engine } from "../base/context.js";
import { causeFrom } from "../base/effects.js";
import type { Deliveries } from "../verbs/channels.js";

export function createReceiving({ ports }: Engine): Deliveries {
	const { deliveries, log, scrub } = ports;
	return {
		async receive(name, request) {
			const delivery = deliveries.find((one) => one.name === name);
			if (delivery?.receive === undefined) return null;
			try {
				return await delivery.receive(request);
			} catch (error) {
				log.warn("delivery.receive_failed", { channel: name, cause: causeFrom(error, null, scrub) });
				return again;
			}
		},
	};
}

/** The channel is not open yet, or its disk is full: platforms send again what was not taken. */
const again: Reply = { status: 503, headers: { "retry-after": "5", "content-type": "text/plain" }, body: "Not now." };
