// Slack in the configuration: a bot in one conversation, over its socket or by signed posts.
import { z } from "zod";
import type { ChannelKind } from "../../../channel-kind.js";
import { chat, id, secret } from "../../../config/channels.js";

const schema = z
	.strictObject({
		kind: z.literal("slack"),
		...chat,
		/** Of the bot: xoxb-… */
		token: secret,
		/** C…, G… or D… */
		channel: id,
		mode: z.enum(["socket", "webhook"]).default("socket"),
		/** Of the app, for the socket: xapp-… */
		appToken: secret.optional(),
		/** For the webhook. */
		signingSecret: secret.optional(),
	})
	.refine(({ mode, appToken }) => mode !== "socket" || appToken !== undefined, {
		message: "The mode socket needs appToken.",
	})
	.refine(({ mode, signingSecret }) => mode !== "webhook" || signingSecret !== undefined, {
		message: "The mode webhook needs signingSecret.",
	});

export type Settings = z.output<typeof schema>;

export const slack: ChannelKind<typeof schema> = {
	kind: "slack",
	surface: "slack",
	schema,
	packages: ["chat", "@chat-adapter/slack", "@slack/socket-mode"],
	own: ({ channel }) => channel,
	posts: ({ mode }) => mode === "webhook",
};
