// Names deliveries so that whoever takes one can tell a second try from a second message: each try of the same message has the same name, also
// in the next life, and a message that is sent again after it was taken has another one.
import { createHash } from "node:crypto";

export interface DeliveryIds {
	/** `message`: all that is sent. */
	of(message: object): { readonly id: string; readonly taken: () => void };
}

const remembered = 1_000;
const hourMs = 60 * 60_000;

export function createDeliveryIds(name: string, nowMs: () => number): DeliveryIds {
	/** How often each message was taken in this life. */
	const counts = new Map<string, number>();

	return {
		of(message) {
			const hour = Math.floor(nowMs() / hourMs);
			const key = createHash("sha256")
				.update(JSON.stringify([name, hour, message]))
				.digest("hex");
			const count = counts.get(key) ?? 0;
			return {
				id: `${key.slice(0, 32)}-${count}`,
				taken() {
					counts.delete(key);
					counts.set(key, count + 1);
					const [oldest] = counts.keys();
					if (counts.size > remembered && oldest !== undefined) counts.delete(oldest);
				},
			};
		},
	};
}
