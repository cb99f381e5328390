// Telegram in the configuration: a bot in one chat, by long polling or by a webhook.
import { z } from "zod";
import type { ChannelKind } from "../../../channel-kind.js";
import { chat, id, secret } from "../../../config/channels.js";

const schema = z
	.strictObject({
		kind: z.literal("telegram"),
		...chat,
		token: secret,
		/** Of the conversation: a number, negative for groups. */
		chat: id,
		mode: z.enum(["polling", "webhook"]).default("polling"),
		/** `secret_token` of setWebhook. */
		webhookSecret: secret.optional(),
	})
	.refine(({ mode, webhookSecret }) => mode !== "webhook" || webhookSecret !== undefined, {
		message: "The mode webhook needs webhookSecret.",
	});

export type Settings = z.output<typeof schema>;

export const telegram: ChannelKind<typeof schema> = {
	kind: "telegram",
	surface: "telegram",
	schema,
	packages: ["chat", "@chat-adapter/telegram"],
	own: ({ chat }) => chat,
	posts: ({ mode }) => mode === "webhook",
};
