// A Telegram channel of ours over a local Bot API, as composed for a supervisor: its secrets from nowhere else.
import { createHash } from "node:crypto";
import { createChatChannel } from "../../../src/adapters/channels/chat/channel.js";
import { createTelegram, type TelegramOptions } from "../../../src/adapters/channels/telegram/telegram.js";
import type { Delivery, Log, Nonces } from "../../../src/ports/ports.js";
import { group } from "./telegram.js";

export const nonces: Nonces = {
	of: (swapId, epoch) => createHash("sha256").update(`${swapId}.${epoch}`).digest("base64url").slice(0, 16),
	matches: (swapId, epoch, nonce) => nonces.of(swapId, epoch) === nonce,
};

export const webhookSecret = "a-secret-of-the-webhook";

export interface TelegramChannel {
	readonly apiUrl: string;
	readonly token: string;
	readonly log: Log;
	readonly change?: Partial<TelegramOptions["channel"]>;
}

export function telegramChannel({ apiUrl, token, log, change = {} }: TelegramChannel): Delivery {
	const channel: TelegramOptions["channel"] = {
		kind: "telegram",
		token: { env: "TOKEN" },
		webhookSecret: { env: "SECRET" },
		chat: String(group),
		conversations: [],
		mode: "polling",
		apiUrl,
		...change,
	};
	const secret: TelegramOptions["secret"] = async ({ env }) => (env === "TOKEN" ? token : webhookSecret);
	return createChatChannel({ name: "telegram", platform: createTelegram({ channel, secret }), nonces, log });
}

export interface KeptLog extends Log {
	readonly lines: string[];
}

export function keptLog(): KeptLog {
	const lines: string[] = [];
	const keep = (event: string, details?: object) => void lines.push(`${event} ${JSON.stringify(details ?? {})}`);
	return { lines, info: keep, warn: keep, error: keep };
}
