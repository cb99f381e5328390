// A webhook in the configuration: where to, and what signs.
import { z } from "zod";
import type { ChannelKind } from "../../../channel-kind.js";
import { name, safeUrl, secret } from "../../../config/channels.js";

const schema = z.strictObject({
	kind: z.literal("webhook"),
	name,
	url: safeUrl,
	/** Signs what goes out and what comes in. */
	secret,
});

export type Settings = z.output<typeof schema>;

export const webhook: ChannelKind<typeof schema> = { kind: "webhook", surface: "webhook", schema };
