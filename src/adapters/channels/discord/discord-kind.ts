// Discord in the configuration: a bot in one channel, over its gateway or by signed interactions.
import { z } from "zod";
import type { ChannelKind } from "../../../channel-kind.js";
import { chat, id, secret } from "../../../config/channels.js";

const schema = z
	.strictObject({
		kind: z.literal("discord"),
		...chat,
		token: secret,
		applicationId: id,
		/** 64 hexadecimal characters, for interactions over HTTP. */
		publicKey: z
			.string()
			.regex(/^[0-9a-f]{64}$/i)
			.optional(),
		/** Of the server; null: direct messages. */
		guild: id.nullable().default(null),
		channel: id,
		mode: z.enum(["gateway", "interactions"]).default("gateway"),
	})
	.refine(({ mode, publicKey }) => mode !== "interactions" || publicKey !== undefined, {
		message: "The mode interactions needs publicKey.",
	});

export type Settings = z.output<typeof schema>;

export const discord: ChannelKind<typeof schema> = {
	kind: "discord",
	surface: "discord",
	schema,
	packages: ["chat", "@chat-adapter/discord", "@discordjs/ws"],
	own: ({ channel }) => channel,
	posts: ({ mode }) => mode === "interactions",
};
