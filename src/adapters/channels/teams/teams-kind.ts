// Teams in the configuration: a bot of the Bot Framework in one conversation.
import { z } from "zod";
import type { ChannelKind } from "../../../channel-kind.js";
import { chat, id, safeUrl, secret } from "../../../config/channels.js";

const schema = z.strictObject({
	kind: z.literal("teams"),
	...chat,
	appId: id,
	password: secret,
	tenantId: id,
	conversation: id,
	/** Of the Bot Framework, as the conversation's activities name it. */
	serviceUrl: safeUrl.optional(),
});

export type Settings = z.output<typeof schema>;

export const teams: ChannelKind<typeof schema> = {
	kind: "teams",
	surface: "teams",
	schema,
	packages: ["chat", "@chat-adapter/teams"],
	own: ({ conversation }) => conversation,
	posts: () => true,
};
