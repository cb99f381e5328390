// WhatsApp in the configuration: one number of the Cloud API, and the person that it writes to.
import { z } from "zod";
import type { ChannelKind } from "../../../channel-kind.js";
import { chat, id, secret } from "../../../config/channels.js";

const schema = z.strictObject({
	kind: z.literal("whatsapp"),
	...chat,
	accessToken: secret,
	phoneNumberId: id,
	appSecret: secret,
	verifyToken: secret,
	/** The number that is written to, with its country code and without `+`. */
	to: id,
});

export type Settings = z.output<typeof schema>;

export const whatsapp: ChannelKind<typeof schema> = {
	kind: "whatsapp",
	surface: "whatsapp",
	schema,
	packages: ["chat", "@chat-adapter/whatsapp"],
	own: ({ to }) => to,
	posts: () => true,
};
