// A kind of channel over the Chat SDK, from what its platform says of it.
import type { z } from "zod";
import type { ChannelKind } from "../../channel-kind.js";
import { createChatChannel } from "./channel.js";
import type { Platform, PlatformOptions } from "./platform.js";

interface ChatKind<S extends z.ZodObject> extends Pick<ChannelKind<S>, "kind" | "schema" | "own" | "posts"> {
	/** The SDK's adapter, of npm. */
	readonly adapter: string;
	platform(options: PlatformOptions<z.output<S>>): Platform;
}

/** People speak there under the kind's own name. */
export function chatKind<S extends z.ZodObject>({ adapter, platform, ...rest }: ChatKind<S>): ChannelKind<S> {
	return {
		...rest,
		surface: rest.kind,
		packages: ["chat", adapter],
		create: (channel, { name, secret, nonces, log }) =>
			createChatChannel({ name, platform: platform({ channel, secret }), nonces, log }),
	};
}
