// A WhatsApp channel of ours over a local Cloud API, as composed for a supervisor.
import { createChatChannel } from "../../../src/adapters/channels/chat/channel.js";
import { createWhatsapp, type WhatsappOptions } from "../../../src/adapters/channels/whatsapp/whatsapp.js";
import type { Delivery, Log, Received, Reply } from "../../../src/ports/ports.js";
import { nonces } from "./telegram-channel.js";
import type { WhatsappWire } from "./whatsapp.js";

export const ana = "491701234567";
export const mallory = "491709999999";
export const verifyToken = "a-token-for-the-handshake";

export interface WhatsappChannel {
	readonly wire: WhatsappWire;
	readonly log: Log;
	readonly change?: Partial<WhatsappOptions["channel"]>;
}

export function whatsappChannel({ wire, log, change = {} }: WhatsappChannel): Delivery {
	const channel: WhatsappOptions["channel"] = {
		kind: "whatsapp",
		accessToken: { env: "TOKEN" },
		appSecret: { env: "SECRET" },
		verifyToken: { env: "VERIFY" },
		phoneNumberId: wire.phoneNumberId,
		to: ana,
		conversations: [],
		apiUrl: wire.url,
		...change,
	};
	const values: Record<string, string> = { TOKEN: wire.accessToken, SECRET: wire.appSecret, VERIFY: verifyToken };
	const secret: WhatsappOptions["secret"] = async ({ env = "" }) => values[env] ?? "";
	return createChatChannel({ name: "whatsapp", platform: createWhatsapp({ channel, secret }), nonces, log });
}

/** As the door over TCP hands it in. */
export async function receive(delivery: Delivery, request: Received): Promise<Reply> {
	if (delivery.receive === undefined) throw new Error("The channel takes no requests.");
	return delivery.receive(request);
}
